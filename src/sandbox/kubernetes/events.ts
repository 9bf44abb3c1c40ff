import type { SimCluster, SimNode } from '../types.ts';
import { hexOf } from './nodes/identity.ts';
import { instant, type KubeBody, keyOf } from './objects.ts';
import type { World } from './world.ts';

/** Events live for an hour, and only so many for all clusters together. */
const TTL_MS = 3_600_000;
const MAX_EVENTS = 100_000;
const [LEAST_EVENTS, MOST_EVENTS] = [50, 1_000];
/** What upgrades say when something is in their way. */
const WARNING = /block|fail|error|denied|timed out/i;

/** Records an Event about a node, as the upgrader of AKS does, and drops old ones. */
export function recordEvent(
  world: World,
  cluster: SimCluster,
  { node, reason, message }: { node: SimNode; reason: string; message: string },
): void {
  dropOld(world, cluster, 1);
  const now = world.core.now();
  const at = instant(now);
  const id = hexOf(`event ${node.id} ${now} ${cluster.resourceVersion}`);
  world.put(cluster, 'events', {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: {
      name: `${node.name}.${id.slice(0, 16)}`,
      namespace: 'default',
      uid: `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20)}`,
      resourceVersion: '',
      creationTimestamp: at,
    },
    involvedObject: { kind: 'Node', apiVersion: 'v1', name: node.name, uid: node.uid },
    reason,
    message,
    type: WARNING.test(message) ? 'Warning' : 'Normal',
    source: { component: 'upgrader' },
    reportingComponent: 'upgrader',
    reportingInstance: '',
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    eventTime: null,
  });
}

/** Drops events whose time is over, and the oldest where there are too many. @param more that are about to come */
export function dropOld(world: World, cluster: SimCluster, more = 0): void {
  const events = world.stored<KubeBody>(cluster, 'events');
  const share = Math.floor(MAX_EVENTS / Math.max(1, world.core.state.clusters.size));
  const most = Math.min(MOST_EVENTS, Math.max(LEAST_EVENTS, share));
  const oldest = world.core.now() - TTL_MS;
  // They are stored in the order in which they came.
  const surplus = events.length + more - most;
  events.forEach((event, index) => {
    if (index < surplus || Date.parse(event.metadata.creationTimestamp) < oldest)
      world.remove(cluster, 'events', keyOf(event));
  });
}
