import assert from 'node:assert/strict';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPartitions } from '../../../../src/evidence/disk/partitions/index.ts';
import { openFileSource } from '../../../../src/evidence/disk/sources/file.ts';
import { openHttpSource } from '../../../../src/evidence/disk/sources/http.ts';
import {
  type Azurite,
  noAzurite,
  sasUrl,
  startAzurite,
  touchPageBlob,
  uploadPageBlob,
} from '../../../support/azurite.ts';
import { copyWritten } from '../../../support/sparse.ts';
import { lacking, run, workFolder } from '../../../support/tools.ts';

const GIB = 2 ** 30;
const folder = workFolder();
const raw = join(folder, 'disk.raw');
const vhd = join(folder, 'disk.vhd');
const place = { container: 'disks', name: 'disk.vhd' };

/** A sparse disk of 6 GB with some data, as a fixed VHD: what a node's exported disk is. */
async function makeDisk(): Promise<void> {
  writeFileSync(raw, '');
  truncateSync(raw, 6 * GIB);
  const boot = ['-n', '14:2048:+4M', '-t', '14:ef02', '-n', '15:0:+106M', '-t', '15:ef00'];
  run('sgdisk', [...boot, '-n', '1:0:0', '-t', '1:8300', '-c', '1:root', raw]);
  const file = await open(raw, 'r+');
  for (const at of [200 * 2 ** 20, 3 * GIB - 100, 5 * GIB + 4096])
    await file.write(Buffer.alloc(300_000, `data at ${at} `), 0, 300_000, at);
  await file.close();
  // Its content is the raw disk. To convert it would write out the holes, which takes a quarter of a minute.
  run('qemu-img', ['create', '-q', '-f', 'vpc', '-o', 'subformat=fixed,force_size=on', vhd, '6G']);
  await copyWritten(raw, vhd);
}

describe('a page blob behind a SAS', { skip: noAzurite() || lacking('qemu-img', 'sgdisk') }, () => {
  let azurite: Azurite;
  let url: string;

  before(async () => {
    await makeDisk();
    mkdirSync(join(folder, 'azurite'));
    azurite = await startAzurite(join(folder, 'azurite'));
    await uploadPageBlob(azurite, place, vhd);
    url = sasUrl(azurite, place);
  });
  after(() => azurite?.stop());

  it('gives the bytes of the file it was made of', async () => {
    const local = await openFileSource(vhd);
    const remote = await openHttpSource(url);
    try {
      const { size } = local.source;
      assert.equal(remote.source.size, size);
      const places = [0, 511, 1000, 2 ** 20, 200 * 2 ** 20 - 7, 3 * GIB - 200, 5 * GIB, size - 512];
      for (const at of places)
        for (const length of [1, 512, 40_000, 3 * 2 ** 20]) {
          const count = Math.min(length, size - at);
          const [one, other] = [await local.source.read(at, count), await remote.source.read(at, count)];
          assert.equal(Buffer.compare(one, other), 0, `${count} bytes at ${at}`);
        }
      assert.deepEqual(await readPartitions(remote.source), await readPartitions(local.source));
    } finally {
      await local.close();
      await remote.close();
    }
  });

  it('reads holes without a request, once the list of written pages is there', async () => {
    const remote = await openHttpSource(url);
    try {
      // The list travels beside the first reads.
      await sleep(300);
      const before = remote.counters();
      const zeros = await remote.source.read(GIB, 200 * 2 ** 20);
      assert.equal(zeros.length, 200 * 2 ** 20);
      assert.ok(Buffer.from(zeros.buffer, zeros.byteOffset, 2 ** 20).equals(Buffer.alloc(2 ** 20)));
      assert.deepEqual(remote.counters(), before);
      await remote.source.read(3 * GIB, 100);
      assert.equal(remote.counters().requests, before.requests + 1);
    } finally {
      await remote.close();
    }
  });

  it('asks for a new link where the SAS is expired or wrong', async () => {
    for (const bad of [sasUrl(azurite, place, -60_000), url.replace(/sig=../, 'sig=AA')])
      await assert.rejects(openHttpSource(bad), (thrown: Error & { code?: string; remedy?: string }) => {
        assert.equal(thrown.code, 'network-failed');
        assert.match(thrown.message, /the server answered 403/);
        assert.match(thrown.remedy ?? '', /SAS/);
        assert.doesNotMatch(JSON.stringify([thrown.message, thrown.stack, thrown.remedy]), /sig=/);
        return true;
      });
  });

  it('ends with disk-changed where the blob is written to during the scan', async () => {
    const remote = await openHttpSource(url);
    try {
      await remote.source.read(200 * 2 ** 20, 512);
      await touchPageBlob(azurite, place);
      await assert.rejects(remote.source.read(5 * GIB, 10_000), { code: 'disk-changed' });
    } finally {
      await remote.close();
    }
  });
});
