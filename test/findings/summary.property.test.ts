import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import {
  exemptionBook,
  type Judging,
  type PoolFacts,
  poolLives,
  summarise,
  tellableFindings,
} from '../../src/findings/index.ts';
import { SEVERITIES } from '../../src/model/advisory.ts';
import type { Exemption } from '../../src/model/exemption.ts';
import { DEFAULT_POLICY } from '../../src/model/governance.ts';
import type {
  Candidate,
  Occurrence,
  PoolHistory,
  PoolList,
  StoredListFinding,
  Vulnerability,
} from '../../src/model/recommendation.ts';
import { exemption, statement } from './exemption-support.ts';
import { day, FAMILY, place } from './life-support.ts';
import { countsOf, earliest, rollupsOf } from './rollup-oracle.ts';

const NOW = 10;
const CVES = ['CVE-1', 'CVE-2', 'CVE-3', 'CVE-4'];
const LISTS = ['a', 'b', 'c', 'd', 'e'];
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 2 });
/** Also days behind now, of clocks that are ahead. */
const days = fc.integer({ min: 0, max: 12 });
const instant = days.map(day);

const occurrence: fc.Arbitrary<Occurrence> = fc
  .record({
    package: fc.constantFrom('openssl', 'linux-image-1', 'linux-tools-1', 'kubelet', 'golang.org/x/net'),
    source: fc.constantFrom('openssl', 'k8s.io/kubernetes'),
    kind: fc.constantFrom('os-package' as const, 'component' as const, 'go-module' as const),
    installed: fc.constantFrom('1', '2'),
    vendor: fc.constantFrom('fix-available' as const, 'fix-in-pro' as const, 'no-fix' as const),
    presence: fc.constantFrom(
      'running' as const,
      'not-running' as const,
      'cached' as const,
      'installed' as const,
    ),
  })
  .map(place);

/** Some sets are the same object in many lists, as the store gives them. */
const shared = [
  [place()],
  [place({ package: 'linux-image-1', presence: 'running' })],
  [place({ presence: 'cached' })],
];
const occurrences = fc.oneof(
  fc.constantFrom(...shared),
  fc.array(occurrence, { minLength: 1, maxLength: 3 }),
);

const row: fc.Arbitrary<StoredListFinding> = fc.record({
  cve: fc.constantFrom(...CVES),
  severity: fc.constantFrom(...SEVERITIES),
  occurrences,
  firstSeen: instant,
  gone: orNull(instant),
});
/** A list has a CVE once at a time. */
const rows = fc.array(row, { maxLength: 6 }).map((all) => {
  const there = new Set<string>();
  return all.filter(({ cve, gone }) => gone !== null || (!there.has(cve) && there.add(cve)));
});

const pools: readonly PoolFacts[] = ['p1', 'p2', 'p3', 'p4'].map((pool, index) => ({
  pool,
  cluster: ['c1', 'c2', 'c1', 'c3'][index] ?? '',
  subscription: index === 3 ? 's2' : 's1',
  family: FAMILY,
  imageVersions: [],
  exposure: {
    publicAddress: index === 1 ? null : index === 2,
    systemPool: index === 0,
    nodes: 10 ** index,
    privileged: index === 3 ? 2 : null,
  },
}));
const poolId = fc.constantFrom('p1', 'p2', 'p3', 'p4');

const member: fc.Arbitrary<PoolList> = fc.record({
  pool: poolId,
  list: fc.constantFrom(...LISTS),
  nodes: fc.integer({ min: 0, max: 9 }),
  since: instant,
  until: orNull(instant),
});
const candidate: fc.Arbitrary<Candidate> = fc.record({
  pool: poolId,
  role: fc.constantFrom('offered' as const, 'newest' as const),
  image: fc.constantFrom('i1', 'i2'),
  list: fc.option(fc.constantFrom(...LISTS), { nil: null, freq: 8 }),
  since: instant,
  until: orNull(instant),
});

/** Of the lists, most were assessed. */
const history: fc.Arbitrary<PoolHistory> = fc.record({
  pools: fc.array(member, { maxLength: 12 }),
  candidates: fc.array(candidate, { minLength: 4, maxLength: 16 }),
  findings: fc
    .tuple(...LISTS.map((list) => fc.tuple(fc.constant(list), rows)))
    .chain((all) => fc.subarray(all, { minLength: 4 }))
    .map((some) => new Map(some)),
  assessed: fc
    .tuple(...LISTS.map((list) => fc.tuple(fc.constant(list), instant)))
    .map((all) => new Map<string, string>(all)),
});

const vulnerability = fc.record({
  aliases: fc.constant([]),
  cvss: fc.subarray(['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'nonsense']),
  published: fc.constant(null),
  kev: orNull(instant.map((each) => each.slice(0, 10))),
  epss: orNull(fc.double({ min: 0, max: 1, noNaN: true }).map((score) => ({ score, percentile: score }))),
});
const vulnerabilities = fc
  .tuple(...CVES.map((cve) => orNull(vulnerability.map((rest): Vulnerability => ({ cve, ...rest })))))
  .map((all) => all.filter((each) => each !== null));

const subject = fc.record({
  cve: orNull(fc.constantFrom(...CVES)),
  package: orNull(fc.constantFrom('openssl', 'openssh-server', 'linux-image-1')),
  severity: orNull(fc.constantFrom(...SEVERITIES)),
  scope: orNull(fc.constantFrom('s1', 'c1', 'p1', 'p4')),
});
const exemptions: fc.Arbitrary<readonly Exemption[]> = fc
  .array(fc.tuple(subject, fc.boolean()), { maxLength: 4 })
  .map((all) =>
    all.map(([about, affected], index) =>
      affected
        ? statement(`x-${index}`, { status: 'affected', timestamp: day(1) }, about)
        : exemption(`x-${index}`, { subject: about, createdAt: day(0) }),
    ),
  );

const judging: fc.Arbitrary<Judging> = fc
  .record({ vulnerabilities, exemptions, kevDueDays: orNull(fc.constantFrom(1, 40)) })
  .map(({ vulnerabilities: known, exemptions: made, kevDueDays }) => ({
    vulnerabilities: new Map(known.map((each) => [each.cve, each])),
    policy: {
      ...DEFAULT_POLICY,
      dueDays: { ...DEFAULT_POLICY.dueDays, critical: 1, high: 2, medium: 3, low: 5 },
      kevDueDays,
    },
    exemptions: exemptionBook(made, day(NOW), known),
    now: new Date(day(NOW)),
  }));

it('summaries count exactly what the lives say', () => {
  fc.assert(
    fc.property(history, judging, (told, by) => {
      const summary = summarise(pools, told, by);
      const livesOf = poolLives(told, by);
      const lived = pools.map((facts) => ({ facts, lives: livesOf(facts) }));
      for (const { facts, lives } of lived) {
        const pool = summary.pools.get(facts.pool);
        const open = lives.filter(({ status }) => status === 'open' || status === 'reopened');
        assert.deepEqual(pool?.counts, countsOf(lives, by.vulnerabilities));
        assert.deepEqual(pool?.risk, open[0]?.risk ?? { score: 0, factors: [] });
        assert.deepEqual(pool?.dueAt, earliest(open.map(({ dueAt }) => dueAt)));
      }
      const own = (id: string) => lived.filter(({ facts }) => facts.subscription === id);
      assert.deepEqual(summary.cves, [
        ...rollupsOf('all', lived, by.vulnerabilities),
        ...rollupsOf('s1', own('s1'), by.vulnerabilities),
        ...rollupsOf('s2', own('s2'), by.vulnerabilities),
      ]);
    }),
    { numRuns: 3000 },
  );
});

it('what can be told is what the lives say', () => {
  fc.assert(
    fc.property(history, judging, (told, by) => {
      const livesOf = poolLives(told, by);
      const tellableOf = tellableFindings(told, by);
      for (const facts of pools) {
        const expected = livesOf(facts).flatMap((life) => {
          const { cve, severity, status, fix, fixImage, dueAt, overdue, risk } = life;
          const kev = (by.vulnerabilities.get(cve)?.kev ?? null) !== null;
          const open = status === 'open' || status === 'reopened';
          if (!open || !(kev || severity === 'critical' || fix === 'available')) return [];
          const image = fix === 'available' ? fixImage : null;
          return [{ cve, severity, kev, fix, fixImage: image, dueAt, overdue, risk: risk.score }];
        });
        const byCve = (a: { cve: string }, b: { cve: string }) => (a.cve < b.cve ? -1 : 1);
        assert.deepEqual(tellableOf(facts).toSorted(byCve), expected.sort(byCve));
      }
    }),
  );
});

it('affected nodes are those of lists with an open finding', () => {
  fc.assert(
    fc.property(history, judging, (told, by) => {
      const summary = summarise(pools, told, by);
      const livesOf = poolLives(told, by);
      for (const facts of pools) {
        const open = new Set(
          livesOf(facts)
            .filter(({ status }) => status === 'open' || status === 'reopened')
            .map(({ cve }) => cve),
        );
        const now = told.pools.filter(({ pool, until }) => pool === facts.pool && until === null);
        const hit = now.filter(({ list }) =>
          told.findings.get(list)?.some(({ cve, gone }) => gone === null && open.has(cve)),
        );
        const pending = now.filter(({ list }) => !told.findings.has(list));
        const sum = (those: readonly PoolList[]) => those.reduce((total, { nodes }) => total + nodes, 0);
        const { affected, pending: waiting } = summary.pools.get(facts.pool) ?? {};
        assert.deepEqual([affected, waiting], [sum(hit), sum(pending)]);
      }
    }),
  );
});

it('lives lose nothing and are never negative', () => {
  fc.assert(
    fc.property(history, judging, (told, by) => {
      for (const facts of pools) {
        const lives = new Map(poolLives(told, by)(facts).map((life) => [life.cve, life]));
        for (const { list } of told.pools.filter((each) => each.pool === facts.pool && each.until === null))
          for (const { cve, gone } of told.findings.get(list) ?? [])
            if (gone === null)
              assert.notEqual(lives.get(cve)?.status ?? 'fixed', 'fixed', 'what is there is open');
        for (const life of lives.values()) {
          const { firstSeen, lastSeen, fixedAt, reopenedAt, fixAvailableSince } = life;
          assert.ok(life.exposureDays >= 0 && life.exposureDays <= NOW);
          assert.ok(firstSeen <= lastSeen && lastSeen <= day(NOW));
          assert.ok(fixedAt === null || (fixedAt >= firstSeen && fixedAt <= day(NOW)));
          assert.ok(reopenedAt === null || reopenedAt > firstSeen);
          assert.ok(fixAvailableSince === null || fixAvailableSince >= (reopenedAt ?? firstSeen));
          assert.equal(fixAvailableSince !== null, life.fix === 'available');
          assert.equal(life.fixedBy !== null, life.status === 'fixed');
          assert.ok(life.fix !== 'available' || life.fixImage !== null);
          assert.ok(life.fix !== 'unknown' || life.status === 'fixed' || life.notes.length > 0, 'says why');
        }
      }
    }),
  );
});
