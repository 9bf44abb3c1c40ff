import type { Evidence } from '../../model/coverage.ts';
import type { StoredCluster, StoredNode } from '../../model/inventory.ts';
import type { Candidate, CandidateRole, PoolList } from '../../model/recommendation.ts';
import type { StoreWriter } from '../../storage/index.ts';
import { bestEvidence } from '../fleet/coverage.ts';
import { type Content, contentOf } from '../fleet/look.ts';
import { standings } from '../fleet/standing.ts';
import type { Fleet } from '../fleet/types.ts';
import type { LongStep } from '../update.ts';
import { type CandidateImage, CandidateMaker } from './candidates.ts';

/** Of a history, only what was where. */
const NO_CVE = '';

/**
 * Records which software lists the nodes of each pool have by their best evidence, and which the images that could
 * replace theirs would bring. Pools that are gone, not enabled or without evidence have none any more. One transaction
 * for each cluster; what is as it was costs no write.
 * @param clusters also those that are gone
 * @throws NodewardError catalogue-missing, catalogue-unusable, store-busy, file-unwritable, and the reason of the signal
 */
export async function placeLists(
  fleet: Fleet,
  clusters: readonly StoredCluster[],
  { progress, signal }: LongStep,
): Promise<void> {
  const candidates = new CandidateMaker(fleet.workspace.catalogue());
  const put = new Set<string>();
  for (const [index, cluster] of clusters.entries()) {
    signal.throwIfAborted();
    progress.step('Placing software: clusters', index, clusters.length);
    const named = await fleet.store.write((writer) =>
      placeCluster({ fleet, candidates, put }, writer, cluster),
    );
    // Only now: a transaction may have been undone and run again.
    for (const digest of named) put.add(digest);
  }
  progress.end();
}

interface Placing {
  readonly fleet: Fleet;
  readonly candidates: CandidateMaker;
  /** Lists of candidates that are in the store since this placing. */
  readonly put: ReadonlySet<string>;
}

/** @returns the lists of candidates that are named by something now */
async function placeCluster(
  placing: Placing,
  writer: StoreWriter,
  cluster: StoredCluster,
): Promise<ReadonlySet<string>> {
  const { clock, rules } = placing.fleet;
  const at = clock.now().toISOString();
  const standing = standings(await writer.inventory.enablements(), rules.excludeTags);
  const content = await contentOf(writer, cluster.id);
  const named = new Set(placing.put);
  const there = new Set(cluster.gone === null ? content.pools.map(({ id }) => id) : []);
  for (const pool of await writer.inventory.pools({ cluster: cluster.id, gone: true })) {
    const assessed = there.has(pool.id) && standing.of(cluster, pool).enabled;
    const nodes = assessed ? (content.nodes.get(pool.id) ?? []) : [];
    const lists = await listsOf(pool.id, writer, { nodes, evidence: content.evidence });
    await writer.findings.putPoolLists(pool.id, lists, at);
    const candidates = await putLists(placing.candidates.of(pool, nodes), writer, named);
    await writer.findings.putCandidates(pool.id, candidates, at);
  }
  return named;
}

/**
 * The distinct lists of a pool's nodes, with how many have each. Whether nodes without evidence, or with one that does not
 * know their packages, still have what was there before is not known, so that stays too, with no nodes.
 */
async function listsOf(
  pool: string,
  writer: StoreWriter,
  { nodes, evidence }: { readonly nodes: readonly StoredNode[] } & Pick<Content, 'evidence'>,
): Promise<readonly Pick<PoolList, 'list' | 'nodes'>[]> {
  const best = nodes.map((node) => bestEvidence(evidence.get(node.id) ?? [], node));
  const counts = new Map<string, number>();
  for (const each of best) if (each !== null) counts.set(each.software, (counts.get(each.software) ?? 0) + 1);
  const unknown = best.includes(null);
  if (unknown || best.some(lacksPackages)) {
    for (const list of await before(pool, writer, { packages: !unknown }))
      if (!counts.has(list)) counts.set(list, 0);
  }
  return Array.from(counts, ([list, count]) => ({ list, nodes: count }));
}

function lacksPackages(evidence: Evidence | null): boolean {
  return evidence?.gaps.some(({ code }) => code === 'no-package-list') ?? true;
}

/** The lists a pool had up to now: all of them, or only those with packages. */
async function before(
  pool: string,
  { findings, inventory }: StoreWriter,
  only: { readonly packages: boolean },
): Promise<readonly string[]> {
  const { pools } = await findings.history([pool], NO_CVE);
  const lists = pools.flatMap(({ list, until }) => (until === null ? [list] : []));
  if (!only.packages) return lists;
  const heads = await inventory.softwareHeads();
  return lists.filter((list) => (heads.get(list)?.packages ?? 0) > 0);
}

/** Puts the lists of candidates that are not there yet, before anything names them. */
async function putLists(
  candidates: ReadonlyMap<CandidateRole, CandidateImage>,
  { inventory }: StoreWriter,
  there: Set<string>,
): Promise<ReadonlyMap<CandidateRole, Pick<Candidate, 'image' | 'list'>>> {
  const named = new Map<CandidateRole, Pick<Candidate, 'image' | 'list'>>();
  for (const [role, { image, list }] of candidates) {
    if (list !== null && !there.has(list.digest)) {
      await inventory.putSoftware(list.digest, list.software);
      there.add(list.digest);
    }
    named.set(role, { image, list: list?.digest ?? null });
  }
  return named;
}
