/** What every store must do with what is computed of findings and read page by page, whatever database it is on. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { SEVERITIES, severityRank } from '../../src/model/advisory.ts';
import {
  type CveRollup,
  FINDING_STATUSES,
  FIX_AVAILABILITIES,
  RECOMMENDATION_STATES,
  type Recommendation,
} from '../../src/model/recommendation.ts';
import type {
  CveFilter,
  Page,
  Paged,
  RecommendationFilter,
  Store,
  StoreWriter,
} from '../../src/storage/index.ts';
import { recommendation, rollup } from './findings-support.ts';
import { day, type Open } from './support.ts';

const PAGE = { offset: 0, limit: 100 };

/** Runs the suite on stores that `open` makes: each empty. */
export function listsConformance(database: string, open: Open): void {
  describe(`lists of findings on ${database}`, { timeout: 120_000 }, () => {
    let count = 0;
    let store: Store;
    const change = <T>(put: (writer: StoreWriter['findings']) => Promise<T>): Promise<T> =>
      store.write(({ findings }) => put(findings));
    beforeEach(async () => {
      store = await open(`lists-${++count}`);
    });
    afterEach(() => store.close());

    it('keeps recommendations as they were put, and no others', async () => {
      const cluster = recommendation(2, { kind: 'auto-upgrade', pool: null, poolName: null, risk: 12.5 });
      const pool = recommendation(1, {
        risk: 99,
        severities: { high: 2 },
        fixes: { 'no-image': 2 },
        owner: 'team',
      });
      await change((writer) => writer.putRecommendations([cluster, pool]));
      assert.deepEqual(await store.findings.recommendations({}, PAGE), { items: [pool, cluster], total: 2 });
      assert.deepEqual(await store.findings.recommendation(cluster.id), cluster);
      await change((writer) => writer.putRecommendations([cluster]));
      assert.deepEqual(await store.findings.recommendations({}, PAGE), { items: [cluster], total: 1 });
      assert.equal(await store.findings.recommendation(pool.id), null);
    });

    it('a recommendation keeps since when it is in its state', async () => {
      const put = async (more: Partial<Recommendation>): Promise<unknown> => {
        await change((writer) => writer.putRecommendations([{ ...recommendation(1), ...more }]));
        const stored = await store.findings.recommendation('r-00000001');
        return [stored?.state, stored?.since, stored?.nodes];
      };
      assert.deepEqual(await put({ since: day(1) }), ['unhealthy', day(1), 3]);
      assert.deepEqual(await put({ since: day(2), nodes: 9 }), ['unhealthy', day(1), 9]);
      assert.deepEqual(await put({ since: day(3), state: 'healthy' }), ['healthy', day(3), 3]);
      assert.deepEqual(await put({ since: day(4) }), ['unhealthy', day(4), 3]);
    });

    it('finds and sorts recommendations as a simple filter does', () =>
      rolledBack(recommendations, recommendationFilter, async (findings, { items, filter, page }) => {
        await findings.putRecommendations(items);
        const chosen = items.filter((each) => isWanted(each, filter)).toSorted(byRiskAndName);
        assert.deepEqual(await findings.recommendations(filter, page), pageOf(chosen, page));
      }));

    it('finds and sorts CVEs as a simple filter does', () =>
      rolledBack(rollups, cveFilter, async (findings, { items, filter, page }) => {
        await findings.putCves(items);
        const chosen = items.filter((each) => isFound(each, filter)).toSorted(byRiskAndCve);
        assert.deepEqual(await findings.cves(filter, page), pageOf(chosen, page));
      }));

    it('searches for just the text, in any case', async () => {
      const names = ['100%', 'a_b', 'a\\b', 'axb', 'É', "o'b"];
      const put = names.map((poolName, index) => recommendation(index, { poolName, clusterName: 'c' }));
      await change((writer) => writer.putRecommendations(put));
      const find = async (text: string): Promise<unknown> =>
        (await store.findings.recommendations({ search: text }, PAGE)).items.map(({ poolName }) => poolName);
      for (const text of ['%', '_', '\\', 'X', 'é', "'"])
        assert.deepEqual(
          await find(text),
          names.filter((each) => each.toLowerCase().includes(text.toLowerCase())),
          text,
        );
      assert.deepEqual(await find('\0'), []);
      assert.deepEqual(await find('%b'), []);
      assert.deepEqual(await find('CONTOSO'), await find(''));
    });

    it('replaces the CVEs of all scopes', async () => {
      const other = { scope: '/subscriptions/1' };
      const first = [rollup('CVE-1'), rollup('CVE-2'), rollup('CVE-1', other)];
      await change((writer) => writer.putCves(first));
      const second = [rollup('CVE-2', { nodes: 1, kev: '2024-03-01', dueAt: day(9) }), rollup('CVE-3')];
      await change((writer) => writer.putCves(second));
      assert.deepEqual(await store.findings.cves({}, PAGE), { items: second, total: 2 });
      assert.deepEqual(await store.findings.cves(other, PAGE), { items: [], total: 0 });
    });

    it('keeps what is known of vulnerabilities', async () => {
      const known = {
        cve: 'CVE-2024-1',
        aliases: ['GHSA-x'],
        cvss: ['CVSS:3.1/AV:N'],
        published: '2024-03-01',
        kev: '2024-03-02',
        epss: { score: 0.12345, percentile: 0.9 },
      };
      const little = { cve: 'CVE-2024-2', aliases: [], cvss: [], published: null, kev: null, epss: null };
      await change((writer) => writer.putVulnerabilities([known, little]));
      await change((writer) => writer.putVulnerabilities([{ ...little, published: '2024-04-01' }]));
      await change((writer) => writer.putVulnerabilities([]));
      const now = { ...little, published: '2024-04-01' };
      const all = new Map([known, now].map((each) => [each.cve, each]));
      assert.deepEqual(await store.findings.vulnerabilities(null), all);
      assert.deepEqual(await store.findings.vulnerabilities(['CVE-2024-2', 'x']), new Map([[now.cve, now]]));
      assert.deepEqual(await store.findings.vulnerabilities([]), new Map());
    });

    it('keeps one score of each scope and day, and forgets old ones', async () => {
      const point = (number: number, score: number | null, scope = 'all') => ({
        ...{ scope, day: day(number).slice(0, 10), score },
        ...{ healthy: 1, unhealthy: 2, notAssessed: 3, open: 4, available: 5, overdue: 6 },
      });
      await change((writer) => writer.putScores([point(2, 50), point(1, 99.5), point(1, 1, '/c')]));
      await change((writer) => writer.putScores([point(2, 40), point(2, null)]));
      assert.deepEqual(await store.findings.scores('all', day(1)), [point(1, 99.5), point(2, null)]);
      assert.deepEqual(await store.findings.scores('all', '2024-03-02'), [point(2, null)]);
      const ofAll = (await store.findings.scores(null, day(1))).map(({ scope, day }) => `${day} ${scope}`);
      assert.deepEqual(ofAll.toSorted(), ['2024-03-01 /c', '2024-03-01 all', '2024-03-02 all']);
      assert.equal(await change((writer) => writer.forgetFindings(day(2))), 2);
      assert.deepEqual(await store.findings.scores('all', day(1)), [point(2, null)]);
    });

    it('keeps the last computation', async () => {
      const computed = {
        at: day(1),
        revision: 'r1',
        asOf: { 'Ubuntu:22.04:LTS': '2024-03-01' },
        exemptions: {},
      };
      await change((writer) => writer.putComputed(computed));
      const used = { 'x-1': { suppresses: 3, overruled: 0, goneSince: null } };
      const later = { ...computed, at: day(2), exemptions: used };
      await change((writer) => writer.putComputed(later));
      assert.deepEqual(await store.findings.computed(), later);
    });

    /** Runs a check on many lists, each in a transaction that is undone. */
    async function rolledBack<T, F>(
      items: fc.Arbitrary<T[]>,
      filter: fc.Arbitrary<F>,
      check: (writer: StoreWriter['findings'], of: { items: T[]; filter: F; page: Page }) => Promise<void>,
    ): Promise<void> {
      const undo = new Error('undo');
      const page = fc.record({ offset: fc.nat(8), limit: fc.integer({ min: 1, max: 9 }) });
      const of = fc.record({ items, filter, page });
      await fc.assert(
        fc.asyncProperty(of, async (each) => {
          const undone = change(async (findings) => {
            await check(findings, each);
            throw undo;
          });
          await undone.catch((thrown: unknown) => {
            if (thrown !== undo) throw thrown;
          });
        }),
        { numRuns: 100 },
      );
    }
  });
}

const name = fc.constantFrom('a', 'A', 'a-b', 'Straße', 'ß', 'É', '100%', 'a_b', 'a\\b', 'x');
const search = fc.constantFrom('a', 'A', 'SS', 'ß', 'é', '%', '_', '\\', 'a_b', '', 'a-', '\0', 'zzz', "'");
const risk = fc.constantFrom(0, 12.5, 50, 99);
const counted = fc.constantFrom(0, 0, 2);
const scope = fc.constantFrom('/1', '/2');
/** Objects with at most two of these fields: with more, nothing is ever found. */
const someOf = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc
    .tuple(fc.record(shape), fc.subarray(Object.keys(shape), { maxLength: 2 }))
    .map(([all, fields]) =>
      Object.fromEntries(Object.entries(all).filter(([field]) => fields.includes(field))),
    ) as fc.Arbitrary<Partial<T>>;

const recommendations = fc
  .array(
    fc.record({
      kind: fc.constantFrom('vulnerabilities', 'drift', 'auto-upgrade'),
      state: fc.constantFrom(...RECOMMENDATION_STATES),
      poolName: fc.option(name),
      clusterName: name,
      subscriptionName: name,
      pool: scope,
      cluster: scope,
      subscription: scope,
      owner: fc.option(scope),
      risk,
      kev: counted,
      overdue: counted,
      severities: fc.record(Object.fromEntries(SEVERITIES.map((each) => [each, counted]))),
      fixes: fc.record(Object.fromEntries(FIX_AVAILABILITIES.map((each) => [each, counted]))),
    }),
    { maxLength: 12, size: 'max' },
  )
  .map((all) => all.map((each, index) => recommendation(index, each)));

const recommendationFilter = someOf<RecommendationFilter>({
  kind: fc.constantFrom('vulnerabilities', 'drift'),
  state: fc.constantFrom(...RECOMMENDATION_STATES),
  subscription: scope,
  cluster: scope,
  pool: scope,
  owner: scope,
  severity: fc.constantFrom(...SEVERITIES),
  overdue: fc.boolean(),
  kev: fc.boolean(),
  fix: fc.constantFrom(...FIX_AVAILABILITIES),
  search,
});

const rollups = fc
  .uniqueArray(
    fc.record({
      cve: fc.constantFrom('CVE-2024-1', 'CVE-2024-10', 'CVE-2024-2', 'GHSA-aa', 'cve_x'),
      scope: fc.constantFrom('all', '/1'),
      severity: fc.constantFrom(...SEVERITIES),
      status: fc.constantFrom(...FINDING_STATUSES),
      fix: fc.constantFrom(...FIX_AVAILABILITIES),
      kev: fc.option(fc.constant('2024-03-01')),
      epss: fc.option(fc.constantFrom(0, 0.1)),
      package: name,
      overdue: counted,
      risk,
    }),
    { maxLength: 10, size: 'max', selector: (each) => `${each.scope} ${each.cve}` },
  )
  .map((all) => all.map(({ cve, ...more }) => rollup(cve, more)));

const cveFilter = someOf<CveFilter>({
  scope: fc.constantFrom('all', '/1', '/3'),
  severity: fc.constantFrom(...SEVERITIES),
  status: fc.constantFrom(...FINDING_STATUSES),
  current: fc.boolean(),
  fix: fc.constantFrom(...FIX_AVAILABILITIES),
  kev: fc.boolean(),
  overdue: fc.boolean(),
  search: fc.oneof(search, fc.constantFrom('cve-2024-1', 'ghsa')),
});

function isWanted(each: Recommendation, filter: RecommendationFilter): boolean {
  const { counts } = each;
  const { severity, overdue, kev, fix, search: text } = filter;
  const same = (['kind', 'state', 'subscription', 'cluster', 'pool', 'owner'] as const).every(
    (field) => filter[field] === undefined || filter[field] === each[field],
  );
  const names = [each.poolName ?? '', each.clusterName, each.subscriptionName];
  return (
    same &&
    (severity === undefined ||
      SEVERITIES.some((own) => severityRank(own) <= severityRank(severity) && counts.bySeverity[own] > 0)) &&
    (overdue === undefined || overdue === counts.overdue > 0) &&
    (kev === undefined || kev === counts.kev > 0) &&
    (fix === undefined || counts.byFix[fix] > 0) &&
    (text === undefined || names.some((own) => own.toLowerCase().includes(text.toLowerCase())))
  );
}

function isFound(each: CveRollup, filter: CveFilter): boolean {
  const { severity, current, overdue, kev, search: text } = filter;
  return (
    each.scope === (filter.scope ?? 'all') &&
    (['status', 'fix'] as const).every(
      (field) => filter[field] === undefined || filter[field] === each[field],
    ) &&
    (severity === undefined || severityRank(each.severity) <= severityRank(severity)) &&
    (current === undefined || current === (each.status !== 'fixed')) &&
    (overdue === undefined || overdue === each.overdue > 0) &&
    (kev === undefined || kev === (each.kev !== null)) &&
    (text === undefined ||
      [each.cve, each.package].some((own) => own.toLowerCase().includes(text.toLowerCase())))
  );
}

function byRiskAndName(a: Recommendation, b: Recommendation): number {
  const texts = ({ clusterName, poolName, id }: Recommendation) => [clusterName, poolName ?? '', id];
  return b.risk.score - a.risk.score || byText(texts(a), texts(b));
}

function byRiskAndCve(a: CveRollup, b: CveRollup): number {
  return b.risk - a.risk || byText([a.cve], [b.cve]);
}

function byText(a: readonly string[], b: readonly string[]): number {
  const index = a.findIndex((text, at) => text !== b[at]);
  return index < 0 ? 0 : (a[index] ?? '') < (b[index] ?? '') ? -1 : 1;
}

function pageOf<T>(items: readonly T[], { offset, limit }: Page): Paged<T> {
  return { items: items.slice(offset, offset + limit), total: items.length };
}
