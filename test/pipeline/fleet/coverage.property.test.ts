/** Whatever a fleet looks like, nothing is assessed in which something was not seen. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { CoverageReason } from '../../../src/model/coverage.ts';
import type { Cluster, NodePool } from '../../../src/model/fleet.ts';
import { coverageRows, type Fleet, nodeViews } from '../../../src/pipeline/fleet/index.ts';
import { list } from '../../storage/support.ts';
import { cluster, node, pool, SUBSCRIPTION, testFleet } from './support.ts';

const DIGEST = 'sha256:covered';
/** Most of a fleet is as it should be, so that what is not is all that keeps it from being assessed. */
const rarely = fc.integer({ min: 0, max: 39 }).map((number) => number === 17);

/** A node of a pool: what is wrong with its evidence, if anything. */
const nodeArb = fc.record({
  source: fc.constantFrom('disk', 'disk', 'disk', 'disk', 'sbom', 'sbom', 'image', 'none'),
  incomplete: rarely,
  old: rarely,
  replaced: rarely,
  reimaged: rarely,
  rebooted: rarely,
});
const poolArb = fc.record({
  stopped: rarely,
  disabled: rarely,
  missing: rarely,
  ephemeral: fc.boolean(),
  nodes: fc.array(nodeArb, { maxLength: 3 }),
});
const clusterArb = fc.record({
  stopped: rarely,
  excluded: rarely,
  failing: rarely,
  unread: rarely,
  pools: fc.array(poolArb, { maxLength: 3 }),
});
const fleetArb = fc.record({
  listed: fc.constantFrom('wholly', 'wholly', 'partly', 'never'),
  clusters: fc.array(clusterArb, { maxLength: 3 }),
});

type FleetShape = typeof fleetArb extends fc.Arbitrary<infer T> ? T : never;
type ClusterShape = FleetShape['clusters'][number];
type PoolShape = ClusterShape['pools'][number];
type NodeShape = PoolShape['nodes'][number];

const problem: CoverageReason = { code: 'unreachable', detail: 'No.', remedy: 'Do.' };

async function put(fleet: Fleet, shape: FleetShape): Promise<void> {
  const at = fleet.clock.now().toISOString();
  await fleet.store.write(async ({ inventory }) => {
    await inventory.putSubscription(SUBSCRIPTION, at);
    if (shape.listed !== 'never')
      await inventory.markListed(SUBSCRIPTION.id, {
        at,
        problems: shape.listed === 'partly' ? [problem] : [],
      });
    await inventory.putEnablement({ scope: 'all', enabled: true, at, by: 'test' });
    await inventory.putSoftware(DIGEST, list('1'));
  });
  for (const [index, each] of shape.clusters.entries()) await putCluster(fleet, `c${index}`, each);
}

async function putCluster(fleet: Fleet, name: string, shape: ClusterShape): Promise<void> {
  const { stopped, excluded, failing, unread } = shape;
  const at = fleet.clock.now().toISOString();
  const tags: Record<string, string> = excluded ? { nodeward: 'off' } : {};
  const own = cluster(name, { power: stopped ? 'stopped' : 'running', tags });
  await fleet.store.write(async ({ inventory }) => {
    await inventory.putCluster(own, at);
    const pools = shape.pools.map((each, index) => poolOf(own, `${name}p${index}`, each));
    await inventory.putPools(own.id, pools, at);
    for (const [index, each] of shape.pools.entries()) {
      const of = pools[index];
      assert.ok(of);
      if (each.disabled) await inventory.putEnablement({ scope: of.id, enabled: false, at, by: 'test' });
      await inventory.putNodes(
        each.nodes.map((_, number) => node(of, number)),
        at,
      );
      for (const [number, one] of each.nodes.entries())
        if (one.source !== 'none') await inventory.putEvidence([evidenceOf(fleet, node(of, number), one)]);
    }
    if (!unread) await inventory.markSynced(own.id, { at, cursor: null, problems: failing ? [problem] : [] });
  });
}

function poolOf(of: Cluster, name: string, { stopped, missing, ephemeral, nodes }: PoolShape): NodePool {
  return pool(of, name, {
    power: stopped ? 'stopped' : 'running',
    count: nodes.length + (missing ? 1 : 0),
    osDisk: ephemeral ? 'ephemeral' : 'managed',
  });
}

function evidenceOf(fleet: Fleet, of: ReturnType<typeof node>, shape: NodeShape) {
  const { source, incomplete, old, replaced, reimaged, rebooted } = shape;
  const { osImage, kubelet, containerRuntime } = of;
  const kernel = rebooted ? 'another' : of.kernel;
  const now = fleet.clock.now().getTime();
  return {
    node: of.id,
    source: source === 'none' ? 'image' : source,
    takenAt: new Date(now - (old ? 200 : 1) * 3_600_000).toISOString(),
    uid: replaced ? 'another' : of.uid,
    image: reimaged ? 'another' : of.image,
    reported: source === 'image' ? null : { osImage, kernel, kubelet, containerRuntime },
    software: DIGEST,
    confidence: 'high',
    complete: !incomplete,
    drift: [],
    gaps: [],
  } as const;
}

function isWhole(shape: NodeShape): boolean {
  const { source, incomplete, old, replaced, reimaged, rebooted } = shape;
  return (source === 'disk' || source === 'sbom') && !(incomplete || old || replaced || reimaged || rebooted);
}

it('nothing is assessed in which something was not seen', { timeout: 120_000 }, async () => {
  let green = 0;
  await fc.assert(
    fc.asyncProperty(fleetArb, async (shape) => {
      const fleet = await testFleet({ excludeTags: [{ name: 'nodeward', value: null }] });
      await put(fleet, shape);
      const states = new Map(
        (await coverageRows(fleet, null)).map(({ level, name, state }) => [`${level} ${name}`, state]),
      );
      const whole = shape.clusters.map((each, index) => {
        const { stopped, excluded, failing, unread } = each;
        const pools = each.pools.map((of, number) => {
          const seen = !(of.stopped || stopped || excluded || of.disabled || of.missing || failing || unread);
          const good = seen && of.nodes.every(isWhole);
          const state = states.get(`pool c${index}/c${index}p${number}`);
          if (state === 'assessed') assert.ok(of.nodes.every(isWhole) && !of.missing && !of.disabled);
          return good;
        });
        const good = !(stopped || excluded || failing || unread) && pools.every((each) => each);
        if (states.get(`cluster c${index}`) === 'assessed') assert.ok(good, `c${index}`);
        return good;
      });
      if (states.get(`subscription ${SUBSCRIPTION.name}`) === 'assessed') {
        green++;
        assert.ok(shape.listed === 'wholly' && whole.every((each) => each));
      }
      for await (const { node: of, coverage } of await nodeViews(fleet, { cluster: null, pool: null }))
        if (coverage.state === 'assessed') assert.ok(coverage.evidence?.source !== 'image', of.name);
      await fleet.store.close();
    }),
    { numRuns: 400 },
  );
  assert.ok(green > 0, 'some fleets are assessed');
});
