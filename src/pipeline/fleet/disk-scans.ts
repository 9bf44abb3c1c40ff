import { NodewardError, reasonOf } from '../../base/errors.ts';
import { silent } from '../../base/log.ts';
import { inParallel } from '../../base/parallel.ts';
import { compareText } from '../../base/text.ts';
import { digestOf } from '../../evidence/images/digest.ts';
import type { DiskAccess, DiskRefusal, OpenedDisk, Provider } from '../../inventory/index.ts';
import type { CoverageReason, Evidence } from '../../model/coverage.ts';
import type { ScanFailure, StoredCluster, StoredNode, StoredPool } from '../../model/inventory.ts';
import type { Component, SoftwareList } from '../../model/software.ts';
import type { Evidence as Scanned } from '../assess.ts';
import { scanEvidence } from '../scan.ts';
import type { SyncContext } from './context.ts';
import { ageHours, stillCounts } from './coverage.ts';
import type { Derived } from './image-evidence.ts';
import { kernelDrift } from './kernels.ts';
import { contentOf } from './look.ts';
import { sentence } from './problems.ts';
import { changedSince, containerdOf, kubeletOf, reportedBy, stateKey } from './reported.ts';
import { scrubber } from './scrub.ts';
import { type Standings, standings } from './standing.ts';
import type { Fleet } from './types.ts';

/** Disks that are read at a time: each has a thread, and reads over the network. */
const PARALLEL = 3;

/** A disk to read. */
interface Task {
  readonly node: StoredNode;
  readonly pool: StoredPool;
  readonly disks: DiskAccess;
}

/** Reads the disks of assessed nodes, by the fleet's rules, that have no fresh evidence of their own. */
export async function scanDisks(
  context: SyncContext,
  providers: readonly Provider[],
): Promise<{ readonly done: number; readonly failed: number }> {
  const { options } = context;
  const tasks: Task[] = [];
  for (const provider of providers) tasks.push(...(await planOf(context, provider)));
  const failures: Failure[] = [];
  let done = 0;
  await inParallel(tasks, { limit: PARALLEL, signal: options.signal }, async (task) => {
    const reason = await scanOne(context, task);
    if (reason === null) done++;
    else failures.push({ node: task.node, reason });
    options.progress.step('Disks', done + failures.length, tasks.length);
  });
  options.progress.end();
  tell(context, failures);
  return { done, failed: failures.length };
}

interface Failure {
  readonly node: StoredNode;
  readonly reason: CoverageReason;
}

/** What went wrong with disks that should be readable, once for all of which it is the same. */
function tell({ problems }: SyncContext, failures: readonly Failure[]): void {
  const wrong = failures.filter(({ reason: { code } }) => !FINAL.has(code));
  for (const same of Map.groupBy(wrong, ({ reason }) => reason.detail).values()) {
    const [first] = same;
    if (first === undefined) continue;
    problems.name(first.node.id, first.node.name);
    const more = same.length > 1 ? ` So it was with ${same.length - 1} more.` : '';
    problems.add({ ...first.reason, scope: first.node.id, detail: `${first.reason.detail}${more}` });
  }
}

async function planOf({ fleet }: SyncContext, { id, disks }: Provider): Promise<readonly Task[]> {
  const { rules, store } = fleet;
  if (disks === null || rules.disks === 'off') return [];
  const { inventory } = store;
  const said = standings(await inventory.enablements(), rules.excludeTags);
  const tasks: Task[] = [];
  for (const cluster of await inventory.clusters())
    if (cluster.provider === id) tasks.push(...(await planOfCluster(fleet, said, { cluster, disks })));
  return tasks;
}

async function planOfCluster(
  fleet: Fleet,
  said: Standings,
  { cluster, disks }: { readonly cluster: StoredCluster; readonly disks: DiskAccess },
): Promise<readonly Task[]> {
  if (cluster.power === 'stopped') return [];
  const tasks: Task[] = [];
  const known = await fleet.store.read((reader) => contentOf(reader, cluster.id));
  for (const pool of known.pools) {
    if (!said.of(cluster, pool).enabled || pool.osDisk === 'ephemeral') continue;
    const nodes = known.nodes.get(pool.id) ?? [];
    for (const node of chosen(fleet, { ...known, nodes })) tasks.push({ node, pool, disks });
  }
  return tasks;
}

/** Disks of one cluster that are to be read. @returns the ids of their nodes */
export async function disksToScan(context: SyncContext, cluster: string): Promise<readonly string[]> {
  return (await tasksOf(context, cluster)).map(({ node }) => node.id);
}

/**
 * Reads the disk of one node, if that is still to be done.
 * @returns whether it was read; null where nothing had to be done
 */
export async function scanDisk(
  context: SyncContext,
  of: { readonly cluster: string; readonly node: string },
): Promise<boolean | null> {
  const task = (await tasksOf(context, of.cluster)).find(({ node }) => node.id === of.node);
  if (task === undefined) return null;
  const reason = await scanOne(context, task);
  if (reason !== null) tell(context, [{ node: task.node, reason }]);
  return reason === null;
}

async function tasksOf({ fleet, options }: SyncContext, id: string): Promise<readonly Task[]> {
  const { rules, store } = fleet;
  const cluster = rules.disks === 'off' ? null : await store.inventory.cluster(id);
  const disks = options.providers.find((each) => each.id === cluster?.provider)?.disks ?? null;
  if (cluster === null || disks === null) return [];
  const said = standings(await store.inventory.enablements(), rules.excludeTags);
  return planOfCluster(fleet, said, { cluster, disks });
}

/** What is known of the nodes of one pool. */
interface Known {
  readonly nodes: readonly StoredNode[];
  readonly evidence: ReadonlyMap<string, readonly Evidence[]>;
  readonly failures: ReadonlyMap<string, ScanFailure>;
}

/** The nodes of a pool whose disks are to be read: all, or for each state that none with fresh evidence is in, one. */
function chosen({ rules, clock }: Fleet, { nodes, evidence, failures }: Known): readonly StoredNode[] {
  const now = clock.now();
  const young = (at: string): boolean => ageHours(at, now) < rules.maxAgeHours;
  const states = Map.groupBy(nodes, stateKey);
  const tasks: StoredNode[] = [];
  for (const state of states.values()) {
    // A node that only the cloud knows, as of a private cluster, has a disk all the same.
    const readable = state.filter(({ os }) => os !== 'windows');
    const stale = readable.filter(
      (node) =>
        !(evidence.get(node.id) ?? []).some(
          (each) => each.source === 'disk' && isCurrent(each, node) && young(each.takenAt),
        ),
    );
    const open = stale.filter(({ id }) => !isFinal(failures.get(id), young));
    if (rules.disks === 'all') tasks.push(...open);
    else if (stale.length === readable.length && open.length === readable.length)
      tasks.push(...preferred(open, failures));
  }
  return tasks;
}

function isCurrent(evidence: Evidence, node: StoredNode): boolean {
  return stillCounts(evidence, node) && changedSince(evidence, node).length === 0;
}

const FINAL: ReadonlySet<CoverageReason['code']> = new Set(['ephemeral-disk', 'encrypted-disk']);

/** A disk that cannot be read today cannot be read tomorrow, unless its node is made anew. */
function isFinal(failure: ScanFailure | undefined, young: (at: string) => boolean): boolean {
  return failure !== undefined && young(failure.at) && FINAL.has(failure.reason.code);
}

/** One node: one whose disk was not found to be unreadable before, that is ready, by name. */
function preferred(nodes: readonly StoredNode[], failures: Known['failures']): readonly StoredNode[] {
  const rank = ({ id, ready }: StoredNode): number => (failures.has(id) ? 2 : 0) + (ready === true ? 0 : 1);
  return nodes.toSorted((a, b) => rank(a) - rank(b)).slice(0, 1);
}

/** @returns null where the disk was read; else the reason why not, which is stored */
async function scanOne(context: SyncContext, task: Task): Promise<CoverageReason | null> {
  const { fleet } = context;
  const { node } = task;
  const at = context.now();
  const result = await scanNode(context, task);
  if ('software' in result) {
    const read = withComponents(result, context.images.of(node));
    const software = asReported(read.software, node);
    const digest = digestOf(software);
    const { id, uid, image } = node;
    const drift = kernelDrift(result.software, node);
    const whole = { confidence: 'high', complete: result.scan?.complete ?? false, drift } as const;
    const reported = reportedBy(node);
    const own = { node: id, uid, image, reported, source: 'disk', takenAt: at } as const;
    await fleet.store.write(async ({ inventory }) => {
      await inventory.putSoftware(digest, software);
      await inventory.putEvidence([{ ...own, ...whole, software: digest, gaps: read.gaps }]);
    });
    return null;
  }
  await fleet.store.write(({ inventory }) => inventory.putScanFailure({ node: node.id, at, reason: result }));
  return result;
}

/** What is on the disk, or why it could not be read. The snapshot is released in any case. */
async function scanNode(
  context: SyncContext,
  { node, pool, disks }: Task,
): Promise<Pick<Scanned, 'software' | 'gaps' | 'scan'> | CoverageReason> {
  const { signal } = context.options;
  try {
    const opened = await disks.open(node, pool, context.run);
    if (!('reason' in opened)) return await scanOpened(context, opened);
    if (opened.left !== undefined) context.problems.add(opened.left);
    signal.throwIfAborted();
    return refused(opened);
  } catch (thrown) {
    signal.throwIfAborted();
    return failed(thrown, (text) => text);
  }
}

async function scanOpened(
  { options, problems }: SyncContext,
  opened: OpenedDisk,
): Promise<Pick<Scanned, 'software' | 'gaps' | 'scan'> | CoverageReason> {
  const { scanWorker: worker, signal } = options;
  // The address holds a signature that lets everyone read the disk: no text may carry it on.
  const scrub = scrubber(opened.url);
  try {
    const target = { kind: 'disk', location: opened.url, partition: null } as const;
    const run = { worker, signal, progress: silent, allFiles: false };
    const { software, gaps, scan } = await scanEvidence(target, run);
    return { software, gaps: JSON.parse(scrub(JSON.stringify(gaps))) as typeof gaps, scan };
  } catch (thrown) {
    signal.throwIfAborted();
    return failed(thrown, scrub);
  } finally {
    for (const problem of await opened.release()) problems.add({ ...problem, detail: scrub(problem.detail) });
  }
}

function refused({ reason, detail, remedy }: DiskRefusal): CoverageReason {
  return { code: reason, detail: sentence(detail), remedy: sentence(remedy) };
}

function failed(thrown: unknown, scrub: (text: string) => string): CoverageReason {
  const detail = sentence(`Its disk could not be read: ${scrub(reasonOf(thrown))}`);
  const remedy = thrown instanceof NodewardError ? thrown.remedy : 'Sync again; it is tried anew each time.';
  return { code: 'scan-failed', detail, remedy };
}

/** A list with what it may lack. */
type Read = Pick<Scanned, 'software' | 'gaps'>;

/**
 * A disk on which no node component was found does not say that the node has none: without those of its image their
 * findings would seem to be fixed as soon as the disk is read.
 */
function withComponents({ software, gaps }: Read, image: Derived | null): Read {
  const components = image?.software.components ?? [];
  if (software.components.length > 0 || components.length === 0) return { software, gaps };
  const detail =
    'No program of a node component was found on the disk; its components are those of its image.';
  return {
    software: { ...software, components },
    gaps: [...gaps, { code: 'derived-evidence', detail, subjects: [] }],
  };
}

/** What the node reports goes into the list where the disk does not say it: which kernel runs, and its components. */
function asReported(software: SoftwareList, node: StoredNode): SoftwareList {
  const reported = [
    ['kubelet', kubeletOf(node)] as const,
    ['containerd', containerdOf(node)] as const,
  ].flatMap(([name, version]): Component[] => {
    const known = software.components.some((each) => each.name === name && each.role === 'installed');
    return version === null || known ? [] : [{ name, version, role: 'installed' }];
  });
  const components = [...software.components, ...reported].sort(
    (a, b) => compareText(a.name, b.name) || compareText(a.version, b.version),
  );
  return { ...software, components, runningKernel: node.kernel ?? software.runningKernel };
}
