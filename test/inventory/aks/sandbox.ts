import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type AksOptions, createAks } from '../../../src/inventory/providers/aks/aks.ts';
import type { AksSettings, FoundCluster, NodeListing, Provider } from '../../../src/inventory/types.ts';
import type { Node, NodePool, Subscription } from '../../../src/model/fleet.ts';
import type { FaultKind, SandboxOptions } from '../../../src/sandbox/index.ts';
import { ask, type RawRequest, startTestSandbox } from '../../sandbox/support.ts';
import { aksSettings, IMPATIENT, testRun } from '../support.ts';

/** A sandbox with the provider that looks at it. */
export interface AksSandbox {
  readonly aks: Provider;
  readonly url: string;
  readonly caFile: string;
  open(settings?: Partial<AksSettings>, options?: AksOptions): Provider;
  advance(ms: number): Promise<void>;
  fault(kind: FaultKind, target: string, times?: number): Promise<void>;
  ask(path: string, request?: RawRequest): ReturnType<typeof ask>;
  cluster(name: string): Promise<FoundCluster>;
  /** A node of a pool, `shop-weu/web`, with its pool. */
  node(path: string): Promise<{ readonly node: Node; readonly pool: NodePool }>;
}

/** Starts a sandbox whose clock stands; all of it ends with the test. */
export async function startAks(
  context: TestContext,
  settings: Partial<AksSettings> = {},
  options: Partial<SandboxOptions> = {},
): Promise<AksSandbox> {
  const sandbox = await startTestSandbox(context, options);
  const open: AksSandbox['open'] = (more = {}, tests = {}) => {
    const provider = createAks(aksSettings(sandbox, { ...settings, ...more }), {
      patience: IMPATIENT,
      ...tests,
    });
    context.after(() => provider.close());
    return provider;
  };
  const aks = open();
  const cluster = async (name: string): Promise<FoundCluster> => {
    const found = (await everyCluster(aks)).find((each) => each.cluster.name === name);
    assert.ok(found !== undefined, `the sandbox has no cluster ${name}`);
    return found;
  };
  return {
    aks,
    url: sandbox.url,
    caFile: sandbox.caFile,
    open,
    advance: (ms) => sandbox.advance(ms),
    ask: (path, request) => ask(sandbox, path, request),
    fault: async (kind, target, times) => {
      const body = { kind, target, ...(times === undefined ? {} : { times }) };
      const { status, text } = await ask(sandbox, '/sandbox/faults', { method: 'POST', body, token: null });
      assert.ok(status < 300, text);
    },
    cluster,
    node: async (path) => {
      const [clusterName = '', poolName] = path.split('/');
      const found = await cluster(clusterName);
      const { nodes, pools } = await aks.nodes(found, null, testRun());
      const pool = [...found.pools, ...pools].find(({ name }) => name === poolName);
      const node = nodes.find((each) => each.pool === pool?.id);
      assert.ok(pool !== undefined && node !== undefined, `the sandbox has no node in ${path}`);
      return { node, pool };
    },
  };
}

/** All subscriptions, and that there are some. */
export function everySubscription(aks: Provider): Promise<readonly Subscription[]> {
  return aks.subscriptions(testRun());
}

/** All clusters of all subscriptions. */
export async function everyCluster(aks: Provider): Promise<readonly FoundCluster[]> {
  const found: FoundCluster[] = [];
  for (const subscription of await everySubscription(aks)) {
    const { clusters, complete, problems } = await aks.clusters(subscription, testRun());
    assert.deepEqual([complete, problems], [true, []]);
    found.push(...clusters);
  }
  return found;
}

/** What a listing makes of what was known. */
export function applied(known: ReadonlyMap<string, Node>, listing: NodeListing): ReadonlyMap<string, Node> {
  const nodes = new Map(listing.kind === 'all' ? [] : known);
  for (const id of listing.removed) nodes.delete(id);
  for (const node of listing.nodes) nodes.set(node.id, node);
  return nodes;
}
