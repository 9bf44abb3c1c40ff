import type { Random } from '../../ports.ts';
import type { SimPool } from '../../types.ts';

/** One workload of a cluster, as it is made. */
export interface WorkloadPlan {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  /** Its PodDisruptionBudget; null without one. */
  readonly budget: { readonly minAvailable: number } | { readonly maxUnavailable: number } | null;
  /** The pool its pods are bound to; null where any node will do. */
  readonly pool: string | null;
  /** What its pods have beyond those of others; left out where that is nothing. */
  readonly rights?: 'privileged' | 'host-root';
}

/** The namespaces of every cluster. */
export const NAMESPACES = [
  'data',
  'default',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  'shop',
] as const;

/** One cluster in so many has a workload that can never be evicted, or pods that have their nodes. */
const STRICT_ONE_IN = 4;
const PRIVILEGED_ONE_IN = 2;

/** What runs in a cluster. The same random numbers give the same workloads. */
export function planWorkloads(pools: readonly SimPool[], random: Random): readonly WorkloadPlan[] {
  const anywhere = { kind: 'Deployment', pool: null } as const;
  const system = { ...anywhere, namespace: 'kube-system', replicas: 2, budget: { minAvailable: 1 } };
  const plans: WorkloadPlan[] = [
    { ...system, name: 'coredns', image: 'mcr.microsoft.com/oss/kubernetes/coredns:v1.9.4' },
    {
      ...system,
      name: 'konnectivity-agent',
      image: 'mcr.microsoft.com/oss/kubernetes/apiserver-network-proxy/agent:v0.1.6',
    },
    { ...system, name: 'metrics-server', image: 'mcr.microsoft.com/oss/kubernetes/metrics-server:v0.6.3' },
    {
      ...{ ...anywhere, namespace: 'shop', name: 'web', image: 'contoso.azurecr.io/web:4.11' },
      ...{ replicas: 3 + random.below(3), budget: { maxUnavailable: 1 } },
    },
    {
      ...{ ...anywhere, namespace: 'shop', name: 'cart', image: 'contoso.azurecr.io/cart:2.3' },
      ...{ replicas: 2, budget: null },
    },
    {
      ...{
        ...anywhere,
        kind: 'StatefulSet',
        namespace: 'data',
        name: 'queue',
        image: 'contoso.azurecr.io/queue:1.8',
      },
      ...{ replicas: 3, budget: { minAvailable: 2 } },
    },
  ];
  const strict = random.below(STRICT_ONE_IN) === 0;
  const pool = pools.findLast(
    ({ mode, osType, count }) => mode === 'User' && osType === 'Linux' && count >= 2,
  );
  if (strict && pool !== undefined)
    plans.push({
      ...{ kind: 'Deployment', namespace: 'data', name: 'ledger', image: 'contoso.azurecr.io/ledger:7.0' },
      ...{ replicas: 2, budget: { maxUnavailable: 0 }, pool: pool.name },
    });
  const privileged = random.below(PRIVILEGED_ONE_IN) === 0;
  if (privileged && pool !== undefined) plans.push(...privilegedWorkloads(pool.name));
  return plans;
}

function privilegedWorkloads(pool: string): readonly WorkloadPlan[] {
  const rest = { kind: 'Deployment', namespace: 'shop', budget: null, pool } as const;
  return [
    {
      ...{ ...rest, name: 'image-builder', image: 'contoso.azurecr.io/image-builder:1.2' },
      ...{ replicas: 2, rights: 'privileged' },
    },
    {
      ...{ ...rest, name: 'log-shipper', image: 'contoso.azurecr.io/log-shipper:3.9' },
      ...{ replicas: 1, rights: 'host-root' },
    },
  ];
}
