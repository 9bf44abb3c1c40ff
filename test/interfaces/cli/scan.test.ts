import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lacking, run as tool, workFolder } from '../../support/tools.ts';
import { run } from './support.ts';

const ROOTFS = fileURLToPath(new URL('../../fixtures/rootfs', import.meta.url));
const folder = workFolder();

describe('scan rootfs', () => {
  it('shows findings, gaps and how the evidence was read', async () => {
    const { status, stdout, stderr } = await run(['scan', 'rootfs', ROOTFS, '--severity', 'high']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /\(root file system\)\nOS {11}Ubuntu 22\.04\.4 LTS/);
    assert.match(stdout, /Evidence {5}complete: files of the folder\n {13}os-release ok, dpkg 8 packages ok/);
    assert.match(stdout, /CVE-2024-6387 {3}1:8\.9p1-3ubuntu0\.6 → 1:8\.9p1-3ubuntu0\.10/);
    assert.match(stdout, /not-searched/);
  });

  it('writes the same findings in every format', async () => {
    const json = JSON.parse((await run(['scan', 'rootfs', ROOTFS, '--format', 'json'])).stdout);
    assert.equal(json.subject.kind, 'rootfs');
    assert.equal(json.scan.complete, true);
    const total = json.findings.length;
    assert.ok(total > 1000);
    const csv = (await run(['scan', 'rootfs', ROOTFS, '--format', 'csv'])).stdout;
    assert.equal(csv.split('\r\n').filter((line) => line.startsWith('finding,')).length, total);
    const sarif = JSON.parse((await run(['scan', 'rootfs', ROOTFS, '--format', 'sarif'])).stdout);
    assert.equal(sarif.runs[0].results.length, total);
    const bom = JSON.parse((await run(['scan', 'rootfs', ROOTFS, '--format', 'cyclonedx'])).stdout);
    assert.ok(bom.vulnerabilities.length > 1000);
  });

  it('writes an SBOM that gives the same findings', async () => {
    const sbom = join(folder, 'node.cdx.json');
    const scanned = await run(['scan', 'rootfs', ROOTFS, '--format', 'json', '--sbom-out', sbom]);
    const bom = JSON.parse(readFileSync(sbom, 'utf8'));
    assert.deepEqual([bom.specVersion, 'vulnerabilities' in bom], ['1.6', false]);
    const assessed = await run(['assess', '--sbom', sbom, '--format', 'json']);
    const findings = (text: string): unknown => JSON.parse(text).findings;
    assert.deepEqual(findings(assessed.stdout), findings(scanned.stdout));
  });

  it('says on standard error that a threshold does not see what could not be read', async () => {
    const words = ['scan', 'rootfs', ROOTFS, '--fail-on', 'high'];
    const whole = await run(words);
    assert.equal(whole.status, 10);
    assert.doesNotMatch(whole.stderr, /not everything/);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const nothing = await run(['scan', 'rootfs', empty, '--fail-on', 'high']);
    assert.equal(nothing.status, 0);
    assert.match(nothing.stdout, /^Not assessed: no software could be read/m);
    assert.match(nothing.stderr, /not everything could be read; --fail-on does not count/);
  });

  it('does not take an empty name for the current folder', async () => {
    for (const kind of ['rootfs', 'disk']) {
      const { status, stderr } = await run(['scan', kind, '']);
      assert.equal(status, 2);
      assert.match(stderr, /needs (?:DIR|FILE\|URL), not an empty word/);
    }
  });

  it('does not write over a file that is no folder to write to', async () => {
    const { status, stderr } = await run([
      'scan',
      'rootfs',
      ROOTFS,
      '--sbom-out',
      join(ROOTFS, 'usr/lib/os-release', 'x.json'),
    ]);
    assert.equal(status, 3);
    assert.match(stderr, /cannot be written/);
  });
});

describe('scan disk', { skip: lacking('mke2fs') }, () => {
  const image = join(folder, 'node.img');

  it('shows what it read, and at what cost', async () => {
    tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', ROOTFS, image, '16M']);
    const { status, stdout } = await run(['scan', 'disk', image, '--severity', 'high']);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /complete: ext4 of a raw disk of 16\.0 MiB, journal clean, \d+ reads of \d+\.\d KiB/,
    );
    assert.match(stdout, /CVE-2024-6387/);
  });

  it('lists what is on a disk', async () => {
    const table = await run(['scan', 'disk', image, '--list']);
    assert.match(table.stdout, /^NUMBER {2}OFFSET .*USE\n- {7}0 .* ext4 .* root\n$/);
    assert.match(table.stderr, /^raw, 16\.0 MiB, no partition table; \d+ reads/);
    const json = JSON.parse((await run(['scan', 'disk', image, '--list', '--format', 'json'])).stdout);
    assert.deepEqual([json.volumes[0].fileSystem, json.volumes[0].root], ['ext4', true]);
    assert.equal((await run(['scan', 'disk', image, '--list', '--format', 'sarif'])).status, 2);
  });

  it('refuses what it cannot do with a message', async () => {
    assert.match(
      (await run(['scan', 'disk', image, '--partition', 'one'])).stderr,
      /takes a number, not one/,
    );
    const text = join(folder, 'text.img');
    writeFileSync(text, 'no disk at all\n'.repeat(1000));
    const none = await run(['scan', 'disk', text]);
    assert.equal(none.status, 3);
    assert.match(none.stderr, /No root file system was found .*\nList what the disk holds/);
    const plain = await run(['scan', 'disk', 'http://example.com/disk.vhd?sig=secret']);
    assert.equal(plain.status, 2);
    assert.match(plain.stderr, /example\.com\/disk\.vhd/);
    assert.doesNotMatch(plain.stderr, /secret/);
  });
});
