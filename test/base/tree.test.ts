import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { NodewardError } from '../../src/base/errors.ts';
import { readTree, type TreeOptions } from '../../src/base/tree.ts';
import { FIXTURES, zip } from '../advisories/helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'nodeward-tree-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const BOUNDS: TreeOptions = { want: () => true, maxFileBytes: 1 << 20, maxTotalBytes: 4 << 20, maxFiles: 10 };

async function read(path: string, options: Partial<TreeOptions> = {}): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const file of readTree(path, { ...BOUNDS, ...options }))
    files[file.path] = file.bytes.toString('latin1');
  return files;
}

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function tar(entries: Record<string, string | Buffer>): Promise<Buffer> {
  const packer = pack();
  for (const [name, content] of Object.entries(entries)) packer.entry({ name }, content as string);
  packer.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function refuses(promise: Promise<unknown>, codes: readonly string[]) {
  return assert.rejects(promise, (thrown: NodewardError) => {
    assert.ok(codes.includes(thrown.code), `${thrown.code}: ${thrown.message}`);
    return true;
  });
}

describe('readTree', () => {
  const files = { 'a.txt': 'one', 'b/c.txt': 'two' };

  it('reads folders and every kind of archive alike', async () => {
    const archive = await tar(files);
    put('folder/a.txt', 'one');
    put('folder/b/c.txt', 'two');
    const entries = Object.entries(files).map(([name, content]) => ({ name, content }));
    const paths = [
      join(folder, 'folder'),
      put('x.zip', zip(entries)),
      put('x.tar', archive),
      put('x.tar.gz', gzipSync(archive)),
    ];
    for (const path of paths) assert.deepEqual(await read(path), files, path);
    const xz = await read(join(FIXTURES, 'osv-all.tar.xz'), { maxFiles: 100 });
    assert.equal(Object.keys(xz).length, 3);
  });

  it('passes over what is not wanted, and never follows links', async () => {
    put('links/a.txt', 'one');
    symlinkSync('/etc/passwd', join(folder, 'links/passwd'));
    symlinkSync('/etc', join(folder, 'links/etc'));
    assert.deepEqual(await read(join(folder, 'links')), { 'a.txt': 'one' });
    assert.deepEqual(
      await read(
        put(
          'w.zip',
          zip([
            { name: 'a', content: 'x' },
            { name: 'b', content: 'y' },
          ]),
        ),
        { want: (path) => path === 'b' },
      ),
      { b: 'y' },
    );
  });

  it('refuses names that lead outside', async () => {
    for (const name of ['../a', '/a', 'b/../../a']) {
      await refuses(read(put('out.tar', await tar({ [name]: 'x' }))), ['input-malformed']);
      await refuses(read(put('out.zip', zip([{ name, content: 'x' }]))), ['input-malformed']);
    }
  });

  it('holds to its bounds', async () => {
    const large = Buffer.alloc(3 << 20);
    await refuses(read(put('l.zip', zip([{ name: 'a', content: large }]))), ['input-too-large']);
    await refuses(read(put('l.tar.gz', gzipSync(await tar({ a: large })))), ['input-too-large']);
    await refuses(
      read(
        put('many.zip', zip(Array.from({ length: 11 }, (_, index) => ({ name: `${index}`, content: 'x' })))),
      ),
      ['input-too-large'],
    );
    const unwanted = gzipSync(await tar({ a: Buffer.alloc(8 << 20) }));
    await refuses(read(put('u.tar.gz', unwanted), { want: () => false }), ['input-too-large']);
  });

  it('refuses damaged archives', async () => {
    const archive = await tar(files);
    const zipped = zip([{ name: 'a.txt', content: 'one '.repeat(100) }]);
    const flipped = Buffer.from(zipped);
    flipped[40] = (flipped[40] ?? 0) ^ 0xff;
    await refuses(read(put('d1.zip', flipped)), ['input-malformed']);
    await refuses(read(put('d2.zip', zipped.subarray(0, 50))), ['input-malformed']);
    await refuses(read(put('d3.tar', archive.subarray(0, 700))), ['input-malformed']);
    await refuses(read(put('d4.tar.gz', gzipSync(archive).subarray(0, 60))), ['input-malformed']);
    await refuses(read(put('d5.tar.xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2, 3]))), [
      'input-malformed',
    ]);
    await refuses(read(put('d6.txt', 'plain text')), ['input-unsupported']);
    await refuses(read(join(folder, 'none')), ['file-not-found']);
    await refuses(read(put('lie.zip', zip([{ name: 'a', content: large(), size: 10 }]))), [
      'input-malformed',
      'input-too-large',
    ]);
  });
});

function large(): Buffer {
  return Buffer.alloc(2 << 20);
}
