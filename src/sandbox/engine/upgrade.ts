import type { ProvisioningState, SimNode, SimOperation, SimPool } from '../types.ts';
import {
  begin,
  clusterOf,
  DURATIONS,
  type Engine,
  finish,
  lasting,
  operationOf,
  strikesOn,
} from './engine.ts';
import { addNode, type NodeTarget, reimageNode, removeNode, targetOf } from './nodes.ts';
import { settleCount } from './pools.ts';
import { drainStep } from './upgrade-drain.ts';
import {
  capacityFailure,
  type Failure,
  planOf,
  runOf,
  saveRun,
  type Upgrade,
  type UpgradeRun,
} from './upgrade-run.ts';

/** Annotations of a node that an upgrade is at work on: the autoscaler is to leave it alone. */
const AT_WORK = {
  'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true',
  'kubernetes.azure.com/azure-cluster-autoscaler-scale-down-disabled-reason': 'upgrade',
} as const;

/** What to upgrade a pool to. */
export interface UpgradeStart {
  /** `UpgradePool`, `UpgradeNodeImage`, `AutoUpgradeNodeImage`, … */
  readonly kind: string;
  readonly state: ProvisioningState;
  readonly target: NodeTarget;
  /** The family of the target image, where it is another one. */
  readonly family: string | null;
  /** `1.28` or `1.28.5`, as it was asked for. */
  readonly orchestratorVersion: string;
  /** The cluster operation this is a part of. */
  readonly parent?: string;
}

/**
 * Starts to upgrade a pool: surge nodes are added, then each node is cordoned, drained, left to soak and made anew, and
 * at the end the surge nodes are removed. ARM shows the target from now on, whatever becomes of it. Nodes that have the
 * target already are left as they are, so that an upgrade which stopped half-way goes on.
 */
export function startUpgrade(engine: Engine, pool: SimPool, start: UpgradeStart): SimOperation {
  const { core } = engine;
  const { target } = start;
  const run: UpgradeRun = {
    ...{ image: target.image, kubelet: target.kubelet, ...planOf(engine, pool, target) },
    ...{ surge: [], waiting: 0, active: [], quarantined: [], upgraded: 0, ended: false },
    failAfter: strikesOn(core, 'target-after-failure', pool) === null ? null : 1,
    parent: start.parent ?? null,
  };
  rememberUsed(engine, pool, target);
  pool.family = start.family;
  pool.nodeImageVersion = target.image ?? pool.nodeImageVersion;
  pool.orchestratorVersion = start.orchestratorVersion;
  pool.currentOrchestratorVersion = target.kubelet;
  const operation = begin(engine, pool, { kind: start.kind, state: start.state, data: { run } });
  step(engine, operation, { step: 'surge', after: DURATIONS.validation });
  return operation;
}

/** Keeps what the pool ran until now, which it can be taken back to also where the upgrade stops on the way. */
function rememberUsed({ core }: Engine, pool: SimPool, target: NodeTarget): void {
  const { currentOrchestratorVersion: orchestratorVersion, nodeImageVersion } = pool;
  if (nodeImageVersion === target.image && orchestratorVersion === target.kubelet) return;
  const timestamp = new Date(core.now()).toISOString();
  pool.recentlyUsed = [{ orchestratorVersion, nodeImageVersion, timestamp }, ...pool.recentlyUsed].slice(
    0,
    3,
  );
}

/** Names the handler of the machine's events. Called once, at start. */
export function runUpgrades(engine: Engine): void {
  engine.core.onEvent('upgrade', ({ data }) => {
    const operation = operationOf(engine.core, data);
    const pool = engine.core.state.pools.get(String(data.pool));
    if (pool === undefined) return;
    const node = engine.core.state.nodes.get(String(data.node));
    if (data.step === 'reimaged' && node !== undefined)
      endReimage(engine, node, { image: data.image as string | null, kubelet: String(data.kubelet) });
    if (data.step === 'surged' && node !== undefined) endSurge(engine, node);
    // An upgrade that was aborted or failed goes no further; what is under way ends by itself.
    if (operation === undefined || operation.status !== 'InProgress' || runOf(operation).ended) return;
    takeStep(engine, { operation, pool, run: runOf(operation) }, { step: String(data.step), node });
    saveRun(engine.core, operation);
  });
}

function takeStep(
  engine: Engine,
  upgrade: Upgrade,
  { step: name, node }: { readonly step: string; readonly node: SimNode | undefined },
): void {
  if (name === 'surge') addSurge(engine, upgrade);
  else if (name === 'unsurge') removeSurge(engine, upgrade);
  else if (name === 'surged') countSurge(engine, upgrade);
  else if (node === undefined) fillSlots(engine, upgrade);
  else if (name === 'drain') drainNode(engine, upgrade, node);
  else if (name === 'soaked') beginReimage(engine, upgrade, node);
  else if (name === 'reimaged') nodeDone(engine, upgrade, node);
}

function countSurge(engine: Engine, upgrade: Upgrade): void {
  upgrade.run.waiting--;
  if (upgrade.run.waiting === 0) fillSlots(engine, upgrade);
}

function nodeDone(engine: Engine, upgrade: Upgrade, node: SimNode): void {
  const { run, pool } = upgrade;
  run.active = run.active.filter(({ node: active }) => active !== node.id);
  run.upgraded++;
  if (run.failAfter === null || run.upgraded < run.failAfter) {
    fillSlots(engine, upgrade);
    return;
  }
  const message = `Upgrading node pool ${pool.name} failed: VMExtensionProvisioningError: VM has reported a failure when processing extension 'vmssCSE'.`;
  failUpgrade(engine, upgrade, { code: 'UpgradeFailed', message });
}

function addSurge(engine: Engine, upgrade: Upgrade): void {
  const { core, api } = engine;
  const { pool, run } = upgrade;
  const failure =
    run.slots.surge > 0 && run.queue.length > 0 ? capacityFailure(engine, pool, run.slots.surge) : null;
  if (failure !== null) {
    failUpgrade(engine, upgrade, failure);
    return;
  }
  // Surge nodes that an aborted upgrade left are used again.
  run.surge = core.state.nodesOf(pool.id).flatMap(({ id, surge }) => (surge ? [id] : []));
  const missing = run.queue.length === 0 ? 0 : Math.max(0, run.slots.surge - run.surge.length);
  for (let count = 0; count < missing; count++) {
    const node = addNode(core, pool, targetOf(pool));
    Object.assign(node, { surge: true, ready: false });
    run.surge.push(node.id);
    run.waiting++;
    api.nodeChanged(node, 'ADDED');
    api.event(node, 'Surge', `Created a surge node [${node.name} ${pool.name}] for agentpool ${pool.name}`);
    const after = lasting('surgeNode', core.random(`surge ${node.id}`));
    step(engine, upgrade.operation, { step: 'surged', after, node });
  }
  if (run.waiting === 0) fillSlots(engine, upgrade);
}

/** Takes as many nodes into work as may be away at a time; ends the upgrade when there are none left. */
function fillSlots(engine: Engine, upgrade: Upgrade): void {
  const { core, api } = engine;
  const { run, operation } = upgrade;
  // Nodes may have been deleted by others meanwhile.
  run.active = run.active.filter(({ node }) => core.state.nodes.get(node) !== undefined);
  while (run.active.length < run.slots.atOnce - run.quarantined.length || run.active.length === 0) {
    const id = run.queue.shift();
    if (id === undefined) break;
    const node = core.state.nodes.get(id);
    if (node === undefined || isAt(node, run)) continue;
    node.unschedulable = true;
    Object.assign(node.annotations, AT_WORK);
    core.state.nodes.put(node);
    api.nodeChanged(node, 'MODIFIED');
    api.event(node, 'Drain', `Draining node: ${node.name}`);
    run.active.push({ node: id, since: core.now() });
    step(engine, operation, { step: 'drain', after: DURATIONS.cordon, node });
  }
  if (run.active.length === 0 && run.queue.length === 0)
    step(engine, operation, { step: 'unsurge', after: run.surge.length > 0 ? DURATIONS.removeSurge : 0 });
}

function drainNode(engine: Engine, upgrade: Upgrade, node: SimNode): void {
  const { run, operation } = upgrade;
  const next = drainStep(engine, upgrade, node);
  if (next.kind === 'again') step(engine, operation, { step: 'drain', after: next.after, node });
  else if (next.kind === 'failed') failUpgrade(engine, upgrade, next.failure);
  else if (next.kind === 'quarantined') fillSlots(engine, upgrade);
  else if (run.soakMs === 0) beginReimage(engine, upgrade, node);
  else {
    const message = `Soak duration ${run.soakMs / 60_000}m0s after draining node: ${node.name}`;
    engine.api.event(node, 'Drain', message);
    step(engine, operation, { step: 'soaked', after: run.soakMs, node });
  }
}

function beginReimage(engine: Engine, { operation }: Upgrade, node: SimNode): void {
  const { core, api } = engine;
  node.ready = false;
  core.state.nodes.put(node);
  api.nodeChanged(node, 'MODIFIED');
  const after = lasting('reimage', core.random(`reimage time ${node.id} ${node.uid}`));
  step(engine, operation, { step: 'reimaged', after, node });
}

function endReimage(engine: Engine, node: SimNode, target: NodeTarget): void {
  const { core, api } = engine;
  api.nodeChanged(node, 'DELETED');
  reimageNode(core, node, target);
  api.nodeChanged(node, 'ADDED');
  api.event(node, 'Upgrade', `Successfully reimaged node: ${node.name}`);
  const cluster = core.state.clusters.get(node.cluster);
  if (cluster !== undefined) api.settlePods(cluster);
}

/** A surge node is ready. */
function endSurge({ core, api }: Engine, node: SimNode): void {
  node.ready = true;
  core.state.nodes.put(node);
  api.nodeChanged(node, 'MODIFIED');
  const cluster = core.state.clusters.get(node.cluster);
  if (cluster !== undefined) api.settlePods(cluster);
}

function removeSurge(engine: Engine, upgrade: Upgrade): void {
  const { core } = engine;
  const { pool, run } = upgrade;
  // A node that could not be drained stays as it is; a surge node takes its place for good.
  const kept = run.surge.splice(0, run.quarantined.length);
  for (const id of kept) {
    const node = core.state.nodes.get(id);
    if (node === undefined) continue;
    node.surge = false;
    core.state.nodes.put(node);
  }
  dropNodes(engine, pool, run.surge);
  const names = run.quarantined.map((id) => core.state.nodes.get(id)?.name).join(', ');
  const message = `Nodes ${names} of agent pool ${pool.name} could not be drained and were quarantined.`;
  endUpgrade(engine, upgrade, run.quarantined.length === 0 ? null : { code: 'UpgradeFailed', message });
}

/** Stops an upgrade where it is: surge nodes are removed, nodes that were being drained take pods again. */
function failUpgrade(engine: Engine, upgrade: Upgrade, failure: Failure): void {
  const { core, api } = engine;
  const { pool, run } = upgrade;
  for (const { node: id } of run.active) {
    const node = core.state.nodes.get(id);
    if (node === undefined || !node.ready) continue;
    node.unschedulable = false;
    for (const name of Object.keys(AT_WORK)) delete node.annotations[name];
    core.state.nodes.put(node);
    api.nodeChanged(node, 'MODIFIED');
  }
  dropNodes(engine, pool, run.surge);
  endUpgrade(engine, upgrade, failure);
}

function endUpgrade(engine: Engine, { operation, pool, run }: Upgrade, stopped: Failure | null): void {
  const { core } = engine;
  run.ended = true;
  // Its count may have been changed in the same request.
  const failure = stopped ?? settleCount(engine, pool);
  finish(
    engine,
    operation,
    failure === null ? { status: 'Succeeded' } : { status: 'Failed', error: failure },
  );
  core.schedule({
    at: core.now(),
    kind: 'pool-ended',
    data: {
      ...{ cluster: pool.cluster, parent: run.parent, failure },
      automatic: operation.kind.startsWith('Auto'),
    },
  });
}

function dropNodes(engine: Engine, pool: SimPool, ids: readonly string[]): void {
  for (const id of ids) {
    const node = engine.core.state.nodes.get(id);
    if (node !== undefined) removeNode(engine.core, node, engine.api);
  }
  engine.api.settlePods(clusterOf(engine.core, pool));
}

function isAt(node: SimNode, run: UpgradeRun): boolean {
  return node.image === run.image && node.kubelet === run.kubelet;
}

function step(
  engine: Engine,
  operation: SimOperation,
  next: { readonly step: string; readonly after: number; readonly node?: SimNode },
): void {
  const { image, kubelet } = runOf(operation);
  engine.core.schedule({
    at: engine.core.now() + next.after,
    kind: 'upgrade',
    data: {
      ...{ operation: operation.id, pool: operation.target, step: next.step, image, kubelet },
      ...(next.node === undefined ? {} : { node: next.node.id }),
    },
  });
}
