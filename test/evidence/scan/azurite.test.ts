/** A whole scan of a page blob through a shared access signature, as of an Azure snapshot. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NodewardError } from '../../../src/base/errors.ts';
import { silent } from '../../../src/base/log.ts';
import { type ScanRun, scanEvidence } from '../../../src/pipeline/scan.ts';
import { noAzurite, sasUrl, startAzurite, uploadPageBlob } from '../../support/azurite.ts';
import { lacking, run, workFolder } from '../../support/tools.ts';

const ROOTFS = fileURLToPath(new URL('../../fixtures/rootfs', import.meta.url));
const MIB = 1 << 20;

const RUN: ScanRun = {
  worker: new URL('../../../src/evidence/scan/worker.ts', import.meta.url),
  progress: silent,
  signal: new AbortController().signal,
  allFiles: true,
};

const disk = (location: string) => ({ kind: 'disk', location, partition: null }) as const;

/** A fixed VHD of 6 GB with a root in its last partition, nearly all of it never written. */
function vhd(folder: string): string {
  const raw = join(folder, 'disk.raw');
  const path = join(folder, 'disk.vhd');
  run('truncate', ['-s', '6G', raw]);
  run('sgdisk', ['-n', '15:2048:+106M', '-t', '15:ef00', '-n', '1:0:0', '-t', '1:8300', raw]);
  const size = `${(6 << 10) - 107 - 1}M`;
  run('mke2fs', ['-q', '-F', '-t', 'ext4', '-E', `offset=${107 * MIB}`, '-d', ROOTFS, raw, size]);
  run('qemu-img', ['convert', '-O', 'vpc', '-o', 'subformat=fixed,force_size=on', raw, path]);
  return path;
}

const skip = noAzurite() || lacking('qemu-img', 'sgdisk', 'mke2fs');

it('finds through a shared access signature what it finds in the file', { skip }, async () => {
  const folder = workFolder();
  const path = vhd(folder);
  const azurite = await startAzurite(folder);
  try {
    const place = { container: 'disks', name: 'node.vhd' };
    await uploadPageBlob(azurite, place, path);
    const url = sasUrl(azurite, place);
    const local = await scanEvidence(disk(path), RUN);
    const remote = await scanEvidence(disk(url), RUN);
    assert.equal(local.software.packages.length, 8);
    assert.deepEqual(remote.software, local.software);
    assert.deepEqual(remote.gaps, local.gaps);
    assert.equal(remote.scan?.complete, true);
    assert.deepEqual(remote.scan?.disk, {
      image: 'vhd (fixed)',
      size: 6 * 1024 * MIB,
      scheme: 'gpt',
      partition: 1,
    });
    assert.doesNotMatch(JSON.stringify(remote), /sig=/, 'the signature stays secret');
    const forged = url.replace(/sig=[^&]{4}/, 'sig=AAAA');
    const refused = await scanEvidence(disk(forged), RUN).catch((thrown: unknown) => thrown);
    assert.ok(refused instanceof NodewardError);
    assert.equal(refused.code, 'network-failed');
    assert.match(refused.message, /403/);
    assert.doesNotMatch(`${refused.message} ${refused.place}`, /sig=/);
  } finally {
    await azurite.stop();
  }
});
