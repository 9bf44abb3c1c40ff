/** What holds for every registered disk image format and file system. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NodewardError } from '../../../src/base/errors.ts';
import { DRIVERS } from '../../../src/evidence/disk/filesystems/registry.ts';
import { FORMATS } from '../../../src/evidence/disk/formats/registry.ts';
import type { BlockSource } from '../../../src/evidence/disk/sources/types.ts';
import { memorySource } from '../../support/blocks.ts';
import { randomBelow } from '../../support/random.ts';

const FAILURE = new NodewardError('network-failed', 'the server went away');
const GONE: BlockSource = {
  name: 'gone',
  size: 1 << 30,
  prefetch() {},
  read: () => Promise.reject(FAILURE),
};

function noise(length: number): Buffer {
  const random = randomBelow(length);
  return Buffer.from(Array.from({ length }, () => random(256)));
}

const NOTHING = [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(511), Buffer.alloc(1 << 20), noise(1 << 16)];

describe('disk image formats', () => {
  it('have names of their own, and raw, which takes everything, comes last', () => {
    const ids = FORMATS.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.at(-1), 'raw');
  });

  for (const format of FORMATS.filter(({ id }) => id !== 'raw')) {
    it(`${format.id} does not take for its own what has no signature`, async () => {
      for (const bytes of NOTHING) assert.equal(await format.detect(memorySource(bytes)), false);
    });

    it(`${format.id} says that a file without its signature is damaged, not empty`, async () => {
      for (const bytes of NOTHING)
        await assert.rejects(format.open(memorySource(bytes)), (thrown) => thrown instanceof NodewardError);
    });
  }

  for (const format of FORMATS)
    it(`${format.id} passes on what went wrong below it`, async () => {
      if (format.id !== 'raw') await assert.rejects(format.detect(GONE), FAILURE);
      await assert.rejects(
        format.open(GONE).then(({ disk }) => disk.read(0, 512)),
        FAILURE,
      );
    });
});

describe('file systems', () => {
  it('have names of their own', () => {
    const ids = DRIVERS.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  for (const driver of DRIVERS) {
    it(`${driver.id} does not take for its own what has no signature`, async () => {
      for (const bytes of NOTHING) assert.equal(await driver.detect(memorySource(bytes)), null);
    });

    it(`${driver.id} says that a partition without its superblock is damaged, not empty`, async () => {
      for (const bytes of NOTHING)
        await assert.rejects(driver.open(memorySource(bytes)), (thrown) => thrown instanceof NodewardError);
    });

    it(`${driver.id} passes on what went wrong below it`, async () => {
      await assert.rejects(driver.detect(GONE), FAILURE);
      await assert.rejects(driver.open(GONE), FAILURE);
    });
  }
});
