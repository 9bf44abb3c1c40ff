import type { CoverageReason } from '../model/coverage.ts';
import type { Cluster } from '../model/fleet.ts';
import type { RecommendationState } from '../model/recommendation.ts';

/** Channels that bring new node images, or the security patches between them. */
const NODE_OS_CHANNELS: readonly string[] = ['nodeimage', 'securitypatch'];
/** Channels that leave the nodes as they are: `Unmanaged` leaves them to the operating system's own updates. */
const OFF_CHANNELS: readonly string[] = ['none', 'unmanaged'];
/** The older setting for the same, among those of the Kubernetes version. */
const NODE_IMAGE = 'node-image';

const REMEDY =
  'Set the channel with `az aks update --node-os-upgrade-channel NodeImage` (or SecurityPatch) and a maintenance window.';

/** Whether a cluster upgrades its node images by itself, and why not. */
export function autoUpgradeState({ provider, autoUpgrade }: Pick<Cluster, 'provider' | 'autoUpgrade'>): {
  readonly state: RecommendationState;
  readonly reasons: readonly CoverageReason[];
} {
  if (provider !== 'aks') {
    const detail =
      'Only AKS says what it upgrades by itself; this cluster is read through its own API alone.';
    const remedy = 'Look at what makes the machines of the cluster, whether it replaces their images.';
    return { state: 'not-assessed', reasons: [{ code: 'not-synced', detail, remedy }] };
  }
  const nodeOs = autoUpgrade.nodeOs?.toLowerCase() ?? null;
  const byVersion = autoUpgrade.kubernetes?.toLowerCase() === NODE_IMAGE;
  if (byVersion || (nodeOs !== null && NODE_OS_CHANNELS.includes(nodeOs)))
    return { state: 'healthy', reasons: [] };
  if (nodeOs === null || OFF_CHANNELS.includes(nodeOs)) {
    const channel = autoUpgrade.nodeOs ?? 'not set';
    const detail = `Nodes get new images only by hand: the node OS upgrade channel is ${channel}.`;
    return { state: 'unhealthy', reasons: [{ code: 'not-enabled', detail, remedy: REMEDY }] };
  }
  const detail = `What the node OS upgrade channel ${autoUpgrade.nodeOs} does is not known.`;
  return { state: 'not-assessed', reasons: [{ code: 'not-synced', detail, remedy: REMEDY }] };
}
