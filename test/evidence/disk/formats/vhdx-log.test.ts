import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { overlaid } from '../../../../src/evidence/disk/formats/overlay.ts';
import { openImage } from '../../../../src/evidence/disk/formats/registry.ts';
import { checksumOf } from '../../../../src/evidence/disk/formats/vhdx-checksum.ts';
import { fileBlocks, memorySource } from '../../../support/blocks.ts';
import { lacking, run, workFolder } from '../../../support/tools.ts';
import { failureOf, hashOf, MIB } from './helpers.ts';

const skip = lacking('qemu-img', 'qemu-io');
const folder = workFolder();
const PAGE = 4096;
const LOG = { offset: MIB, length: MIB };
const GUID = Buffer.from('0123456789abcdef', 'latin1');

/** One write that a log holds: a page of data, or zeros. */
type Write = { readonly offset: number } & ({ readonly page: Buffer } | { readonly zeros: number });

interface EntryPlan {
  readonly sequence: number;
  readonly tail: number;
  readonly writes: readonly Write[];
  readonly flushed?: number;
  readonly last?: number;
}

/** A log entry as [MS-VHDX] 2.3 describes it. */
function entry({ sequence, tail, writes, flushed = 0, last = 0 }: EntryPlan): Buffer {
  const pages = writes.filter((write) => 'page' in write);
  const head = Math.ceil((64 + writes.length * 32) / PAGE) * PAGE;
  const bytes = Buffer.alloc(head + pages.length * PAGE);
  bytes.write('loge');
  bytes.writeUInt32LE(bytes.length, 8);
  bytes.writeUInt32LE(tail, 12);
  bytes.writeBigUInt64LE(BigInt(sequence), 16);
  bytes.writeUInt32LE(writes.length, 24);
  GUID.copy(bytes, 32);
  bytes.writeBigUInt64LE(BigInt(flushed), 48);
  bytes.writeBigUInt64LE(BigInt(last), 56);
  let data = head;
  writes.forEach((write, index) => {
    const at = 64 + index * 32;
    bytes.writeBigUInt64LE(BigInt(write.offset), at + 16);
    bytes.writeBigUInt64LE(BigInt(sequence), at + 24);
    if ('zeros' in write) {
      bytes.write('zero', at);
      bytes.writeBigUInt64LE(BigInt(write.zeros), at + 8);
      return;
    }
    bytes.write('desc', at);
    write.page.copy(bytes, at + 4, PAGE - 4);
    write.page.copy(bytes, at + 8, 0, 8);
    write.page.copy(bytes, data);
    bytes.write('data', data);
    bytes.writeUInt32LE(0, data + 4);
    bytes.writeUInt32LE(sequence, data + PAGE - 4);
    data += PAGE;
  });
  bytes.writeUInt32LE(checksumOf(bytes), 4);
  return bytes;
}

/** Puts entries into the log, which is a ring, and their GUID into both headers. */
function withLog(image: Buffer, entries: readonly Buffer[], start = 0): Buffer {
  const dirty = Buffer.from(image);
  dirty.fill(0, LOG.offset, LOG.offset + LOG.length);
  let at = start;
  for (const bytes of entries)
    for (let page = 0; page < bytes.length; page += PAGE) {
      bytes.copy(dirty, LOG.offset + at, page, page + PAGE);
      at = (at + PAGE) % LOG.length;
    }
  for (const header of [64 << 10, 128 << 10]) {
    GUID.copy(dirty, header + 48);
    const bytes = dirty.subarray(header, header + PAGE);
    dirty.writeUInt32LE(checksumOf(bytes), header + 4);
  }
  return dirty;
}

let old = Buffer.alloc(0);
let now = Buffer.alloc(0);
let wanted = '';
let stale = '';
/** What the later state wrote over the older one's tables. */
let writes: readonly Write[] = [];
/** The later state with the older tables: what a crash leaves whose log was not replayed. */
let torn = Buffer.alloc(0);

before(async () => {
  if (skip !== false) return;
  const path = join(folder, 'disk.vhdx');
  run('qemu-img', ['create', '-q', '-f', 'vhdx', '-o', 'block_size=1M', path, '64M']);
  run('qemu-io', ['-f', 'vhdx', '-c', 'write -P 7 3M 1M', path]);
  old = readFileSync(path);
  run('qemu-io', ['-f', 'vhdx', '-c', 'write -P 9 20M 3M', '-c', 'write -P 5 3M 64k', path]);
  now = readFileSync(path);
  wanted = await hashOf((await openImage(memorySource(now))).disk);
  torn = Buffer.from(now);
  const changed: Write[] = [];
  for (let offset = 2 * MIB; offset < 4 * MIB; offset += PAGE) {
    const page = now.subarray(offset, offset + PAGE);
    if (Buffer.compare(page, old.subarray(offset, offset + PAGE)) === 0) continue;
    changed.push({ offset, page });
    old.copy(torn, offset, offset, offset + PAGE);
  }
  writes = changed;
  stale = await hashOf((await openImage(memorySource(torn))).disk);
});

async function contentOf(image: Buffer): Promise<string> {
  const { format, disk } = await openImage(memorySource(image));
  assert.equal(format, 'vhdx (log replayed)');
  return hashOf(disk);
}

test('writes of the log are put over the file, as QEMU does', { skip }, async () => {
  assert.ok(writes.length > 0);
  assert.notEqual(stale, wanted);
  const dirty = withLog(torn, [
    entry({ sequence: 4, tail: 0, writes, flushed: torn.length, last: torn.length }),
  ]);
  const before = Buffer.from(dirty);
  assert.equal(await contentOf(dirty), wanted);
  assert.equal(Buffer.compare(dirty, before), 0, 'the file itself was changed');

  const path = join(folder, 'dirty.vhdx');
  writeFileSync(path, dirty);
  assert.throws(() => run('qemu-img', ['convert', '-f', 'vhdx', '-O', 'raw', path, `${path}.raw`]), /log/);
  run('qemu-img', ['check', '-q', '-f', 'vhdx', '-r', 'all', path]);
  run('qemu-img', ['convert', '-f', 'vhdx', '-O', 'raw', path, `${path}.raw`]);
  assert.equal(await hashOf(fileBlocks(`${path}.raw`)), wanted);
});

test('only the active sequence counts, from its tail on', { skip }, async () => {
  const wrong = writes.map(({ offset }) => ({ offset, page: Buffer.alloc(PAGE, 0xee) }));
  const stray = entry({ sequence: 2, tail: 0, writes: wrong });
  const first = entry({ sequence: 7, tail: stray.length, writes: [] });
  const second = entry({ sequence: 8, tail: stray.length, writes: wrong });
  const third = entry({ sequence: 9, tail: stray.length, writes });
  const later = entry({ sequence: 20, tail: 4 * PAGE, writes: wrong });
  assert.equal(await contentOf(withLog(torn, [stray, first, second, third])), wanted);
  // The head says that entries before its tail are done with.
  const fourth = entry({ sequence: 10, tail: stray.length + first.length + second.length, writes: [] });
  assert.equal(await contentOf(withLog(torn, [stray, first, second, third, fourth])), wanted);
  const done = entry({ sequence: 1, tail: 0, writes: wrong });
  const tail = entry({ sequence: 2, tail: done.length, writes: [] });
  assert.equal(await contentOf(withLog(now, [done, tail])), wanted);
  // An entry whose tail is not in its sequence is none, whatever its number is.
  assert.equal(await contentOf(withLog(torn, [stray, first, second, third, later])), wanted);
});

test('the log is a ring', { skip }, async () => {
  const start = LOG.length - PAGE;
  const ring = [
    entry({ sequence: 30, tail: start, writes: [] }),
    entry({ sequence: 31, tail: start, writes }),
  ];
  assert.equal(await contentOf(withLog(torn, ring, start)), wanted);
  assert.equal(await contentOf(withLog(torn, [entry({ sequence: 3, tail: start, writes })], start)), wanted);
});

test('zeros of the log, and writes beyond the end of the file', { skip }, async () => {
  const [table] = writes as [Write];
  const zeros = entry({ sequence: 1, tail: 0, writes: [{ offset: table.offset, zeros: PAGE }] });
  const image = await openImage(memorySource(withLog(now, [zeros])));
  const empty = await image.disk.read(20 * MIB, 3 * MIB);
  assert.ok(empty.every((byte) => byte === 0));
  const grown = entry({ sequence: 1, tail: 0, writes, last: torn.length + 5 * MIB });
  assert.equal(await contentOf(withLog(torn, [grown])), wanted);
});

test('a log that cannot be replayed is damage, not an older disk', { skip }, async () => {
  const whole = entry({ sequence: 4, tail: 0, writes });
  const cases: readonly (readonly [what: string, image: Buffer, message: RegExp])[] = [
    ['empty', withLog(torn, []), /no whole sequence/],
    [
      'flipped',
      withLog(torn, [whole.map((byte, at) => (at === 5000 ? byte ^ 1 : byte)) as Buffer].map(Buffer.from)),
      /no whole sequence/,
    ],
    [
      'cut off',
      withLog(torn, [entry({ sequence: 4, tail: 0, writes, flushed: torn.length + 1 })]),
      /cut off/,
    ],
    [
      'beyond',
      withLog(torn, [entry({ sequence: 4, tail: 0, writes: [{ offset: torn.length + MIB, zeros: PAGE }] })]),
      /misplaced/,
    ],
    [
      'odd',
      withLog(torn, [entry({ sequence: 4, tail: 0, writes: [{ offset: 513, zeros: PAGE }] })]),
      /misplaced/,
    ],
  ];
  for (const [what, image, message] of cases) {
    const failure = await failureOf(memorySource(image));
    assert.equal(failure.code, 'disk-damaged', what);
    assert.match(failure.message, message, what);
  }
  const endless = entry({ sequence: 4, tail: 0, last: 2 ** 50, writes: [{ offset: 0, zeros: 2 ** 49 }] });
  assert.equal((await failureOf(memorySource(withLog(torn, [endless])))).code, 'disk-unsupported');
});

test('entries that overlap do not make the replay long', { skip }, async () => {
  const image = withLog(torn, []);
  for (let at = 0; at < LOG.length; at += PAGE) {
    const page = image.subarray(LOG.offset + at);
    page.write('loge');
    page.writeUInt32LE(LOG.length, 8);
    page.writeBigUInt64LE(1n, 16);
    GUID.copy(page, 32);
  }
  assert.match((await failureOf(memorySource(image))).message, /overlap/);
});

test('the header with the higher number counts, and a good one before a damaged one', { skip }, async () => {
  const dirty = withLog(torn, [entry({ sequence: 4, tail: 0, writes })]);
  for (const newer of [64 << 10, 128 << 10]) {
    const older = (192 << 10) - newer;
    const image = Buffer.from(dirty);
    const give = (header: number, sequence: bigint, change: (bytes: Buffer) => void) => {
      const bytes = image.subarray(header, header + PAGE);
      bytes.writeBigUInt64LE(sequence, 8);
      change(bytes);
      bytes.writeUInt32LE(checksumOf(bytes), 4);
    };
    give(newer, 100n, () => {});
    give(older, 99n, (bytes) => bytes.fill(0, 48, 64));
    assert.equal(await contentOf(image), wanted);
    give(older, 101n, () => {});
    assert.equal(await hashOf((await openImage(memorySource(image))).disk), stale);
    image.writeUInt8(1, older + 2000);
    assert.equal(await contentOf(image), wanted);
    give(older, 100n, () => {});
    assert.match((await failureOf(memorySource(image))).message, /both VHDX headers claim/);
  }
});

test('pages put over a file', async () => {
  const bytes = Buffer.from(Array.from({ length: 3 * PAGE + 100 }, (_, at) => at % 251));
  const page = Buffer.alloc(PAGE, 0xaa);
  const pages = new Map([
    [1, page],
    [3, null],
    [5, page],
  ]);
  const size = 8 * PAGE;
  const wantedBytes = Buffer.alloc(size);
  bytes.copy(wantedBytes, 0, 0, 3 * PAGE);
  page.copy(wantedBytes, PAGE);
  page.copy(wantedBytes, 5 * PAGE);
  const source = overlaid(memorySource(bytes), pages, size);
  for (let offset = 0; offset < size; offset += 777)
    for (const length of [0, 1, 100, PAGE, PAGE + 900, 3 * PAGE, size - offset].filter(
      (each) => offset + each <= size,
    ))
      assert.equal(
        Buffer.compare(await source.read(offset, length), wantedBytes.subarray(offset, offset + length)),
        0,
        `${length} at ${offset}`,
      );
  await assert.rejects(source.read(size, 1), { code: 'disk-damaged' });
});
