import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { build, buildOsv, FIXTURES, put, scratch, stated, ubuntuRecord, zip } from './helpers.ts';

const JAMMY = 'Ubuntu:22.04:LTS';

function open(introduced: string | null = null) {
  return { introduced, fixed: null, lastAffected: null };
}

describe('OSV inputs', () => {
  const names = ['Ubuntu/UBUNTU-CVE-2024-6387.json', 'Ubuntu/USN-6622-1.json'];
  const files = names.map((name) => ({ name, content: readFileSync(join(FIXTURES, 'osv', name)) }));

  it('reads a zip, a folder with archives and loose files, a single record and tar.xz alike', async () => {
    const folder = scratch();
    const archive = put(folder, 'tree/Ubuntu/all.zip', zip(files));
    put(folder, 'tree/loose/one.json', ubuntuRecord('UBUNTU-CVE-2024-1000'));
    const fromZip = await build(scratch(), [{ feed: 'osv', path: archive }]);
    assert.deepEqual(fromZip.report.feeds[0]?.sources, ['Ubuntu/all.zip']);
    assert.equal(fromZip.report.feeds[0]?.records, 2);
    const fromTree = await build(scratch(), [{ feed: 'osv', path: join(folder, 'tree') }]);
    assert.deepEqual(fromTree.report.feeds[0]?.sources, ['Ubuntu/all.zip', 'tree']);
    assert.equal(fromTree.report.feeds[0]?.records, 3);
    const single = await build(scratch(), [{ feed: 'osv', path: join(folder, 'tree/loose/one.json') }]);
    assert.equal(single.advisories.resolve('UBUNTU-CVE-2024-1000'), 'CVE-2024-1000');
    const tar = await build(scratch(), [{ feed: 'osv', path: join(FIXTURES, 'osv-all.tar.xz') }]);
    assert.equal(tar.report.feeds[0]?.badRecords.count, 0);
    assert.equal(tar.report.feeds[0]?.livepatch, 1);
  });

  it('takes the newer of two versions of a record, and keeps the coverage of both sources', async () => {
    const folder = scratch();
    const older = ubuntuRecord('UBUNTU-CVE-2024-1000', { modified: '2024-01-01T00:00:00Z' });
    const newer = ubuntuRecord('UBUNTU-CVE-2024-1000', {
      modified: '2025-01-01T00:00:00Z',
      severity: [{ type: 'Ubuntu', score: 'critical' }],
    });
    for (const order of [
      [older, newer],
      [newer, older],
    ]) {
      order.forEach((record, index) => {
        put(folder, `${index}/all.zip`, zip([{ name: 'a.json', content: JSON.stringify(record) }]));
      });
      const sources = ['0/all.zip', '1/all.zip'].map((path) => ({
        feed: 'osv' as const,
        path: join(folder, path),
      }));
      const { advisories, report } = await build(scratch(), sources);
      const [found, ...more] = stated(advisories, { ecosystem: JAMMY, name: 'openssl' }, 'CVE-2024-1000');
      assert.equal(found?.advisory.severity, 'critical');
      assert.deepEqual(more, []);
      assert.equal(report.feeds[0]?.superseded, 1);
      assert.deepEqual(
        advisories.coverage.map(({ asOf }) => asOf),
        ['2025-01-01', '2024-01-01'],
      );
    }
  });

  it('lets a newer withdrawal win over an older record', async () => {
    const { report } = await buildOsv([
      ubuntuRecord('UBUNTU-CVE-2024-1000'),
      ubuntuRecord('UBUNTU-CVE-2024-1000', {
        modified: '2025-01-01T00:00:00Z',
        withdrawn: '2025-01-01T00:00:00Z',
      }),
      ubuntuRecord('UBUNTU-CVE-2024-1001'),
    ]);
    assert.equal(report.feeds[0]?.withdrawn, 1);
    assert.equal(report.feeds[0]?.used, 1);
  });

  it('ignores dates in the future and of the year 1 for the age of the data', async () => {
    const { report } = await buildOsv([
      ubuntuRecord('UBUNTU-CVE-2024-1000', { modified: '2999-01-01T00:00:00Z' }),
      ubuntuRecord('UBUNTU-CVE-2024-1001', {
        modified: '0001-01-01T00:00:00Z',
        published: '2023-05-05T00:00:00Z',
      }),
    ]);
    assert.equal(report.feeds[0]?.asOf, '2024-01-01');
  });

  it('leaves language ecosystems out, and keeps unknown distributions as a sample', async () => {
    const ranges = [{ type: 'SEMVER', events: [{ introduced: '0' }] }];
    const { advisories, report } = await buildOsv([
      { id: 'GHSA-aaaa-bbbb-cccc', affected: [{ package: { ecosystem: 'npm', name: 'x' }, ranges }] },
      {
        id: 'ALPINE-CVE-2024-1234',
        affected: [{ package: { ecosystem: 'Alpine:v3.20', name: 'y' }, ranges }],
      },
    ]);
    assert.equal(report.feeds[0]?.outOfScope, 1);
    assert.equal(advisories.knows('npm', 'x'), false);
    assert.equal(advisories.knows('Alpine:v3.20', 'y'), true);
    assert.equal(advisories.resolve('ALPINE-CVE-2024-1234'), 'CVE-2024-1234');
    assert.equal(advisories.coverage[0]?.complete, false);
  });

  it('reads "fixed in 0" of Debian as not affected', async () => {
    const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '0' }] }];
    const { advisories } = await buildOsv([
      { id: 'DEBIAN-CVE-2024-1234', affected: [{ package: { ecosystem: 'Debian:12', name: 'x' }, ranges }] },
    ]);
    const [statement] = advisories.affected('Debian:12', 'x');
    assert.equal(statement?.status, 'not-affected');
    assert.deepEqual(statement?.ranges, [open()]);
  });

  it('computes severity from CVSS 3 and 4 where the vendor gives none', async () => {
    const vectors = {
      critical: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N',
      high: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H',
      medium: 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L',
      low: 'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:L',
      unknown: 'CVSS:3.1/AV:N/AC:L',
    };
    const records = Object.values(vectors).map((score, index) =>
      ubuntuRecord(`UBUNTU-CVE-2024-100${index}`, {
        severity: [
          { type: 'CVSS_V3', score },
          { type: 'Ubuntu', score: 'untriaged' },
        ],
      }),
    );
    const { advisories } = await buildOsv(records);
    for (const [index, severity] of Object.keys(vectors).entries()) {
      const [found] = stated(advisories, { ecosystem: JAMMY, name: 'openssl' }, `CVE-2024-100${index}`);
      assert.equal(found?.advisory.severity, severity);
    }
  });

  it('keeps a reason only where it is short', async () => {
    const affected = (priority_reason: string, name: string) => ({
      package: { ecosystem: JAMMY, name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
      ecosystem_specific: { priority_reason, availability: 'No subscription required' },
    });
    const { advisories } = await buildOsv([
      ubuntuRecord('UBUNTU-CVE-2024-1000', {
        affected: [affected('Too\n minor', 'a'), affected('x'.repeat(201), 'b')],
      }),
    ]);
    assert.equal(advisories.affected(JAMMY, 'a')[0]?.note, 'Too minor');
    assert.equal(advisories.affected(JAMMY, 'b')[0]?.note, null);
  });

  it('reads binaries in the older form too', async () => {
    const [record] = [ubuntuRecord('UBUNTU-CVE-2024-1000')];
    const [affected] = record.affected as [Record<string, unknown>];
    const { advisories } = await buildOsv([
      {
        ...record,
        affected: [
          { ...affected, ecosystem_specific: { binaries: [{ libssl3: '3.0.2-1', openssl: '3.0.2-1' }] } },
        ],
      },
    ]);
    assert.deepEqual(advisories.sourcesOf(JAMMY, 'libssl3'), ['openssl']);
  });
});
