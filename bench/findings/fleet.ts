/** A generated fleet for the benchmark of findings: clusters, pools and nodes that run real images of the catalogue. */
import type { Catalogue } from '../../src/evidence/images/index.ts';
import type { Cluster, Node, NodePool, Subscription } from '../../src/model/fleet.ts';
import type { ImageEvidence } from '../../src/model/image.ts';

/** What the fleet is made of. */
export interface FleetSize {
  readonly clusters: number;
  readonly poolsPerCluster: number;
  readonly nodesPerPool: number;
}

/** A node image as nodes that run it report it. */
export interface RunImage {
  readonly name: string;
  readonly kernel: string | null;
  readonly kubelet: string | null;
  readonly containerd: string | null;
  readonly osImage: string | null;
  /** The newest image of its family: what its region offers. */
  readonly newest: string;
}

const SUBSCRIPTIONS = 10;
const AT = '2024-03-01T09:00:00.000Z';

/** The last `count` images of Ubuntu families that were built before a day, evenly over the families. */
export function chooseImages(catalogue: Catalogue, count: number, before: string): readonly RunImage[] {
  const ubuntu = catalogue
    .images()
    .filter(
      ({ family, buildDate, channel }) =>
        /^AKSUbuntu-2[02]04/.test(family) &&
        channel === 'NodeImage' &&
        buildDate !== null &&
        buildDate < before,
    );
  const families = [...Map.groupBy(ubuntu, ({ family }) => family).values()].map((each) => [...each]);
  const chosen: RunImage[] = [];
  for (let back = 1; chosen.length < count; back++) {
    const round = families.flatMap((images) => {
      const image = images.at(-back);
      const newest = images.at(-1);
      return image === undefined || newest === undefined ? [] : [{ image, newest }];
    });
    if (round.length === 0) throw new Error(`the catalogue has only ${chosen.length} such images`);
    for (const { image, newest } of round.slice(0, count - chosen.length)) {
      const evidence = catalogue.find(image.name);
      if (evidence !== null) chosen.push(runImage(evidence, newest.name));
    }
  }
  return chosen;
}

function runImage({ image, software }: ImageEvidence, newest: string): RunImage {
  const versionOf = (name: string): string | null =>
    software.components.findLast((each) => each.name === name)?.version ?? null;
  return {
    name: image.name,
    kernel: software.runningKernel,
    kubelet: versionOf('kubelet'),
    containerd: versionOf('containerd'),
    osImage: software.os?.prettyName ?? null,
    newest,
  };
}

/** The subscriptions of the fleet. */
export function subscriptions(): readonly Subscription[] {
  return Array.from({ length: SUBSCRIPTIONS }, (_, number) => ({
    id: `/subscriptions/00000000-0000-0000-0000-${String(number).padStart(12, '0')}`,
    provider: 'aks',
    name: `Contoso ${number}`,
  }));
}

/** One cluster of the fleet, with its pools and nodes; pools take the images in turn. */
export function clusterAt(
  number: number,
  size: FleetSize,
  images: readonly RunImage[],
): { readonly cluster: Cluster; readonly pools: readonly NodePool[]; readonly nodes: readonly Node[] } {
  const subscription = subscriptions()[number % SUBSCRIPTIONS]?.id ?? '';
  const name = `aks-${String(number).padStart(4, '0')}`;
  const cluster: Cluster = {
    id: `${subscription}/resourcegroups/rg/providers/microsoft.containerservice/managedclusters/${name}`,
    provider: 'aks',
    subscription,
    name,
    resourceGroup: 'rg',
    nodeResourceGroup: `MC_rg_${name}`,
    region: ['westeurope', 'eastus2', 'uksouth'][number % 3] ?? null,
    kubernetesVersion: '1.28.5',
    power: 'running',
    provisioning: 'Succeeded',
    autoUpgrade: { kubernetes: 'none', nodeOs: number % 2 === 0 ? 'NodeImage' : 'None' },
    tags: { owner: `team-${number % 40}@contoso.example` },
    revision: '1',
    apiHost: null,
  };
  const pools = Array.from({ length: size.poolsPerCluster }, (_, index) => {
    const image = images[(number * size.poolsPerCluster + index) % images.length];
    if (image === undefined) throw new RangeError('no images');
    return { pool: poolOf(cluster, index, { image, count: size.nodesPerPool }), image };
  });
  const nodes = pools.flatMap(({ pool, image }) =>
    Array.from({ length: size.nodesPerPool }, (_, index) => nodeOf(pool, index, image)),
  );
  return { cluster, pools: pools.map(({ pool }) => pool), nodes };
}

function poolOf(
  cluster: Cluster,
  index: number,
  { image, count }: { readonly image: RunImage; readonly count: number },
): NodePool {
  return {
    id: `${cluster.id}/agentpools/np${index}`,
    cluster: cluster.id,
    name: `np${index}`,
    kind: 'scale-set',
    mode: index === 0 ? 'System' : 'User',
    os: 'linux',
    osSku: 'Ubuntu',
    vmSize: 'Standard_D4ds_v5',
    count,
    image: image.name,
    latestImage: image.newest,
    kubernetesVersion: image.kubelet,
    osDisk: 'managed',
    publicAddress: index === 1,
    power: 'running',
    provisioning: 'Succeeded',
    tags: {},
    labels: { team: `team-${index}` },
    revision: '1',
  };
}

function nodeOf(pool: NodePool, index: number, image: RunImage): Node {
  return {
    id: `${pool.id}/virtualmachines/${index}`,
    cluster: pool.cluster,
    pool: pool.id,
    name: `aks-${pool.name}-vmss${String(index).padStart(6, '0')}`,
    uid: `${pool.id}/${index}`,
    image: image.name,
    arch: 'amd64',
    os: 'linux',
    osImage: image.osImage,
    kernel: image.kernel,
    kubelet: image.kubelet === null ? null : `v${image.kubelet}`,
    containerRuntime: image.containerd === null ? null : `containerd://${image.containerd}`,
    bootId: null,
    ready: true,
    unschedulable: false,
    created: AT,
  };
}
