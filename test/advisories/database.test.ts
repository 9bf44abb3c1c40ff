import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeBody, decodeNumbers, encodeBody, encodeNumbers } from '../../src/advisories/database/codec.ts';
import { rereadFeed } from '../../src/advisories/database/reread.ts';
import { cveNumber, cveOfNumber } from '../../src/advisories/identifiers.ts';
import { openAdvisories } from '../../src/advisories/index.ts';
import type { VendorStatus } from '../../src/model/advisory.ts';
import { type Built, build, buildOsv, FIXTURES, fixture, put, scratch, ubuntuRecord } from './helpers.ts';

const version = fc.option(fc.string(), { nil: null });
const body = fc.record(
  {
    status: fc.constantFrom<VendorStatus>('affected', 'will-not-fix', 'not-affected'),
    ranges: fc.array(
      fc.record({ introduced: version, fixed: version, lastAffected: version }, { noNullPrototype: true }),
    ),
    versions: fc.array(fc.string()),
    note: version,
    imports: fc.array(fc.string()),
  },
  { noNullPrototype: true },
);

describe('rows of the advisory database', () => {
  it('decode to what was encoded', () => {
    fc.assert(fc.property(body, (one) => assert.deepEqual(decodeBody(encodeBody(one)), one)));
  });

  it('are equal only for equal bodies', () => {
    fc.assert(
      fc.property(body, body, (a, b) => {
        const equal = JSON.stringify(a) === JSON.stringify(b);
        assert.equal(encodeBody(a) === encodeBody(b), equal);
      }),
    );
  });

  it('hold ascending numbers', () => {
    const ascending = fc
      .array(fc.nat({ max: Number.MAX_SAFE_INTEGER }))
      .map((numbers) => [...numbers].sort((a, b) => a - b));
    fc.assert(
      fc.property(ascending, (numbers) => assert.deepEqual(decodeNumbers(encodeNumbers(numbers)), numbers)),
    );
    assert.throws(() => encodeNumbers([2, 1]), RangeError);
  });

  it('hold CVEs as numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1999, max: 2999 }), fc.nat({ max: 99_999_999 }), (year, number) => {
        const cve = `CVE-${year}-${String(number).padStart(4, '0')}`;
        assert.equal(cveOfNumber(cveNumber(cve) ?? 0), cve);
      }),
    );
    for (const other of ['CVE-2024-1', 'CVE-2024-00001', 'GHSA-1', 'CVE-2024-123456789', ''])
      assert.equal(cveNumber(other), null);
  });
});

describe('the advisory database', () => {
  const kev = {
    feed: 'cisa-kev' as const,
    path: `${FIXTURES}/cisa-kev/known_exploited_vulnerabilities.json`,
  };
  const epss = { feed: 'epss' as const, path: `${FIXTURES}/epss/epss_scores-2023-03-07.csv.gz` };
  const all = [fixture('osv'), fixture('azure-linux'), kev, epss];
  let built: Built;
  before(async () => {
    built = await build(scratch(), all);
  });

  it('gives every feed back as it was written', async () => {
    const again = await build(scratch(), all);
    for (const feed of ['osv', 'azure-linux', 'cisa-kev', 'epss'] as const) {
      const one = rereadFeed(built.database, feed);
      const other = rereadFeed(again.database, feed);
      assert.ok(one && other);
      assert.deepEqual({ ...one, status: null }, { ...other, status: null });
    }
    assert.equal(
      rereadFeed(built.database, 'osv')?.entries.length,
      rereadFeed(again.database, 'osv')?.entries.length,
    );
  });

  it('uses an index for every look-up', async () => {
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(built.database, { readOnly: true });
    const queries = [
      'SELECT id FROM package WHERE ecosystem = 1 AND name = 2',
      'SELECT body FROM statement WHERE package = 1 ORDER BY number',
      'SELECT sources FROM binary WHERE ecosystem = 1 AND name = 2',
      'SELECT id FROM alias WHERE vulnerability = 1',
      'SELECT vulnerability FROM alias WHERE id = 1',
      'SELECT id FROM vulnerability WHERE cve = 1',
      'SELECT added FROM kev WHERE cve = 1',
      'SELECT score FROM epss WHERE cve = 1',
    ];
    for (const query of queries)
      for (const { detail } of database.prepare(`EXPLAIN QUERY PLAN ${query}`).all())
        assert.match(String(detail), /^SEARCH/, query);
    database.close();
  });

  it('has a revision that is the same for the same content alone', async () => {
    const { revision } = built.advisories;
    const later = { now: () => new Date('2031-01-01T00:00:00Z') };
    assert.equal((await build(scratch(), all, { clock: later })).advisories.revision, revision);
    const fewer = [
      await build(scratch(), [fixture('osv'), fixture('azure-linux'), kev]),
      await build(scratch(), all, { keep: (ecosystem) => ecosystem.startsWith('Ubuntu:22.04') }),
    ];
    const others = fewer.map(({ advisories }) => advisories.revision);
    assert.equal(new Set([revision, ...others]).size, 3);
  });

  it('computes the revision of a database that was built without one', async () => {
    const { advisories, database } = await build(scratch(), all);
    advisories.close();
    const { DatabaseSync } = await import('node:sqlite');
    const file = new DatabaseSync(database);
    file.exec('DROP TABLE revision');
    file.close();
    assert.equal(openAdvisories(database).revision, built.advisories.revision);
  });

  it('knows of a vulnerability what all of its advisories say', async () => {
    const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
    const other = 'CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
    const record = (id: string, score: string, published: string) =>
      ubuntuRecord(id, {
        aliases: ['CVE-2024-0001', 'GHSA-aaaa-bbbb-cccc'],
        published,
        severity: [{ type: 'CVSS_V3', score }],
      });
    const { advisories } = await buildOsv([
      record('UBUNTU-CVE-2024-0001', vector, '2024-02-01T00:00:00Z'),
      record('GO-2024-0001', other, '2024-01-05T00:00:00Z'),
    ]);
    const known = advisories.vulnerability('CVE-2024-0001');
    assert.deepEqual([...known.cvss].sort(), [other, vector].sort());
    assert.ok(known.aliases.includes('GHSA-aaaa-bbbb-cccc'));
    assert.equal(known.published, '2024-01-05');
    assert.deepEqual(advisories.vulnerability('CVE-1999-0001'), {
      cve: 'CVE-1999-0001',
      aliases: [],
      cvss: [],
      published: null,
      kev: null,
      epss: null,
    });
    assert.equal(built.advisories.vulnerability('CVE-2021-44228').kev, '2021-12-10');
  });

  it('answers for what it does not know', () => {
    const { advisories } = built;
    assert.deepEqual(advisories.affected('Ubuntu:99.04', 'openssl'), []);
    assert.deepEqual(advisories.affected('Ubuntu:22.04:LTS', 'no-such-package'), []);
    assert.equal(advisories.knows('Ubuntu:22.04:LTS', 'openssl'), true);
    assert.equal(advisories.knows('Ubuntu:22.04:LTS', 'no-such-package'), false);
    assert.deepEqual(advisories.packagesOf('CVE-1999-0001'), []);
    assert.equal(advisories.resolve('CVE-1999-0001'), null);
    assert.equal(advisories.published('CVE-1999-0001'), null);
    assert.throws(() => advisories.advisory(0), { code: 'internal' });
  });

  it('tells the state of every feed', () => {
    const status = built.advisories.status();
    assert.deepEqual(
      status.map(({ feed }) => feed),
      ['osv', 'azure-linux', 'cisa-kev', 'epss'],
    );
    assert.deepEqual(status, built.report.feeds);
  });

  it('leaves out ecosystems that are not kept, and does not claim to cover them', async () => {
    const keep = (ecosystem: string) => ecosystem.startsWith('Ubuntu:22.04');
    const { advisories } = await build(scratch(), all, { keep });
    assert.equal(advisories.knows('Ubuntu:22.04:LTS', 'openssh'), true);
    assert.deepEqual(advisories.sourcesOf('Ubuntu:22.04:LTS', 'openssh-server'), ['openssh']);
    assert.deepEqual(advisories.sourcesOf('Ubuntu:18.04:LTS', 'libssl-dev'), []);
    assert.equal(advisories.resolve('CVE-2024-21626'), null);
    assert.equal(advisories.exploitation('CVE-2021-44228').kev, null);
    assert.ok(built.advisories.coverage.some(({ ecosystem }) => ecosystem === 'Go'));
    assert.deepEqual(
      [...new Set(advisories.coverage.map(({ ecosystem }) => ecosystem))],
      ['Ubuntu:22.04:LTS'],
    );
    assert.ok(statSync(built.database).size > 0);
  });

  it('refuses other files', () => {
    const folder = scratch();
    assert.throws(() => openAdvisories(`${folder}/none.db`), { code: 'database-missing' });
    assert.throws(() => openAdvisories(put(folder, 'text.db', 'x'.repeat(5000))), {
      code: 'database-unusable',
    });
    assert.throws(() => openAdvisories(put(folder, 'empty.db', '')), { code: 'database-unusable' });
  });
});
