import type { Engine } from '../../engine/engine.ts';
import { imageForPool } from '../../engine/families.ts';
import { scaleSetName } from '../../engine/nodes.ts';
import type { SimCluster, SimPool } from '../../types.ts';
import { applySettings, invalid, type PoolProperties } from './pool-body.ts';
import { fullVersion, requireSkew, snapshotTarget } from './pool-target.ts';

const NAME = /^[a-z][a-z0-9]{0,11}$/;
const WINDOWS_NAME_LENGTH = 6;
/** Sizes whose machines have ARM processors: a `p` behind the number of cores. */
const ARM_SIZE = /^Standard_[A-Z]+\d+p/;

/** Adds a pool to a cluster; its nodes come when its creation ends. @throws ArmError 400 */
export function createPool(
  engine: Engine,
  cluster: SimCluster,
  { name, wanted }: { readonly name: string; readonly wanted: PoolProperties },
): SimPool {
  const { core } = engine;
  if (!NAME.test(name))
    throw invalid('name', 'It must be 1 to 12 lower-case letters and digits, a letter first.');
  const windows = wanted.osType === 'Windows';
  if (windows && name.length > WINDOWS_NAME_LENGTH)
    throw invalid('name', 'Names of Windows node pools have at most 6 characters.');
  const orchestratorVersion = wanted.orchestratorVersion ?? cluster.kubernetesVersion;
  const version = fullVersion(engine, cluster, orchestratorVersion);
  requireSkew(cluster, version);
  const id = `${cluster.id}/agentPools/${name}`;
  const vmSize = wanted.vmSize ?? 'Standard_D4s_v5';
  const pool: SimPool = {
    ...{ id, cluster: cluster.id, name, count: wanted.count ?? 3, mode: 'User', vmSize },
    osType: windows ? 'Windows' : 'Linux',
    osSku: wanted.osSKU ?? (windows ? 'Windows2022' : 'Ubuntu'),
    arch: ARM_SIZE.test(vmSize) ? 'arm64' : 'amd64',
    ...{ autoscale: null, spot: wanted.scaleSetPriority === 'Spot' },
    osDiskType: wanted.osDiskType ?? 'Managed',
    osDiskSizeGb: wanted.osDiskSizeGB || 128,
    ...{ encrypted: false, fips: wanted.enableFIPS === true, type: wanted.type ?? 'VirtualMachineScaleSets' },
    publicAddress: wanted.enableNodePublicIP === true,
    ...{ family: null, nodeImageVersion: '', orchestratorVersion, currentOrchestratorVersion: version },
    ...{ upgradeSettings: { maxSurge: '10%', maxUnavailable: '0' }, power: 'Running' },
    ...{
      provisioningState: 'Creating',
      provisioningError: null,
      eTag: core.random(`pool ${id} ${core.now()}`).guid(),
    },
    ...{ tags: {}, labels: {}, taints: [], creationData: wanted.creationData ?? null, recentlyUsed: [] },
    ...{ scaleSet: scaleSetName(core, cluster, { name, windows }), nextInstance: 0 },
  };
  const image =
    sourceImage(engine, pool) ??
    imageForPool(core, pool, { location: cluster.location, kubernetesVersion: version });
  if (image === null)
    throw invalid('osSKU', `'${pool.osSku}' is not supported in region '${cluster.location}'.`);
  Object.assign(pool, { family: image.family, nodeImageVersion: image.image });
  applySettings(pool, wanted);
  core.state.pools.put(pool);
  return pool;
}

/** The image of the snapshot a pool is made from; null where it is made from none. @throws ArmError 400 */
function sourceImage(engine: Engine, pool: SimPool): { family: string; image: string } | null {
  const source = (pool.creationData as { sourceResourceId?: string } | null)?.sourceResourceId;
  if (source === undefined) return null;
  const { image } = snapshotTarget(engine, pool, source);
  return { family: image.family, image: image.name };
}
