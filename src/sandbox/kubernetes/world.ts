import type { KubeObject, SandboxCore } from '../ports.ts';
import type { SimCluster, SimNode, SimPool } from '../types.ts';
import { type Change, ChangeLog, undone } from './changes.ts';
import { nodeBody } from './nodes/body.ts';
import { type Item, type KubeBody, keyOf, versioned } from './objects.ts';

/** Changes kept for all clusters together; each has its share. */
const MAX_CHANGES = 200_000;
const [LEAST_CHANGES, MOST_CHANGES] = [200, 10_000];

/** What is kept of a cluster that somebody looks at. */
interface Kept {
  /** By resource. */
  readonly logs: Map<string, ChangeLog>;
  /** Its nodes by id, as they were last told of. */
  readonly told: Map<string, SimNode>;
  /** With which versions derived objects were told of, by resource and key. */
  readonly versions: Map<string, number>;
}

/** Gives the items of a resource that follow from other things and are not stored. */
export type Derived = (cluster: SimCluster) => readonly Item[];

/**
 * The objects of every cluster: nodes, which are the sandbox's own, stored objects, and derived ones. Each change gets
 * the cluster's next resource version and goes into the log of its resource, where somebody looks at it.
 */
export class World {
  readonly core: SandboxCore;
  /** By the cluster itself: another cluster that gets the id of one that was deleted begins anew. */
  readonly #kept = new WeakMap<SimCluster, Kept>();
  readonly #derived = new Map<string, Derived>();

  constructor(core: SandboxCore) {
    this.core = core;
  }

  /** Names what derives items of a resource, in addition to those that are stored. */
  derive(resource: string, derived: Derived): void {
    this.#derived.set(resource, derived);
  }

  /** The objects of a resource now, in no order. */
  items(cluster: SimCluster, resource: string): readonly Item[] {
    if (resource === 'nodes')
      return this.core.state.nodesOfCluster(cluster.id).map((node) => this.#nodeItem(node));
    const stored = this.core.state.kubeOf(cluster.id, resource).map(itemOf);
    const derived = this.#derivedItems(cluster, resource);
    return derived.length === 0 ? stored : [...stored, ...derived];
  }

  /** The objects of a resource as they were with a resource version; null where that is no longer known. */
  itemsAt(cluster: SimCluster, resource: string, version: number): readonly Item[] | null {
    const changes = this.log(cluster, resource).since(version);
    return changes === null ? null : undone(this.items(cluster, resource), changes);
  }

  /** One object now; undefined where there is none. */
  find(cluster: SimCluster, resource: string, key: string): KubeBody | undefined {
    if (resource === 'nodes') {
      const node = this.node(cluster, key);
      return node === undefined ? undefined : this.#nodeItem(node).body();
    }
    const stored = this.core.state.kube.get(idOf(cluster, resource, key));
    // The state does not tell upper from lower case in ids.
    if (stored !== undefined && keyOf(bodyOf(stored)) === key) return bodyOf(stored);
    return this.#derivedItem(cluster, resource, key)?.body();
  }

  /** The stored objects of a resource. */
  stored<T extends KubeBody>(cluster: SimCluster, resource: string): readonly T[] {
    return this.core.state.kubeOf(cluster.id, resource).map((object) => bodyOf(object) as T);
  }

  node(cluster: SimCluster, name: string): SimNode | undefined {
    return this.core.state.nodesOfCluster(cluster.id).find((node) => node.name === name);
  }

  poolOf(node: SimNode): SimPool | null {
    return node.pool === null ? null : (this.core.state.pools.get(node.pool) ?? null);
  }

  /** Stores an object with the next resource version. @returns it as it is now */
  put(cluster: SimCluster, resource: string, body: KubeBody): KubeBody {
    const version = this.#nextVersion(cluster);
    const now = versioned(body, version);
    const key = keyOf(body);
    const id = idOf(cluster, resource, key);
    const known = this.core.state.kube.get(id);
    const before = known === undefined ? this.#derivedBefore(cluster, resource, body) : itemOf(known);
    this.core.state.kube.put({ id, cluster: cluster.id, resource, body: now });
    this.#tell(cluster, resource, { version, key, before, after: { key, body: () => now } });
    return now;
  }

  /** Deletes a stored object. @returns it as it was, with the resource version of its deletion; undefined where none is */
  remove(cluster: SimCluster, resource: string, key: string): KubeBody | undefined {
    const id = idOf(cluster, resource, key);
    const known = this.core.state.kube.get(id);
    if (known === undefined) return undefined;
    const version = this.#nextVersion(cluster);
    this.core.state.kube.delete(id);
    this.#tell(cluster, resource, { version, key, before: itemOf(known), after: null });
    return versioned(bodyOf(known), version);
  }

  /** Tells of a node that was added or changed; one with another uid is another node of the same name. */
  putNode(cluster: SimCluster, node: SimNode): void {
    const known = this.told(cluster, node);
    const replaced = known !== null && known.uid !== node.uid;
    if (replaced) this.removeNode(cluster, node);
    node.resourceVersion = this.#nextVersion(cluster);
    this.core.state.nodes.put(node);
    const kept = this.#kept.get(cluster);
    if (kept === undefined) return;
    const now = frozen(node);
    kept.told.set(node.id, now);
    const before = known === null || replaced ? null : this.#nodeItem(known);
    const after = this.#nodeItem(now);
    this.#tell(cluster, 'nodes', { version: node.resourceVersion, key: node.name, before, after });
  }

  /** Tells that a node is gone. */
  removeNode(cluster: SimCluster, node: SimNode): void {
    const version = this.#nextVersion(cluster);
    const known = this.told(cluster, node);
    this.#kept.get(cluster)?.told.delete(node.id);
    if (known === null) return;
    this.#tell(cluster, 'nodes', { version, key: node.name, before: this.#nodeItem(known), after: null });
  }

  /** A node as it was last told of; null where it is new, and where nobody looks. */
  told(cluster: SimCluster, { id }: SimNode): SimNode | null {
    return this.#kept.get(cluster)?.told.get(id) ?? null;
  }

  /** The log of a resource; it begins with the first call. */
  log(cluster: SimCluster, resource: string): ChangeLog {
    const { logs } = this.#keep(cluster);
    const known = logs.get(resource);
    if (known !== undefined) return known;
    const share = Math.floor(MAX_CHANGES / Math.max(1, this.core.state.clusters.size));
    const capacity = Math.min(MOST_CHANGES, Math.max(LEAST_CHANGES, share));
    const log = new ChangeLog(cluster.resourceVersion, capacity);
    logs.set(resource, log);
    return log;
  }

  /** Whether changes of a resource are kept at all. */
  isWatched(cluster: SimCluster, resource: string): boolean {
    return this.#kept.get(cluster)?.logs.has(resource) ?? false;
  }

  /** Enters a change of a derived object. @param change without a version: it gets the next one */
  tellDerived(cluster: SimCluster, resource: string, change: Omit<Change, 'version'>): void {
    if (!this.isWatched(cluster, resource)) return;
    const version = this.#nextVersion(cluster);
    const { versions } = this.#keep(cluster);
    if (change.after === null) versions.delete(`${resource} ${change.key}`);
    else versions.set(`${resource} ${change.key}`, version);
    this.#tell(cluster, resource, { ...change, version });
  }

  /** The derived objects of a resource, with the versions they were told of. */
  #derivedItems(cluster: SimCluster, resource: string): readonly Item[] {
    const items = this.#derived.get(resource)?.(cluster) ?? [];
    const versions = this.#kept.get(cluster)?.versions;
    if (versions === undefined || versions.size === 0) return items;
    return items.map((item) => {
      const version = versions.get(`${resource} ${item.key}`);
      return version === undefined ? item : { key: item.key, body: () => versioned(item.body(), version) };
    });
  }

  #derivedItem(cluster: SimCluster, resource: string, key: string): Item | undefined {
    return this.#derivedItems(cluster, resource).find((item) => item.key === key);
  }

  /** What is stored for the first time but has a version was derived until now; null where nobody looks. */
  #derivedBefore(cluster: SimCluster, resource: string, body: KubeBody): Item | null {
    if (body.metadata.resourceVersion === '' || !this.isWatched(cluster, resource)) return null;
    return this.#derivedItem(cluster, resource, keyOf(body)) ?? null;
  }

  #tell(cluster: SimCluster, resource: string, change: Change): void {
    this.#kept.get(cluster)?.logs.get(resource)?.add(change);
  }

  #keep(cluster: SimCluster): Kept {
    const known = this.#kept.get(cluster);
    if (known !== undefined) return known;
    const nodes = this.core.state.nodesOfCluster(cluster.id);
    const kept = {
      logs: new Map(),
      told: new Map(nodes.map((node) => [node.id, frozen(node)])),
      versions: new Map(),
    };
    this.#kept.set(cluster, kept);
    return kept;
  }

  #nextVersion(cluster: SimCluster): number {
    cluster.resourceVersion += 1;
    this.core.state.clusters.put(cluster);
    return cluster.resourceVersion;
  }

  #nodeItem(node: SimNode): Item {
    const cluster = this.core.state.clusters.get(node.cluster);
    const pool = this.poolOf(node);
    return { key: node.name, body: () => nodeBody(node, pool, cluster) };
  }
}

/** A node as it is now: the original is changed in place. */
function frozen(node: SimNode): SimNode {
  return {
    ...node,
    labels: { ...node.labels },
    annotations: { ...node.annotations },
    taints: [...node.taints],
  };
}

function idOf(cluster: SimCluster, resource: string, key: string): string {
  const [name, namespace = ''] = key.split('/').reverse();
  return `${cluster.id}|${resource}|${namespace}|${name}`.toLowerCase();
}

function itemOf({ body }: KubeObject): Item {
  const kept = body as unknown as KubeBody;
  return { key: keyOf(kept), body: () => kept };
}

function bodyOf({ body }: KubeObject): KubeBody {
  return body as unknown as KubeBody;
}
