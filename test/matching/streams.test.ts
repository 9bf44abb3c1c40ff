import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Advisories } from '../../src/advisories/index.ts';
import { build, FIXTURES, scratch } from '../advisories/helpers.ts';
import { brief, gapsOf, match, RECORDS } from './support.ts';

describe('Ubuntu streams, on real records', () => {
  let advisories: Advisories;
  before(async () => {
    const built = await build(scratch(), [
      { feed: 'osv', path: RECORDS },
      { feed: 'osv', path: join(FIXTURES, 'osv/Ubuntu/LSN-0108-1.json') },
    ]);
    assert.deepEqual(built.report.feeds[0]?.badRecords, { count: 0, examples: [] });
    advisories = built.advisories;
  });
  after(() => advisories.close());

  it('a fix only in Ubuntu Pro is told, but is no fix for who has no subscription', () => {
    const matches = match({ os: 'ubuntu 22.04', packages: ['traceroute 1:2.1.0-2'] }, advisories);
    assert.deepEqual(matches.findings.map(brief), ['CVE-2023-46316 traceroute 1:2.1.0-2 → null fix-in-pro']);
    const [finding] = matches.findings;
    assert.equal(
      finding?.reason.note,
      'fixed only with a subscription, in 1:2.1.0-2ubuntu0.22.04.1~esm1 (Ubuntu:Pro:22.04:LTS)',
    );
    assert.equal(finding?.reason.ecosystem, 'Ubuntu:Pro:22.04:LTS');
    assert.match(finding?.reason.comparison ?? '', /no version is fixed/);
  });

  it('where neither stream has a fix, there is none', () => {
    const { findings } = match({ os: 'ubuntu 24.04', packages: ['traceroute 1:2.1.5-1'] }, advisories);
    assert.deepEqual(findings.map(brief), ['CVE-2023-46316 traceroute 1:2.1.5-1 → null no-fix']);
  });

  it('a version of expanded maintenance is compared with that stream', () => {
    const esm = (version: string) =>
      match({ os: 'ubuntu 20.04', packages: [`traceroute ${version}`] }, advisories).findings.map(brief);
    assert.deepEqual(esm('1:2.1.0-2ubuntu0.20.04.1~esm1'), [], 'it carries the fix of ESM');
    assert.deepEqual(esm('1:2.1.0-2ubuntu0.20.04.1~esm0'), [
      'CVE-2023-46316 traceroute 1:2.1.0-2ubuntu0.20.04.1~esm0 → 1:2.1.0-2ubuntu0.20.04.1~esm1 fix-available',
    ]);
  });

  it('a FIPS version is compared with FIPS streams only', () => {
    // Higher than the release's fixed 1.1.1f-1ubuntu2.21 by the numbers, and yet without the fix.
    const { findings, gaps } = match(
      { os: 'ubuntu 20.04', packages: ['libssl1.1 1.1.1f-1ubuntu2.fips.24.4', 'openssl 1.1.1f-1ubuntu2.21'] },
      advisories,
    );
    assert.deepEqual(findings.map(brief), [
      'CVE-2024-0727 libssl1.1 1.1.1f-1ubuntu2.fips.24.4 → null no-fix',
    ]);
    assert.match(findings[0]?.reason.ecosystem ?? '', /^Ubuntu:Pro:FIPS/);
    assert.deepEqual(gaps, []);
  });

  it('a FIPS kernel is compared with FIPS streams only', () => {
    const { findings } = match(
      { os: 'ubuntu 20.04', packages: ['linux-image-5.4.0-1104-azure-fips 5.4.0-1104.110+fips1'] },
      advisories,
    );
    assert.deepEqual(
      findings.map(({ cve, reason }) => [cve, reason.ecosystem]),
      [['CVE-2023-31084', 'Ubuntu:Pro:FIPS:20.04:LTS']],
    );
  });

  it('a FIPS version of a release whose FIPS streams are not covered is a gap, never clean', () => {
    const matches = match(
      {
        os: 'ubuntu 22.04',
        packages: [
          'libssl3 3.0.2-0ubuntu1.10+Fips1',
          'linux-image-5.15.0-1033-azure-fips 5.15.0-1033.40+fips1',
        ],
      },
      advisories,
    );
    assert.deepEqual(matches.findings, []);
    assert.deepEqual(gapsOf(matches), ['no-coverage: linux-azure-fips, openssl']);
    assert.match(matches.gaps[0]?.detail ?? '', /FIPS stream of Ubuntu:22.04:LTS/);
  });

  it('a live patch notice is an alias, never the fix of a package', () => {
    // LSN-0108-1 states 5.15.0-1000.0 and the like for kernels of Pro: what a live patch needs, not what is fixed.
    assert.deepEqual(
      ['22.04', '20.04'].flatMap((release) =>
        ['linux-azure', 'linux-azure-5.15', 'linux'].flatMap((name) =>
          [`Ubuntu:Pro:${release}:LTS`, `Ubuntu:${release}:LTS`].flatMap((ecosystem) =>
            advisories
              .affected(ecosystem, name)
              .flatMap((statement) => statement.advisories.map((key) => advisories.advisory(key).id))
              .filter((id) => id.startsWith('LSN-')),
          ),
        ),
      ),
      [],
    );
  });
});
