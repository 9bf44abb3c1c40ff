import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { linesOf } from '../../src/storage/backup/lines.ts';
import { code } from './support.ts';

async function* inParts(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

async function read(bytes: Buffer, sizes: readonly number[], most = 1000): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(inParts(bytes, sizes), most, 'a.backup'))
    lines.push(Buffer.from(line).toString());
  return lines;
}

describe('linesOf', () => {
  it('gives the lines, wherever the stream is cut', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.string().map((text) => text.replaceAll('\n', '€'))),
        fc.array(fc.nat(9)),
        async (lines, sizes) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          assert.deepEqual(await read(bytes, sizes), lines);
        },
      ),
    ));

  it('refuses a line that is too long, before it is read to its end', async () => {
    assert.deepEqual(await read(Buffer.from('1234\n123\n'), [2], 4), ['1234', '123']);
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(3, 0x20);
    }
    const lines = linesOf(endless(), 10, 'a.backup');
    await assert.rejects(lines.next(), code('input-too-large'));
  });

  it('refuses a last line without an end', async () => {
    await assert.rejects(read(Buffer.from('a\nb'), []), code('input-malformed'));
    assert.deepEqual(await read(Buffer.alloc(0), []), []);
  });
});
