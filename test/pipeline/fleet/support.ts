import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../src/base/clock.ts';
import { silent } from '../../../src/base/log.ts';
import type {
  ClusterListing,
  DiskAccess,
  DiskRefusal,
  FoundCluster,
  LatestImages,
  Leftover,
  NodeListing,
  OpenedDisk,
  Problem,
  Provider,
} from '../../../src/inventory/index.ts';
import type { Cluster, Node, NodePool, ProviderId, Subscription } from '../../../src/model/fleet.ts';
import type { SyncReport } from '../../../src/model/fleet-report.ts';
import type { StoredNode } from '../../../src/model/inventory.ts';
import {
  type Fleet,
  type FleetRules,
  openFleet,
  type SyncOptions,
  syncFleet,
} from '../../../src/pipeline/fleet/index.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { cluster, node, pool, SUBSCRIPTION, scratch } from '../../storage/support.ts';
import { run } from '../../support/tools.ts';

export { cluster, day, node, pool, SUBSCRIPTION, scratch } from '../../storage/support.ts';

export const SCAN_WORKER = new URL('../../../src/evidence/scan/worker.ts', import.meta.url);
export const IMAGE = 'AKSUbuntu-2204gen2containerd-202402.26.0';

export const RULES: FleetRules = { excludeTags: [], maxAgeHours: 168, disks: 'off', forgetDays: 30 };

/** A clock that a test moves. The advisories of the snapshot are at most a week old on its first day. */
export class TestClock implements Clock {
  at: Date;

  constructor(at = '2024-08-12T00:00:00.000Z') {
    this.at = new Date(at);
  }

  now(): Date {
    return this.at;
  }

  addHours(hours: number): void {
    this.at = new Date(this.at.getTime() + hours * 3_600_000);
  }
}

/** A fleet in a folder of its own, on the shipped databases. */
export async function testFleet(
  rules: Partial<FleetRules> = {},
  folder = scratch(),
): Promise<Fleet & { readonly clock: TestClock }> {
  const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
  const clock = new TestClock();
  const known = { workspace, clock, rules: { ...RULES, ...rules } };
  const fleet = await openFleet(known, { create: true, url: null, sandbox: false });
  return { ...fleet, clock };
}

/** The nodes of all clusters that are there, by cluster and name. */
export async function allNodes({ store }: Fleet): Promise<readonly StoredNode[]> {
  const nodes: StoredNode[] = [];
  for (const { id } of await store.inventory.clusters())
    nodes.push(...(await store.inventory.nodes({ cluster: id })));
  return nodes;
}

/** What a test says of one cluster. */
export interface Scripted {
  cluster: Cluster;
  pools: NodePool[];
  nodes: Node[];
  /** Pools that only its nodes tell of. */
  nodePools: NodePool[];
  /** What a look at its nodes gives or throws instead. */
  answer: (() => NodeListing) | null;
}

/** A provider that says what a test wrote down, keeps cursors, and counts what it was asked. */
export class ScriptedProvider implements Provider {
  readonly id: ProviderId;
  readonly clustersByName = new Map<string, Scripted>();
  visible: Subscription[] = [SUBSCRIPTION];
  disks: ScriptedDisks | null = null;
  listing: ((whole: ClusterListing) => ClusterListing) | null = null;
  latest = new Map<string, string>();
  /** The pools of each question for the images that regions offer. */
  readonly askedImages: (readonly string[])[] = [];
  subscriptionsError: Error | null = null;
  readonly asked: string[] = [];
  readonly #looks = new Map<string, readonly Node[]>();
  #requests = 0;

  constructor(id: ProviderId = 'aks') {
    this.id = id;
  }

  /** Adds a cluster with one pool, `np1`, of so many nodes. */
  add(name: string, nodes = 1, more: Partial<Cluster> = {}): Scripted & { readonly np1: NodePool } {
    const own = cluster(name, { provider: this.id, subscription: this.visible[0]?.id ?? '', ...more });
    const np1 = pool(own, 'np1');
    const scripted = {
      cluster: own,
      pools: [np1],
      nodes: Array.from({ length: nodes }, (_, index) => node(np1, index)),
      nodePools: [],
      answer: null,
    };
    this.clustersByName.set(name, scripted);
    return Object.assign(scripted, { np1 });
  }

  async subscriptions(): Promise<readonly Subscription[]> {
    this.#requests++;
    if (this.subscriptionsError !== null) throw this.subscriptionsError;
    return this.visible;
  }

  async clusters({ id }: Subscription): Promise<ClusterListing> {
    this.#requests++;
    const clusters = [...this.clustersByName.values()]
      .filter(({ cluster: own }) => own.subscription === id)
      .map(({ cluster: own, pools }) => ({ cluster: own, pools }));
    const whole = { clusters, complete: true, problems: [] };
    return this.listing === null ? whole : this.listing(whole);
  }

  async nodes({ cluster: { id, name } }: FoundCluster, cursor: string | null): Promise<NodeListing> {
    this.#requests++;
    this.asked.push(`${name} ${cursor === null ? 'whole' : 'changes'}`);
    const scripted = this.clustersByName.get(name);
    if (scripted === undefined) throw new Error(`no cluster ${name}`);
    if (scripted.answer !== null) return scripted.answer();
    const { nodes, nodePools } = scripted;
    const next = `${id} ${this.#looks.size}`;
    const before = this.#looks.get(cursor ?? '');
    this.#looks.set(next, [...nodes]);
    const rest = { pools: nodePools, complete: true, cursor: next, problems: [] };
    if (before === undefined) return { kind: 'all', nodes: [...nodes], removed: [], ...rest };
    const there = new Set(nodes.map((each) => each.id));
    const changed = nodes.filter((each) => !before.includes(each));
    const removed = before.map((each) => each.id).filter((each) => !there.has(each));
    return { kind: 'changes', nodes: changed, removed, ...rest };
  }

  async latestImages(found: readonly FoundCluster[]): Promise<LatestImages> {
    const ids = found.flatMap(({ pools }) => pools.map(({ id }) => id));
    this.askedImages.push(ids);
    return { images: new Map([...this.latest].filter(([id]) => ids.includes(id))), problems: [] };
  }

  async check(): Promise<readonly []> {
    return [];
  }

  traffic(): { requests: Record<string, number>; throttled: number } {
    return { requests: { scripted: this.#requests }, throttled: 0 };
  }

  async close(): Promise<void> {}
}

/** Disks that a test wrote down. What was opened and not released is left. */
export class ScriptedDisks implements DiskAccess {
  /** What each node's disk is, by the node's name: where its bytes are, or why it is refused. */
  readonly answers = new Map<string, string | DiskRefusal | (() => OpenedDisk | DiskRefusal)>();
  readonly opened: string[] = [];
  readonly released: string[] = [];
  readonly left: Leftover[] = [];
  readonly removed: string[] = [];
  onOpen: (name: string) => void = () => {};
  onRemove: (leftover: Leftover) => Problem | null = () => null;

  async open({ name }: Node): Promise<OpenedDisk | DiskRefusal> {
    this.opened.push(name);
    this.onOpen(name);
    const answer = this.answers.get(name) ?? refusal('scan-failed');
    if (typeof answer === 'function') return answer();
    if (typeof answer !== 'string') return answer;
    return {
      url: answer,
      release: async () => {
        this.released.push(name);
        return [];
      },
    };
  }

  async leftovers(): Promise<readonly Leftover[]> {
    return this.left;
  }

  async remove(leftover: Leftover): Promise<Problem | null> {
    this.removed.push(leftover.id);
    return this.onRemove(leftover);
  }
}

export function refusal(reason: DiskRefusal['reason']): DiskRefusal {
  return { reason, detail: `refused: ${reason}.`, remedy: 'Do something.' };
}

/** Syncs a fleet with scripted providers. */
export function sync(
  fleet: Fleet,
  providers: Provider | readonly Provider[],
  more: Partial<SyncOptions> = {},
): Promise<SyncReport> {
  return syncFleet(fleet, {
    providers: 'id' in providers ? [providers] : providers,
    parallel: 4,
    scanWorker: SCAN_WORKER,
    progress: silent,
    signal: new AbortController().signal,
    full: false,
    unfinished: () => {},
    ...more,
  });
}

/** Enables everything, as a user would. */
export async function enableAll(fleet: Fleet): Promise<void> {
  const at = fleet.clock.now().toISOString();
  await fleet.store.write(({ inventory }) =>
    inventory.putEnablement({ scope: 'all', enabled: true, at, by: 'test' }),
  );
}

/** A file system with the root of the fixtures: Ubuntu 22.04 with a handful of packages. */
export function rootDisk(folder: string): string {
  const path = join(folder, 'root.ext4');
  const root = fileURLToPath(new URL('../../fixtures/rootfs', import.meta.url));
  run('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', root, path, '16m']);
  return path;
}
