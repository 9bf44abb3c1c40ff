import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSbom } from '../../../src/evidence/sbom/index.ts';
import { renderAssessment } from '../../../src/interfaces/render/index.ts';
import type { Assessment } from '../../../src/model/assessment.ts';
import type { SoftwareList } from '../../../src/model/software.ts';
import { ASSESSMENT, CONTEXT, FINDINGS, SOFTWARE } from './samples.ts';

interface Vulnerability {
  readonly id: string;
  readonly ratings: readonly { severity?: string; score?: number; method: string; vector?: string }[];
  readonly recommendation: string;
  readonly affects: readonly { ref: string; versions: readonly { version: string; status: string }[] }[];
}

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly properties: readonly { name: string; value: string }[] };
  readonly components: readonly { 'bom-ref': string; name: string; version: string; purl?: string }[];
  readonly vulnerabilities: readonly Vulnerability[];
  readonly compositions: readonly { aggregate: string }[];
}

const render = (assessment: Assessment, software: SoftwareList = SOFTWARE): Promise<string> =>
  renderAssessment('cyclonedx', { assessment, software }, CONTEXT).then((parts) => [...parts].join(''));

async function bomOf(assessment: Assessment, software?: SoftwareList): Promise<Bom> {
  return JSON.parse(await render(assessment, software));
}

test('one vulnerability per CVE, each affecting components of the BOM', async () => {
  const bom = await bomOf(ASSESSMENT);
  assert.deepEqual([bom.bomFormat, bom.specVersion], ['CycloneDX', '1.6']);
  const refs = bom.components.map((component) => component['bom-ref']);
  assert.equal(new Set(refs).size, refs.length, 'references are unique');
  assert.deepEqual(
    bom.vulnerabilities.map(({ id }) => id),
    [...new Set(FINDINGS.map(({ cve }) => cve))],
  );
  for (const { affects } of bom.vulnerabilities) {
    assert.ok(affects.length > 0);
    for (const { ref } of affects) assert.ok(refs.includes(ref), ref);
  }
  const [regresshion] = bom.vulnerabilities;
  assert.deepEqual(
    regresshion?.affects.map(
      ({ ref }) => bom.components.find((component) => component['bom-ref'] === ref)?.name,
    ),
    ['openssh-client', 'openssh-server', 'openssh-sftp-server'],
  );
  assert.equal(regresshion?.recommendation, 'openssh 1:8.9p1-3ubuntu0.6: fixed in 1:8.9p1-3ubuntu0.10.');
});

test('ratings have the vendor severity and the score of the vector', async () => {
  const bom = await bomOf(ASSESSMENT);
  const ratings = new Map(bom.vulnerabilities.map(({ id, ratings: all }) => [id, all]));
  const source = { name: 'osv' };
  assert.deepEqual(ratings.get('CVE-2024-6387'), [
    { source, severity: 'high', method: 'other' },
    { source, score: 8.1, method: 'CVSSv31', vector: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H' },
  ]);
  assert.deepEqual(ratings.get('CVE-2016-20013'), [{ source, severity: 'info', method: 'other' }]);
  assert.equal(ratings.get('CVE-2022-1725')?.length, 1, 'a vector that cannot be read is left out');
});

test('package URLs follow the rules of their types', async () => {
  const purls = (await bomOf(ASSESSMENT)).components.map(({ purl }) => purl);
  assert.ok(
    purls.includes(
      'pkg:deb/ubuntu/openssh-server@1%3A8.9p1-3ubuntu0.6?arch=amd64&distro=ubuntu-22.04&upstream=openssh',
    ),
  );
  const os = { id: 'azurelinux', versionId: '3.0', prettyName: 'Azure Linux 3.0', variantId: null };
  const source = { name: 'perl', version: '5.38.2-509.azl3' };
  const packages = [{ name: 'perl-libs', version: '4:5.38.2-509.azl3', arch: 'x86_64', source }];
  const bom = await bomOf(ASSESSMENT, { ...SOFTWARE, os, format: 'rpm', packages, components: [] });
  assert.equal(
    bom.components[1]?.purl,
    'pkg:rpm/azurelinux/perl-libs@5.38.2-509.azl3?arch=x86_64&distro=azurelinux-3.0&epoch=4&upstream=perl%405.38.2-509.azl3',
  );
});

test('gaps travel in the metadata, and the BOM calls itself incomplete', async () => {
  const bom = await bomOf(ASSESSMENT);
  const gaps = bom.metadata.properties
    .filter(({ name }) => name === 'nodeward:gap')
    .map(({ value }) => value);
  assert.equal(gaps.length, 3);
  assert.equal(gaps[1], 'vendor-patch-level: The vendor may have patched runc 1.1.12. [runc]');
  assert.equal(bom.compositions[0]?.aggregate, 'incomplete');
  assert.equal((await bomOf({ ...ASSESSMENT, gaps: [] })).compositions[0]?.aggregate, 'complete');
});

test('a finding in what the list lacks gets a component once', async () => {
  const bom = await bomOf(ASSESSMENT, { ...SOFTWARE, packages: [], components: [] });
  const names = bom.components.map(({ name }) => name).sort();
  assert.deepEqual(names, ['ubuntu', ...new Set(FINDINGS.map((finding) => finding.package))].sort());
});

test('our own reader gets the software list back', async () => {
  const software = {
    ...SOFTWARE,
    components: SOFTWARE.components.filter(({ role }) => role === 'installed'),
  };
  const text = await render({ ...ASSESSMENT, findings: [], gaps: [] }, software);
  const evidence = readSbom(Buffer.from(text), 'own.json');
  assert.deepEqual(evidence.gaps, []);
  assert.equal(evidence.subject, ASSESSMENT.subject.name);
  assert.deepEqual(evidence.software.packages, software.packages);
  assert.deepEqual(evidence.software.components, software.components);
  assert.deepEqual(
    [evidence.software.os?.id, evidence.software.os?.versionId, evidence.software.format],
    ['ubuntu', '22.04', 'deb'],
  );
});
