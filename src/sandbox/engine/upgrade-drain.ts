import type { SimNode } from '../types.ts';
import { DURATIONS, type Engine } from './engine.ts';
import type { Failure, Upgrade } from './upgrade-run.ts';

/** What comes after one attempt to drain a node. */
export type DrainStep =
  | { readonly kind: 'drained' }
  | { readonly kind: 'again'; readonly after: number }
  | { readonly kind: 'quarantined' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * Tries to drain a node. A budget that denies is waited for until the pool's drain timeout; then the node is left as it
 * was and the upgrade fails, or it is quarantined and the rest goes on. A webhook that denies ends the upgrade at once.
 */
export function drainStep(engine: Engine, { run }: Upgrade, node: SimNode): DrainStep {
  const { core, api } = engine;
  const { done, blocked } = api.drain(node, { force: run.force });
  if (done) return { kind: 'drained' };
  const first = blocked[0];
  if (first === undefined) return { kind: 'again', after: DURATIONS.leavingPods };
  if (first.kind === 'webhook') {
    const message = `Drain node ${node.name} failed when evicting pod ${first.pod}: admission webhook "${first.by}" denied the request.`;
    return { kind: 'failed', failure: { code: 'UpgradeFailed', message } };
  }
  api.event(node, 'Drain', `Eviction blocked by Too Many Requests (usually a pdb): ${first.pod}`);
  const since = run.active.find(({ node: id }) => id === node.id)?.since ?? core.now();
  if (core.now() - since < run.drainMs) return { kind: 'again', after: DURATIONS.blockedDrain };
  if (run.undrainable === 'Cordon') {
    node.labels['kubernetes.azure.com/upgrade-status'] = 'Quarantined';
    core.state.nodes.put(node);
    api.nodeChanged(node, 'MODIFIED');
    run.active = run.active.filter(({ node: id }) => id !== node.id);
    run.quarantined.push(node.id);
    return { kind: 'quarantined' };
  }
  const message = drainFailure({ node: node.name, pod: first.pod, budget: first.by });
  return { kind: 'failed', failure: { code: 'UpgradeFailed', message } };
}

/** What AKS says of a node whose pods a budget held. */
export function drainFailure(of: {
  readonly node: string;
  readonly pod: string;
  readonly budget: string;
}): string {
  return `Drain node ${of.node} failed when evicting pod ${of.pod} failed with Too Many Requests error. This is often caused by a restrictive Pod Disruption Budget (PDB) policy. See https://aka.ms/aks/debugdrainfailures. Original error: Cannot evict pod as it would violate the pod's disruption budget.. PDB debug info: ${of.pod} blocked by pdb ${of.budget} with 0 unready pods.`;
}
