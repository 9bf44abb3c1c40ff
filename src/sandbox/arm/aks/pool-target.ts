import { poolUpgrade } from '../../engine/clusters.ts';
import { clusterOf, type Engine } from '../../engine/engine.ts';
import { type FamilyTraits, familiesFor, imageForPool } from '../../engine/families.ts';
import { targetOf } from '../../engine/nodes.ts';
import type { UpgradeStart } from '../../engine/upgrade.ts';
import { compareVersions, minorOf, offeredVersions, parseVersion } from '../../engine/versions.ts';
import type { SandboxImage, SimCluster, SimPool } from '../../types.ts';
import { ArmError, aksRefusal } from '../errors.ts';
import { invalid, type PoolProperties } from './pool-body.ts';
import { findPoolSnapshot } from './snapshots.ts';

const ROLLBACK_DAYS = 7;
/** How old the image of a snapshot may be. */
const SNAPSHOT_DAYS = 90;
const SOURCE = 'creationData.sourceResourceId';
const DAY_MS = 86_400_000;
/** How many minors a pool may be behind its control plane. */
const SKEW = 3;

/** The upgrade that a PUT of a pool asks for; null where its nodes are to stay what they are. @throws ArmError 400 */
export function wantedUpgrade(engine: Engine, pool: SimPool, wanted: PoolProperties): UpgradeStart | null {
  const { core } = engine;
  const snapshot = wanted.creationData?.sourceResourceId;
  if (snapshot !== undefined && snapshot !== sourceOf(pool)) return fromSnapshot(engine, pool, snapshot);
  const rollback = rollbackOf(engine, pool, wanted);
  if (rollback !== null) return rollback;
  const version = wantedVersion(engine, pool, wanted.orchestratorVersion ?? pool.orchestratorVersion);
  const osSku = wanted.osSKU ?? pool.osSku;
  if (osSku !== pool.osSku) {
    if (pool.osType === 'Windows') throw invalid('osSKU', 'It cannot be changed for Windows node pools.');
    const where = { location: clusterOf(core, pool).location, kubernetesVersion: version.full };
    const image = imageForPool(core, { ...pool, osSku }, where);
    if (image === null) throw invalid('osSKU', `'${osSku}' is not supported in this region.`);
    pool.osSku = osSku;
    const target = { image: image.image, kubelet: version.full };
    return upgrade({ family: image.family, target, orchestratorVersion: version.wanted });
  }
  if (version.full !== pool.currentOrchestratorVersion)
    return poolUpgrade(engine, pool, { wanted: version.wanted, version: version.full });
  const latest = pool.family === null ? null : core.latestImage(pool.family, clusterOf(core, pool).location);
  const { family } = pool;
  if (wanted.nodeImageVersion === 'latest' && latest !== null && latest !== pool.nodeImageVersion)
    return upgrade({
      family,
      target: { image: latest, kubelet: version.full },
      orchestratorVersion: version.wanted,
    });
  pool.orchestratorVersion = version.wanted;
  return null;
}

/** An upgrade that stopped goes on with any write. Null where all nodes are what ARM shows. */
export function resumedUpgrade({ core }: Engine, pool: SimPool): UpgradeStart | null {
  const target = targetOf(pool);
  const behind = core.state
    .nodesOf(pool.id)
    .some(({ image, kubelet, surge }) => surge || image !== target.image || kubelet !== target.kubelet);
  if (!behind) return null;
  return upgrade({ family: pool.family, target, orchestratorVersion: pool.orchestratorVersion });
}

function upgrade(start: Pick<UpgradeStart, 'family' | 'target' | 'orchestratorVersion'>): UpgradeStart {
  return { kind: 'UpgradePool', state: 'Upgrading', ...start };
}

/** The version a pool is to have, as it was asked for and in full. @throws ArmError 400 */
function wantedVersion(engine: Engine, pool: SimPool, wanted: string): { wanted: string; full: string } {
  const cluster = clusterOf(engine.core, pool);
  const current = pool.currentOrchestratorVersion;
  if (wanted === pool.orchestratorVersion || wanted === current) return { wanted, full: current };
  const full = fullVersion(engine, cluster, wanted);
  requireSkew(cluster, full);
  if (compareVersions(full, current) < 0)
    throw invalid('orchestratorVersion', `Downgrading from ${current} to ${full} is not supported.`);
  return { wanted, full };
}

/** The version that a pool of this cluster gets for what was asked. @throws ArmError 400 where there is none */
export function fullVersion({ core }: Engine, cluster: SimCluster, wanted: string): string {
  const running = cluster.currentKubernetesVersion;
  const parsed = parseVersion(wanted);
  const offered = [...offeredVersions(core, cluster.location), running].sort(compareVersions);
  const found =
    parsed?.patch === null
      ? (offered.findLast(
          (version) => minorOf(version) === wanted && compareVersions(version, running) <= 0,
        ) ?? offered.findLast((version) => minorOf(version) === wanted))
      : offered.find((version) => version === wanted);
  if (found !== undefined) return found;
  throw aksRefusal(
    400,
    'AgentPoolK8sVersionNotSupported',
    `Version ${wanted} is not supported in this region. Please use [az aks get-versions] command to get the supported version list in this region.`,
  );
}

/** @throws ArmError 400 where a pool of this version cannot be in a cluster */
export function requireSkew(cluster: SimCluster, version: string): void {
  const running = cluster.currentKubernetesVersion;
  const behind = (parseVersion(running)?.minor ?? 0) - (parseVersion(version)?.minor ?? 0);
  if (compareVersions(version, running) <= 0 && behind <= SKEW) return;
  throw aksRefusal(
    400,
    'NodePoolMcVersionIncompatible',
    `Node pool version ${version} and control plane version ${running} are incompatible. Minor version of node pool cannot be bigger than control plane version. Minor version of node pool cannot be more than ${SKEW} versions less than control plane version. For more information, please check https://aka.ms/aks/UpgradeVersionRules.`,
  );
}

/** Back to what a pool ran within the last days. @throws ArmError 400 for an image that is neither that nor the current one */
function rollbackOf({ core }: Engine, pool: SimPool, wanted: PoolProperties): UpgradeStart | null {
  const { nodeImageVersion: image, orchestratorVersion: version } = wanted;
  if (image === undefined || image === null || image === 'latest' || image === pool.nodeImageVersion)
    return null;
  const used = pool.recentlyUsed.find(
    ({ nodeImageVersion, orchestratorVersion, timestamp }) =>
      nodeImageVersion === image &&
      (version ?? orchestratorVersion) === orchestratorVersion &&
      Date.parse(timestamp) > core.now() - ROLLBACK_DAYS * DAY_MS,
  );
  if (used === undefined)
    throw new ArmError(400, {
      ...{ code: 'InvalidParameter', details: null },
      message: `NodeImageVersion '${image}' is not accepted. NodeImageVersion can only be current version '${pool.nodeImageVersion}' or 'latest'`,
      subcode: '',
    });
  return upgrade({
    family: core.rollout.find(image)?.family ?? pool.family,
    target: { image, kubelet: used.orchestratorVersion },
    orchestratorVersion: used.orchestratorVersion,
  });
}

function fromSnapshot(engine: Engine, pool: SimPool, id: string): UpgradeStart {
  const { image, kubelet } = snapshotTarget(engine, pool, id);
  requireSkew(clusterOf(engine.core, pool), kubelet);
  const current = engine.core.rollout.find(pool.nodeImageVersion);
  if (current !== undefined && image.buildDate < current.buildDate)
    throw invalid(SOURCE, `Its image '${image.name}' is older than that of the agent pool.`);
  pool.creationData = { sourceResourceId: id };
  const target = { image: image.name, kubelet };
  return upgrade({ family: image.family, target, orchestratorVersion: kubelet });
}

/** What a pool gets from a snapshot. @throws ArmError 400 where there is none of that id that the pool can use */
export function snapshotTarget(
  { core }: Engine,
  pool: FamilyTraits,
  id: string,
): { readonly image: SandboxImage; readonly kubelet: string } {
  const snapshot = findPoolSnapshot(core, id);
  const image = core.rollout.find(snapshot?.nodeImageVersion ?? '');
  if (snapshot === undefined || image === undefined)
    throw invalid(SOURCE, `The snapshot '${id}' was not found.`);
  const { kubernetesVersion: kubelet } = snapshot;
  if (!familiesFor(pool, kubelet).includes(image.family))
    throw invalid(SOURCE, `Its image '${image.name}' does not fit the machines of the agent pool.`);
  if (core.now() - Date.parse(image.buildDate) > SNAPSHOT_DAYS * DAY_MS)
    throw invalid(SOURCE, `Its image '${image.name}' is older than ${SNAPSHOT_DAYS} days.`);
  return { image, kubelet };
}

function sourceOf(pool: SimPool): string | undefined {
  return (pool.creationData as { sourceResourceId?: string } | null)?.sourceResourceId;
}
