import type { KubeObject, State } from '../ports.ts';
import type {
  SimCluster,
  SimEvent,
  SimFault,
  SimNode,
  SimOperation,
  SimPool,
  SimSnapshot,
  SimSubscription,
} from '../types.ts';
import { StoredCollection } from './collection.ts';
import { Store, type StoredTable } from './store.ts';

/** A setting of a module. */
interface Setting {
  readonly id: string;
  value: unknown;
}

/** The state in memory, and on disk after each commit. */
export interface StoredState extends State {
  readonly events: StoredCollection<SimEvent>;
  /** Whether there is something to commit. */
  readonly changed: boolean;
  /** @throws NodewardError file-unwritable */
  commit(): void;
  close(): void;
}

/**
 * Opens the state in a folder, or an empty one.
 * @throws NodewardError file-unwritable, file-unreadable
 */
export function openState(folder: string): StoredState {
  const settings = byId<Setting>();
  const subscriptions = byId<SimSubscription>();
  const clusters = byId<SimCluster>();
  const pools = byId<SimPool>();
  const nodes = byId<SimNode>();
  const operations = byId<SimOperation>();
  const snapshots = byId<SimSnapshot>();
  const faults = byId<SimFault>();
  const kube = byId<KubeObject>();
  const events = new StoredCollection<SimEvent>(({ sequence }) => String(sequence));
  const clustersOf = clusters.index(({ subscription }) => subscription);
  const poolsOf = pools.index(({ cluster }) => cluster);
  const nodesOf = nodes.index(({ pool }) => pool);
  const nodesOfCluster = nodes.index(({ cluster }) => cluster);
  const kubeOf = kube.index(({ cluster, resource }) => `${cluster}|${resource}`);
  const nodeTable = loading(nodes, sharer());
  const store = new Store(folder, {
    settings: loading(settings),
    subscriptions: loading(subscriptions),
    clusters: loading(clusters),
    pools: loading(pools),
    nodes: nodeTable,
    operations: loading(operations),
    snapshots: loading(snapshots),
    faults: loading(faults),
    kube: loading(kube),
    events: loading(events),
  });
  return {
    ...{ subscriptions, clusters, pools, nodes, operations, snapshots, faults, kube, events },
    ...{ clustersOf, poolsOf, nodesOf, nodesOfCluster },
    kubeOf: (cluster, resource) => kubeOf(`${cluster}|${resource}`),
    setting: (name) => settings.get(name)?.value,
    putSetting: (name, value) => settings.put({ id: name, value }),
    get changed() {
      return store.changed;
    },
    commit: () => store.commit(),
    close: () => store.close(),
  };
}

function byId<T extends { readonly id: string }>(): StoredCollection<T> {
  return new StoredCollection<T>(({ id }) => id);
}

/** Rows were written by this program in this layout, so they are taken as they are. */
function loading<T>(
  collection: StoredCollection<T>,
  prepare: (value: T) => T = (value) => value,
): StoredTable {
  return {
    get changed() {
      return collection.changed;
    },
    changes: () => collection.changes(),
    settle: () => collection.settle(),
    load: (row, value) => collection.load(row, prepare(value as T)),
  };
}

/** Nodes of one pool have most of their texts in common; read from JSON, each would keep its own copy. */
function sharer(): (node: SimNode) => SimNode {
  const texts = new Map<string, string>();
  const share = (text: string): string => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, text);
    return text;
  };
  return (node) => ({
    ...node,
    pool: node.pool === null ? null : share(node.pool),
    cluster: share(node.cluster),
    image: node.image === null ? null : share(node.image),
    kubelet: share(node.kubelet),
    kernel: share(node.kernel),
    containerd: share(node.containerd),
    osImage: share(node.osImage),
  });
}
