import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NodewardError } from '../../../../src/base/errors.ts';
import { readProgram } from '../../../../src/evidence/readers/go-binary/program.ts';
import { randomBelow } from '../../../support/random.ts';
import { elfProgram, inlineInfo, type Layout, linkedSection, memoryFile, pointedInfo } from './support.ts';

const TEXT =
  'path\tk8s.io/kubernetes/cmd/kubelet\nmod\tk8s.io/kubernetes\t(devel)\t\ndep\tgolang.org/x/net\tv0.17.0\t\n=>\t./net\t(devel)\t\nbuild\t-ldflags="-X \'a.b=c\'"\n';
const RUNS = 1500;

const INTERESTING = [0, 1, 2, 0x7f, 0x80, 0xff];

/** Changes some bytes, mostly in headers and counts; at times cuts the end off. */
function mutate(good: Buffer, next: (below: number) => number): Buffer {
  const bytes = Buffer.from(good);
  for (let changes = 1 + next(6); changes > 0; changes--) {
    const near = [0, 0x40, 0x200, bytes.length - 320][next(4)] ?? 0;
    const at = Math.max(0, Math.min(bytes.length - 1, near + next(320)));
    const run = next(8) === 0 ? 8 : 1;
    for (let index = at; index < Math.min(bytes.length, at + run); index++)
      bytes[index] = next(2) === 0 ? (INTERESTING[next(INTERESTING.length)] ?? 0) : next(256);
  }
  return next(10) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes;
}

const layouts: readonly Layout[] = [
  { bits: 64, little: true },
  { bits: 32, little: false },
  { bits: 64, little: false, sections: false },
  { bits: 32, little: true, sections: false },
];

for (const layout of layouts) {
  it(`changed programs are read, refused with a reason, or none: ${JSON.stringify(layout)}`, async () => {
    const next = randomBelow(20_240_607 + (layout.bits ?? 0));
    const rodata = linkedSection(['go1.21.5', 'v1.29.2']);
    const outcomes = new Map<string, number>();
    for (let run = 0; run < RUNS; run++) {
      const data = run % 2 === 0 ? inlineInfo('go1.21.5', TEXT) : pointedInfo('go1.21.5', TEXT, layout);
      const inode = memoryFile(mutate(elfProgram(data, layout, rodata), next));
      try {
        const program = await readProgram({
          path: 'kubelet',
          names: ['kubelet'],
          expected: 'kubelet',
          inode,
        });
        outcomes.set(program.kind, (outcomes.get(program.kind) ?? 0) + 1);
        assert.notEqual(program.kind, 'other', 'a kubelet is never ignored');
      } catch (thrown) {
        if (!(thrown instanceof NodewardError)) throw thrown;
        assert.equal(thrown.code, 'disk-damaged');
        assert.match(thrown.message, /kubelet/);
        outcomes.set('damaged', (outcomes.get('damaged') ?? 0) + 1);
      }
    }
    for (const kind of ['go', 'untold', 'damaged']) assert.ok((outcomes.get(kind) ?? 0) > RUNS / 100, kind);
  });
}

it('numbers that promise more than the file holds cost nothing', async () => {
  const started = performance.now();
  for (const at of [40, 32, 60, 56]) {
    const bytes = elfProgram(inlineInfo('go1.21.5', TEXT));
    if (at < 50) bytes.writeBigUInt64LE(0x7fff_ffff_ffff_fff0n, at);
    else bytes.writeUInt16LE(0xfffe, at);
    const candidate = { path: 'x', names: ['x'], expected: null, inode: memoryFile(bytes) };
    await assert.rejects(readProgram(candidate), NodewardError);
  }
  assert.ok(performance.now() - started < 1000);
});
