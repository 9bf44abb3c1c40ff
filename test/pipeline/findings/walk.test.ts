/** Half a year of a fleet: what appears, what can be fixed where, what is due, and what is fixed by itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolFindingLife } from '../../../src/model/recommendation.ts';
import { cveDetail, findingList, recommendationDetail } from '../../../src/pipeline/findings/index.ts';
import { addExemption } from '../../../src/pipeline/governance/index.ts';
import { Oracle } from './oracle.ts';
import { startWalk, type Walk } from './walk.ts';

const ALL = { offset: 0, limit: 100_000 };
const DAY = 86_400_000;

/** The lives of all pools that are there, by pool and CVE. */
async function livesOf({ fleet }: Walk): Promise<ReadonlyMap<string, readonly PoolFindingLife[]>> {
  const lives = new Map<string, readonly PoolFindingLife[]>();
  for (const { id } of await fleet.store.inventory.pools()) {
    const list = await findingList(fleet, { scope: id }, ALL);
    assert.equal(list.kind, 'pool');
    if (list.kind === 'pool') lives.set(id, list.items);
  }
  return lives;
}

const isOpen = ({ status }: PoolFindingLife): boolean => status !== 'fixed';

describe('half a year of a sandbox', { timeout: 600_000 }, () => {
  it('shows new vulnerabilities on their days, without a look at any machine', async (context) => {
    const walk = await startWalk(context);
    await walk.refresh();
    const requests = JSON.stringify(walk.aks.traffic());
    const cve = 'CVE-2024-6387';
    await walk.to('2024-06-30');
    const before = await walk.refresh();
    assert.ok(before.appeared > 0, 'a quarter of advisories');
    assert.deepEqual((await cveDetail(walk.fleet, cve)).pools, []);
    await walk.to('2024-07-02');
    const report = await walk.refresh();
    assert.ok(report.assessed > 0 && report.appeared > 0, JSON.stringify(report));
    const { pools, images, reasons, rollup } = await cveDetail(walk.fleet, cve);
    assert.ok(pools.length > 5 && images.length > 2 && reasons.length > 0);
    for (const { life, nodes } of pools) {
      assert.deepEqual([life.status, life.firstSeen], ['open', walk.now()]);
      assert.equal(nodes.length, life.nodes);
    }
    assert.equal(rollup?.pools, pools.length);
    assert.equal(JSON.stringify(walk.aks.traffic()), requests, 'no machine was asked');
    const again = await walk.refresh();
    assert.deepEqual([again.assessed, again.appeared, again.gone], [0, 0, 0]);
  });

  it('tells how far fixes are, and since when, as the images and advisories of each day say', async (context) => {
    const walk = await startWalk(context);
    const since = new Map<string, string>();
    const seen = new Set<string>();
    for (const day of [
      '03-01',
      '03-09',
      '03-18',
      '04-02',
      '04-20',
      '05-15',
      '06-04',
      '07-03',
      '07-19',
      '08-09',
    ]) {
      await walk.to(`2024-${day}`);
      await walk.sync();
      await walk.refresh();
      const oracle = new Oracle(walk.fleet);
      const lives = await livesOf(walk);
      const fixes = new Set<string>();
      for (const pool of await walk.fleet.store.inventory.pools()) {
        const truth = await oracle.of(pool);
        const own = lives.get(pool.id) ?? [];
        const open = own.filter(isOpen);
        assert.deepEqual(new Set(open.map(({ cve }) => cve)), truth.has, `${day} ${pool.id}`);
        for (const life of own) {
          const key = `${pool.id} ${life.cve}`;
          const available = isOpen(life) && truth.offered !== null && !truth.offered.has(life.cve);
          assert.equal(isOpen(life) && life.fix === 'available', available, `${day} ${key}`);
          if (!available) since.delete(key);
          else if (!since.has(key)) since.set(key, walk.now());
          assert.equal(life.fixAvailableSince, since.get(key) ?? null, `${day} ${key}`);
          if (life.fix === 'not-in-region')
            assert.ok(truth.offered?.has(life.cve) === true && truth.newest?.has(life.cve) === false, key);
          if (life.fix === 'no-image') assert.ok(truth.newest?.has(life.cve) === true, key);
          if (available) checkDue(life, walk.now());
          if (isOpen(life)) fixes.add(life.fix);
        }
      }
      for (const fix of fixes) seen.add(fix);
    }
    for (const fix of ['available', 'not-in-region', 'no-image', 'no-vendor-fix'])
      assert.ok(seen.has(fix), `${fix} was never seen`);
  });

  it('says healthy of nothing that was not seen, and closes what upgrades itself', async (context) => {
    const walk = await startWalk(context);
    await walk.refresh();
    const first = await livesOf(walk);
    const images = await imagesOf(walk);
    await walk.to('2024-04-05');
    await walk.sync();
    await walk.refresh();
    const now = await imagesOf(walk);
    const upgraded = [...now].flatMap(([pool, image]) => (images.get(pool) === image ? [] : [pool]));
    assert.ok(upgraded.length > 0, 'pools that upgrade themselves');
    const lives = await livesOf(walk);
    let fixed = 0;
    for (const pool of upgraded) {
      const before = new Set(
        first
          .get(pool)
          ?.filter(isOpen)
          .map(({ cve }) => cve),
      );
      for (const life of lives.get(pool) ?? []) {
        if (isOpen(life) || !before.has(life.cve)) continue;
        assert.deepEqual([life.fixedBy, life.fixedAt], ['software', walk.now()], `${pool} ${life.cve}`);
        assert.equal(life.exposureDays, 35);
        fixed++;
      }
    }
    assert.ok(fixed > 50, `${fixed} were fixed`);
    for (const each of await walk.recommendations()) {
      if (each.kind !== 'vulnerabilities') continue;
      assert.notEqual(each.state, 'healthy', `${each.clusterName}/${each.poolName}: no disk was read`);
      assert.equal(each.state, each.counts.open > 0 ? 'unhealthy' : 'not-assessed');
      if (each.state === 'not-assessed') assert.ok(each.reasons.length > 0, each.id);
      const detail = await recommendationDetail(walk.fleet, each.id);
      assert.equal(detail.findings.filter(isOpen).length, each.counts.open + each.counts.exempted);
    }
    const named = (await walk.recommendations()).filter(({ kind }) => kind === 'vulnerabilities');
    const stateOf = (cluster: string, pool: string) =>
      named.find(({ clusterName, poolName }) => clusterName === cluster && poolName === pool)?.reasons[0]
        ?.code;
    assert.equal(stateOf('archive-uks', 'system'), 'excluded');
    assert.equal(stateOf('data-neu', 'golden'), 'unknown-image');
    assert.equal(stateOf('loadtest-wus2', 'load'), 'cluster-stopped');
    assert.equal(stateOf('private-sdc', 'system'), 'unreachable');
  });

  it('keeps what is exempted so over the images of a family', async (context) => {
    const walk = await startWalk(context);
    await walk.refresh();
    const images = await imagesOf(walk);
    const first = await livesOf(walk);
    await walk.to('2024-03-20');
    await walk.sync();
    await walk.refresh();
    const now = await imagesOf(walk);
    const lives = await livesOf(walk);
    const [pool = ''] = [...now].flatMap(([id, image]) => (images.get(id) === image ? [] : [id]));
    const stays = lives
      .get(pool)
      ?.find((life) => isOpen(life) && first.get(pool)?.some(({ cve }) => cve === life.cve));
    assert.ok(stays !== undefined);
    const decided = { reason: 'waived', justification: 'for a test', by: 'test' } as const;
    const exemption = await addExemption(walk.fleet, { cve: stays.cve, scope: pool, ...decided });
    await walk.to('2024-05-10');
    await walk.sync();
    await walk.refresh();
    const later = (await livesOf(walk)).get(pool)?.find(({ cve }) => cve === stays.cve);
    assert.notEqual((await imagesOf(walk)).get(pool), now.get(pool), 'another image of the family');
    assert.deepEqual([later?.status, later?.exemption], ['exempted', exemption.id]);
    const recommendation = (await walk.recommendations()).find(
      (each) => each.pool === pool && each.kind === 'vulnerabilities',
    );
    assert.equal(recommendation?.counts.exempted, 1);
  });
});

/** The image of the first node of each pool. */
async function imagesOf({ fleet }: Walk): Promise<ReadonlyMap<string, string | null>> {
  const images = new Map<string, string | null>();
  for (const { id } of await fleet.store.inventory.pools()) {
    const [node] = await fleet.store.inventory.nodes({ pool: id });
    if (node !== undefined) images.set(id, node.image);
  }
  return images;
}

/** By the policy that holds where nobody decided otherwise. */
function checkDue(life: PoolFindingLife, now: string): void {
  const days = { critical: 7, high: 30, medium: 90, low: 180, negligible: null, unknown: 90 }[life.severity];
  const from = Date.parse(life.fixAvailableSince ?? '');
  const due = days === null ? null : from + days * DAY;
  const exploited = from + 7 * DAY;
  const told = life.dueAt === null ? null : Date.parse(life.dueAt);
  assert.ok(told === due || told === exploited, `${life.cve} ${life.dueAt}`);
  assert.equal(life.overdue, life.dueAt !== null && life.dueAt < now, life.cve);
}
