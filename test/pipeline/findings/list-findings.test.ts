import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openAdvisories } from '../../../src/advisories/index.ts';
import { openCatalogue } from '../../../src/evidence/images/catalogue/open.ts';
import { matchSoftware } from '../../../src/matching/index.ts';
import { SEVERITIES } from '../../../src/model/advisory.ts';
import type { Finding } from '../../../src/model/finding.ts';
import { listFindings } from '../../../src/pipeline/findings/list-findings.ts';
import { SNAPSHOT } from '../../matching/support.ts';

function finding(more: Partial<Finding> = {}): Finding {
  return {
    cve: 'CVE-2024-0001',
    aliases: [],
    kind: 'os-package',
    package: 'openssl',
    paths: [],
    arch: 'amd64',
    source: 'openssl',
    installed: '1',
    fixed: null,
    severity: 'high',
    cvss: [],
    feed: 'osv',
    published: null,
    state: 'no-fix',
    presence: 'installed',
    kev: null,
    epss: null,
    reason: { advisory: 'UBUNTU-CVE-2024-0001', ecosystem: '', mapping: '', comparison: '', note: null },
    ...more,
  };
}

describe('the findings of a list', () => {
  it('are one for each CVE, with the kernel itself standing for its packages', () => {
    const [only, ...others] = listFindings([
      finding({ package: 'linux-headers-5', presence: 'not-running', severity: 'critical' }),
      finding({ package: 'linux-modules-5', presence: 'running' }),
      finding({ package: 'linux-image-5', presence: 'running' }),
    ]);
    assert.equal(others.length, 0);
    assert.deepEqual(
      only?.occurrences.map((each) => each.package),
      ['linux-image-5', 'linux-modules-5', 'linux-headers-5'],
    );
    assert.equal(only?.severity, 'high', 'of what is in use');
  });

  it('are as bad as the worst of all where nothing is in use', () => {
    const cached = { presence: 'cached' as const };
    const [only] = listFindings([
      finding({ ...cached, severity: 'low' }),
      finding({ ...cached, severity: 'medium' }),
    ]);
    assert.equal(only?.severity, 'medium');
  });

  it('name a place once, whatever architectures it is there for', () => {
    const [only] = listFindings([finding(), finding({ arch: 'i386' }), finding({ installed: '2' })]);
    assert.deepEqual(
      only?.occurrences.map(({ installed }) => installed),
      ['1', '2'],
    );
  });

  it('do not depend on the order in which they were found, and lose nothing', () => {
    const some = fc.record({
      cve: fc.constantFrom('CVE-2024-0001', 'CVE-2024-0002'),
      package: fc.constantFrom('linux-image-5', 'openssl', 'zlib'),
      installed: fc.constantFrom('1', '2'),
      severity: fc.constantFrom(...SEVERITIES),
      presence: fc.constantFrom('running', 'not-running', 'cached', 'installed'),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 12 }), (found) => {
        const findings = found.map((each) => finding(each as Partial<Finding>));
        const lists = listFindings(findings);
        assert.deepEqual(listFindings([...findings].reverse()), lists);
        const places = (of: { cve: string; package: string; installed: string; presence: string }): string =>
          JSON.stringify([of.cve, of.package, of.installed, of.presence]);
        const kept = new Set(
          lists.flatMap(({ cve, occurrences }) => occurrences.map((each) => places({ cve, ...each }))),
        );
        assert.deepEqual(kept, new Set(findings.map(places)));
      }),
    );
  });

  it('are those of a real image', () => {
    const catalogue = openCatalogue(join(SNAPSHOT, 'images.db'));
    const advisories = openAdvisories(join(SNAPSHOT, 'advisories.db'));
    const found = catalogue.find('AKSUbuntu-2204gen2containerd-202402.26.0');
    assert.ok(found !== null);
    const { findings } = matchSoftware(found.software, advisories);
    const lists = listFindings(findings);
    assert.equal(lists.length, new Set(findings.map(({ cve }) => cve)).size);
    const kernel = lists.find(({ cve }) => cve === 'CVE-2024-1086');
    assert.match(kernel?.occurrences[0]?.package ?? '', /^linux-image-/);
    assert.equal(kernel?.occurrences[0]?.presence, 'running');
    catalogue.close();
    advisories.close();
  });
});
