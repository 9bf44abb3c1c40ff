import type { Node, NodePool } from '../../model/fleet.ts';
import { type Fields, nameAt, objectAt } from '../fields.ts';
import type { KubernetesClient } from './client.ts';
import { isExpired, KubernetesError } from './errors.ts';
import { joinPools } from './pools.ts';

/** What a provider makes of a Node object. */
export type ReadNode = { readonly node: Node; readonly pool: NodePool | null } | { readonly fault: string };

/** The nodes of a cluster, or what changed about them. */
export interface NodesRead {
  readonly kind: 'all' | 'changes';
  readonly nodes: readonly Node[];
  readonly removed: readonly string[];
  readonly pools: readonly NodePool[];
  /** From where the next look goes on; null where it must begin anew. */
  readonly version: string | null;
  /** Nodes that could not be understood. */
  readonly faults: readonly string[];
}

/** How a cluster's nodes are read. */
export interface NodeReading {
  readonly client: KubernetesClient;
  /** What `version` said the last time; null to read all. */
  readonly since: string | null;
  readonly read: (value: unknown) => ReadNode;
  readonly signal: AbortSignal;
}

const PAGE = 500;
/** Far above any cluster there is: 65,000 nodes are the most that a cloud offers. */
const MAX_NODES = 200_000;
const MAX_PAGES = 2_000;
const WATCH_MS = 15_000;
const MAX_EVENTS = 400_000;
/** Resource versions are numbers that grow. */
const VERSION = /^\d{1,40}$/;

/** Reads what changed where that can be told, else all. @throws KubernetesError, or the signal's reason */
export async function readNodes(reading: NodeReading): Promise<NodesRead> {
  const { since, signal } = reading;
  if (since !== null && VERSION.test(since)) {
    try {
      const changes = await readChanges(reading, since);
      if (changes !== null) return changes;
    } catch (thrown) {
      signal.throwIfAborted();
      // A list says the same as a watch that went wrong, unless nobody may look at all.
      if (!(thrown instanceof KubernetesError) || thrown.status === 401 || thrown.status === 403)
        throw thrown;
    }
  }
  return readAll(reading);
}

async function readAll(reading: NodeReading): Promise<NodesRead> {
  try {
    return await readPages(reading, PAGE);
  } catch (thrown) {
    // The server forgot the version of the first page while the others were read.
    if (!isExpired(thrown)) throw thrown;
    return readPages(reading, 0);
  }
}

async function readPages({ client, read, signal }: NodeReading, limit: number): Promise<NodesRead> {
  const found = new Collected(read);
  const tokens = new Set<string>();
  let version: string | null = null;
  let items = 0;
  for (let token: string | null = null; ; ) {
    const query = new URLSearchParams({
      ...(limit === 0 ? {} : { limit: String(limit) }),
      ...(token === null ? {} : { continue: token }),
    });
    const page: Fields = await client.get('Kubernetes list nodes', `/api/v1/nodes?${query}`, signal);
    if (!Array.isArray(page.items)) throw malformed(client, 'a list without items');
    items += page.items.length;
    if (items > MAX_NODES) throw malformed(client, `more than ${MAX_NODES} nodes`);
    for (const item of page.items) found.put(item);
    const metadata = objectAt(page, 'metadata');
    version ??= nameAt(metadata, 'resourceVersion');
    token = tokenOf(metadata);
    if (token === null) return found.result('all', version);
    if (tokens.has(token) || tokens.size >= MAX_PAGES) throw malformed(client, 'a list that never ends');
    tokens.add(token);
  }
}

/** Continue tokens are longer than other texts. */
function tokenOf(metadata: Fields | null): string | null {
  const token = metadata?.continue;
  return typeof token === 'string' && token !== '' ? token : null;
}

/** @returns null where the server has forgotten the version, or the changes do not say enough */
async function readChanges(reading: NodeReading, since: string): Promise<NodesRead | null> {
  const { client, read, signal } = reading;
  const now = await versionNow(client, signal);
  const found = new Collected(read);
  if (now === since) return found.result('changes', since);
  const query = new URLSearchParams({
    watch: '1',
    resourceVersion: since,
    allowWatchBookmarks: 'true',
    timeoutSeconds: '1',
  });
  let version = since;
  let events = 0;
  const path = `/api/v1/nodes?${query}`;
  for await (const event of client.watch('Kubernetes watch nodes', path, { maxMs: WATCH_MS, signal })) {
    if (event.type === 'ERROR') return null;
    const seen = nameAt(objectAt(objectAt(event, 'object'), 'metadata'), 'resourceVersion');
    if (seen === null) return null;
    if (event.type === 'DELETED') found.remove(event.object);
    else if (event.type === 'ADDED' || event.type === 'MODIFIED') found.put(event.object);
    else if (event.type !== 'BOOKMARK') return null;
    version = seen;
    events++;
    // Nothing that happened before this look is still to come.
    if (reaches(version, now) || events >= MAX_EVENTS) break;
  }
  return found.faults.length > 0 ? null : found.result('changes', version);
}

/** The version the cluster is at: that of a list with as little in it as possible. */
async function versionNow(client: KubernetesClient, signal: AbortSignal): Promise<string | null> {
  const page = await client.get('Kubernetes version of nodes', '/api/v1/nodes?limit=1', signal);
  return nameAt(objectAt(page, 'metadata'), 'resourceVersion');
}

/** Where versions are no numbers, nothing can be told. */
function reaches(version: string, now: string | null): boolean {
  if (now === null || !VERSION.test(version) || !VERSION.test(now)) return false;
  return BigInt(version) >= BigInt(now);
}

/** The last word on each node. */
class Collected {
  readonly faults: string[] = [];
  readonly #read: (value: unknown) => ReadNode;
  readonly #nodes = new Map<string, { readonly node: Node; readonly pool: NodePool | null } | null>();

  constructor(read: (value: unknown) => ReadNode) {
    this.#read = read;
  }

  put(value: unknown): void {
    const read = this.#read(value);
    if ('fault' in read) {
      this.faults.push(read.fault);
      return;
    }
    const { node } = read;
    const before = this.#nodes.get(node.id)?.node;
    if (before && before.name !== node.name) {
      this.faults.push(`nodes ${before.name} and ${node.name} name the same machine`);
      return;
    }
    this.#nodes.set(node.id, read);
  }

  remove(value: unknown): void {
    const read = this.#read(value);
    if ('fault' in read) this.faults.push(read.fault);
    else this.#nodes.set(read.node.id, null);
  }

  /** What all of its nodes say of a pool together. */
  #pools(): readonly NodePool[] {
    const pools = new Map<string, NodePool>();
    for (const read of this.#nodes.values()) {
      if (!read?.pool) continue;
      const before = pools.get(read.pool.id);
      pools.set(read.pool.id, before === undefined ? read.pool : joinPools(read.pool, before));
    }
    return [...pools.values()];
  }

  result(kind: NodesRead['kind'], version: string | null): NodesRead {
    const entries = [...this.#nodes];
    return {
      kind,
      nodes: entries.flatMap(([, read]) => (read === null ? [] : [read.node])),
      removed: entries.flatMap(([id, read]) => (read === null ? [id] : [])),
      pools: this.#pools(),
      // A node that was not understood would be missed by every later look at changes.
      version: this.faults.length > 0 ? null : version,
      faults: this.faults,
    };
  }
}

function malformed(client: KubernetesClient, what: string): KubernetesError {
  return new KubernetesError('malformed', `${client.target.server.host} answered with ${what}`);
}
