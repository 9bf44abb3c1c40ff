import { NodewardError } from '../../../base/errors.ts';
import { KubernetesClient, type KubernetesShared } from '../../kubernetes/client.ts';
import { KubernetesError } from '../../kubernetes/errors.ts';
import { faultsProblem, kubernetesProblem } from '../../kubernetes/problems.ts';
import { readNodes } from '../../kubernetes/read-nodes.ts';
import { readWorkloads } from '../../kubernetes/read-workloads.ts';
import type { KubernetesTarget } from '../../kubernetes/target.ts';
import type { FoundCluster, NodeCursor, NodeListing, Problem, Run } from '../../types.ts';
import type { Azure } from './azure.ts';
import { type Kept, readCursor, writeCursor } from './cursor.ts';
import { clusterPlace } from './ids.ts';
import { AKS_SERVER_ID, type ClusterAccess, readKubeconfig } from './kubeconfig.ts';
import { listMachines } from './machines.ts';
import { aksNode } from './node-of.ts';
import { azureProblem } from './problems.ts';

/** One look at the nodes of one cluster. */
interface Look {
  readonly azure: Azure;
  readonly kubernetes: KubernetesShared;
  readonly found: FoundCluster;
  /** Count privileged pods. */
  readonly workloads: boolean;
  readonly run: Run;
}

const NOTHING: NodeListing = {
  kind: 'all',
  nodes: [],
  removed: [],
  pools: [],
  complete: true,
  cursor: null,
  problems: [],
};

/** The nodes of a cluster from its own API; where that cannot be read, the machines that Azure names. */
export async function listNodes(look: Look, cursor: NodeCursor | null): Promise<NodeListing> {
  const { cluster } = look.found;
  // A stopped cluster has no machines and answers nothing.
  if (cluster.power === 'stopped') return NOTHING;
  const kept = readCursor(cursor);
  try {
    return await lookAgain(look, kept);
  } catch (thrown) {
    look.run.signal.throwIfAborted();
    const problem = problemOf(thrown, look.found);
    const { nodes, problems } = await listMachines(look.azure, look.found, look.run);
    return { ...NOTHING, nodes, complete: false, problems: [problem, ...problems] };
  }
}

/** With what is kept, and if that leads nowhere, with what Azure says now: the address of a cluster may change. */
async function lookAgain(look: Look, kept: Kept | null): Promise<NodeListing> {
  if (kept?.access) {
    try {
      return await lookWith(look, kept.access, kept.version);
    } catch (thrown) {
      const stale =
        thrown instanceof KubernetesError && (thrown.kind === 'unreachable' || thrown.status === 401);
      if (!stale) throw thrown;
      const access = await askAccess(look);
      if (sameAccess(access, kept.access)) throw thrown;
      return lookWith(look, access, kept.version);
    }
  }
  return lookWith(look, await askAccess(look), kept?.version ?? null);
}

function sameAccess(a: ClusterAccess, b: ClusterAccess): boolean {
  return a.server.href === b.server.href && a.ca === b.ca && a.user.kind === b.user.kind;
}

async function lookWith(look: Look, access: ClusterAccess, since: string | null): Promise<NodeListing> {
  const { azure, found, kubernetes, run } = look;
  const client = new KubernetesClient(targetOf(azure, access, run.signal), kubernetes);
  const read = await readNodes({ client, since, read: aksNode(found), signal: run.signal });
  const problem = faultsProblem(read.faults, found.cluster.id);
  return {
    kind: read.kind,
    nodes: read.nodes,
    removed: read.removed,
    pools: read.pools,
    complete: problem === null,
    cursor: writeCursor(access, read.version),
    problems: problem === null ? [] : [problem],
    ...(look.workloads
      ? { workloads: await readWorkloads({ client, scope: found.cluster.id, signal: run.signal }) }
      : {}),
  };
}

async function askAccess({ azure, found, run }: Look): Promise<ClusterAccess> {
  const place = clusterPlace(found.cluster.id);
  if (place === null) throw new NodewardError('input-malformed', `${found.cluster.id} is no id of a cluster`);
  const client = await azure.containerService(place.subscription, run.signal);
  const answer = await client.managedClusters.listClusterUserCredentials(place.resourceGroup, place.name, {
    format: 'exec',
  });
  const kubeconfig = answer.kubeconfigs?.[0]?.value;
  if (kubeconfig === undefined)
    throw new NodewardError('input-malformed', 'Azure handed out no kubeconfig for the cluster');
  return readKubeconfig(kubeconfig);
}

function targetOf(azure: Azure, { server, ca, user }: ClusterAccess, signal: AbortSignal): KubernetesTarget {
  const authorize = async (): Promise<Readonly<Record<string, string>>> => {
    if (user.kind === 'certificate') return {};
    const token = user.kind === 'token' ? user.token : await azure.token(`${AKS_SERVER_ID}/.default`, signal);
    return { authorization: `Bearer ${token}` };
  };
  return {
    server,
    tls: {
      ...(ca === null ? {} : { ca }),
      ...(user.kind === 'certificate' ? { cert: user.cert, key: user.key } : {}),
    },
    authorize,
    agent: null,
  };
}

function problemOf(thrown: unknown, { cluster }: FoundCluster): Problem {
  if (thrown instanceof KubernetesError) return kubernetesProblem(thrown, cluster.id);
  const malformed = thrown instanceof NodewardError && thrown.code.startsWith('input-');
  if (!malformed) return azureProblem(thrown, cluster.id, `Nodes of ${cluster.name} cannot be read`);
  const { message, remedy, code } = thrown;
  return {
    scope: cluster.id,
    code: code === 'input-unsupported' ? 'no-permission' : 'malformed',
    detail: `Nodes of ${cluster.name} cannot be read: ${message}`,
    remedy,
  };
}
