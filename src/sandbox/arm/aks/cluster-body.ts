import * as v from 'valibot';
import type { Engine } from '../../engine/engine.ts';
import {
  compareVersions,
  minorOf,
  offeredVersions,
  parseVersion,
  resolveVersion,
} from '../../engine/versions.ts';
import { isInterrupted } from '../../provisioning.ts';
import type { SimCluster, SimPool } from '../../types.ts';
import { aksRefusal } from '../errors.ts';

const text = v.pipe(v.string(), v.maxLength(500));

const CLUSTER = v.object({
  location: v.nullish(text),
  tags: v.nullish(v.record(text, text)),
  properties: v.nullish(
    v.object({
      kubernetesVersion: v.nullish(text),
      agentPoolProfiles: v.nullish(
        v.pipe(
          v.array(v.looseObject({ name: text, orchestratorVersion: v.nullish(text) })),
          v.maxLength(100),
        ),
      ),
      autoUpgradeProfile: v.nullish(
        v.object({
          upgradeChannel: v.nullish(v.picklist(['none', 'patch', 'stable', 'rapid', 'node-image'])),
          nodeOSUpgradeChannel: v.nullish(v.picklist(['None', 'Unmanaged', 'NodeImage', 'SecurityPatch'])),
        }),
      ),
      upgradeSettings: v.nullish(
        v.object({
          overrideSettings: v.nullish(
            v.object({
              forceUpgrade: v.nullish(v.boolean()),
              until: v.nullish(v.pipe(v.string(), v.isoTimestamp())),
            }),
          ),
        }),
      ),
      nodeProvisioningProfile: v.nullish(v.object({ mode: v.nullish(v.picklist(['Manual', 'Auto'])) })),
    }),
  ),
});

/** What a request may say of a cluster. What it does not say stays as it is. */
export type WantedCluster = v.InferOutput<typeof CLUSTER>;

/** The body of a request. @throws ArmError 400 InvalidParameter, naming the property */
export function clusterRequest(body: unknown): WantedCluster {
  const parsed = v.safeParse(CLUSTER, body ?? {});
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  throw refused(`The value of parameter ${path} is invalid. ${issue.message}`);
}

/** Takes over what a request says of settings. @throws ArmError 400 */
export function applyClusterSettings({ core }: Engine, cluster: SimCluster, wanted: WantedCluster): void {
  const { autoUpgradeProfile: channels, upgradeSettings, nodeProvisioningProfile } = wanted.properties ?? {};
  const override = upgradeSettings?.overrideSettings;
  const until = override?.until ?? null;
  if (override?.forceUpgrade === true && (until === null || Date.parse(until) <= core.now()))
    throw refused(
      'The value of parameter upgradeSettings.overrideSettings.until is invalid. It must be in the future.',
    );
  if (override)
    cluster.upgradeOverride = { forceUpgrade: override.forceUpgrade === true, until: until ?? '' };
  cluster.upgradeChannel = channels?.upgradeChannel ?? cluster.upgradeChannel;
  cluster.nodeOsChannel = channels?.nodeOSUpgradeChannel ?? cluster.nodeOsChannel;
  // The old channel stands for the newer one.
  if (cluster.upgradeChannel === 'node-image') cluster.nodeOsChannel = 'NodeImage';
  cluster.nodeProvisioning = nodeProvisioningProfile?.mode ?? cluster.nodeProvisioning;
  if (wanted.tags) cluster.tags = { ...wanted.tags };
}

/** An upgrade of a cluster: to which version, and which of its pools with it. */
export interface ClusterUpgrade {
  readonly wanted: string;
  readonly version: string;
  readonly pools: readonly string[];
}

/**
 * The upgrade that a PUT of a cluster asks for; null where its version is to stay. One that stopped on the way goes on when
 * its version is asked for again. @throws ArmError 400
 */
export function clusterUpgrade(
  engine: Engine,
  cluster: SimCluster,
  request: WantedCluster,
): ClusterUpgrade | null {
  const { kubernetesVersion, agentPoolProfiles } = request.properties ?? {};
  const current = cluster.currentKubernetesVersion;
  const wanted = kubernetesVersion ?? cluster.kubernetesVersion;
  // What an alias stands for moves on; a cluster that has it keeps what it runs.
  const isThere = wanted === current || (wanted === cluster.kubernetesVersion && wanted === minorOf(current));
  const version = isThere ? current : nextVersion(engine, cluster, wanted);
  const asked = new Map(
    (agentPoolProfiles ?? []).map(({ name, orchestratorVersion }) => [name, orchestratorVersion ?? null]),
  );
  const pools = engine.core.state.poolsOf(cluster.id).filter(({ type }) => type !== 'VirtualMachines');
  const follows = ({ name }: SimPool): boolean => [null, wanted, version].includes(asked.get(name) ?? null);
  const unchanged = ({ name, orchestratorVersion, currentOrchestratorVersion }: SimPool): boolean =>
    [orchestratorVersion, currentOrchestratorVersion].includes(asked.get(name) ?? '');
  if (isThere) {
    const behind = pools.filter(
      (pool) => pool.currentOrchestratorVersion !== version || isInterrupted(pool.provisioningState),
    );
    const goesOn = isInterrupted(cluster.provisioningState) && behind.length > 0 && pools.every(follows);
    return goesOn ? { wanted, version, pools: behind.map(({ id }) => id) } : null;
  }
  if (pools.every(follows)) return { wanted, version, pools: pools.map(({ id }) => id) };
  if (pools.every(unchanged)) return { wanted, version, pools: [] };
  throw aksRefusal(
    400,
    'NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged',
    `Using managed cluster api, all Agent pools' OrchestratorVersion must be all specified or all unspecified. If all specified, they must be stay unchanged or the same with control plane. For agent pool specific change, please use per agent pool operations: https://aka.ms/agent-pool-rest-api`,
  );
}

/** The version in full that a control plane gets for what was asked. @throws ArmError 400 where it cannot get there */
function nextVersion({ core }: Engine, cluster: SimCluster, wanted: string): string {
  const current = cluster.currentKubernetesVersion;
  const version = resolveVersion(offeredVersions(core, cluster.location), wanted);
  if (version === null)
    throw aksRefusal(
      400,
      'K8sVersionNotSupported',
      `Managed cluster ${cluster.name} is on version ${current}, and version ${wanted} is not supported in region ${cluster.location}. Please use [az aks get-versions] command to get the supported version list in this region.`,
    );
  if (compareVersions(version, current) < 0)
    throw aksRefusal(
      400,
      'OperationNotAllowed',
      `Downgrading from ${current} to ${version} is not supported.`,
    );
  if (Number(parseVersion(version)?.minor) > Number(parseVersion(current)?.minor) + 1)
    throw aksRefusal(
      400,
      'OperationNotAllowed',
      `Upgrading Kubernetes version ${current} to ${version} is not allowed. Available upgrades are of the next minor version after ${minorOf(current)}. Skipping minor versions is not allowed.`,
    );
  return version;
}

function refused(message: string): Error {
  return aksRefusal(400, 'InvalidParameter', message);
}
