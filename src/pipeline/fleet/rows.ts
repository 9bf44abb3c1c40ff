import type { CoverageReason } from '../../model/coverage.ts';
import type { CoverageCounts, CoverageRow, NodeView } from '../../model/fleet-report.ts';
import type { StoredSubscription } from '../../model/inventory.ts';
import { addCounts, NO_NODES, scopeState } from './coverage.ts';
import { type ClusterLook, reasonsOf, type Summary, Viewer } from './look.ts';
import { ReasonCounts } from './reason-counts.ts';
import { resolveScope } from './scopes.ts';
import type { Fleet, ResolvedScope } from './types.ts';

/**
 * How far everything is assessed: subscriptions, each followed by its clusters, each followed by its pools.
 * @param scope as for `resolveScope`: only what is in it, and its nodes too; null for all without nodes
 * @throws NodewardError scope-unknown
 */
export async function coverageRows(fleet: Fleet, scope: string | null): Promise<readonly CoverageRow[]> {
  const wanted = scope === null ? null : await resolveScope(fleet, scope);
  const viewer = await Viewer.of(fleet);
  const { inventory } = fleet.store;
  const clusters = (await inventory.clusters()).filter((each) => {
    if (wanted === null || wanted.kind === 'all') return true;
    if (wanted.kind === 'subscription') return each.subscription === wanted.id;
    return wanted.kind === 'cluster' ? each.id === wanted.id : wanted.id.startsWith(`${each.id}/`);
  });
  const bySubscription = Map.groupBy(clusters, ({ subscription }) => subscription);
  const rows: CoverageRow[] = [];
  for (const subscription of await inventory.subscriptions()) {
    const below = new BelowSubscription(wanted);
    for (const cluster of bySubscription.get(subscription.id) ?? []) below.add(await viewer.look(cluster));
    const asked = wanted === null || wanted.kind === 'all' || wanted.id === subscription.id;
    rows.push(...(asked ? [below.row(subscription)] : []), ...below.rows);
  }
  return rows;
}

/** Gathers the rows below a subscription, and what they come to. */
class BelowSubscription {
  readonly rows: CoverageRow[] = [];
  readonly #wanted: ResolvedScope | null;
  readonly #clusters = new ReasonCounts('clusters');
  readonly #pools = new ReasonCounts('pools');
  readonly #nodes = new ReasonCounts('nodes');
  #counts: CoverageCounts = NO_NODES;
  #whole = true;

  constructor(wanted: ResolvedScope | null) {
    this.#wanted = wanted;
  }

  add({ cluster, pools, summary }: ClusterLook): void {
    const wanted = this.#wanted;
    if (wanted?.kind !== 'pool') this.rows.push(scopeRow('cluster', cluster.name, summary));
    for (const { pool, nodes, summary: ofPool } of pools) {
      if (wanted?.kind === 'pool' && wanted.id !== pool.id) continue;
      this.rows.push(scopeRow('pool', `${cluster.name}/${pool.name}`, ofPool));
      if (wanted !== null) this.rows.push(...nodes.map(nodeRow));
    }
    this.#clusters.add(summary.own);
    const [ofPools, ofNodes] = summary.parts;
    if (ofPools !== undefined) this.#pools.addAll(ofPools);
    if (ofNodes !== undefined) this.#nodes.addAll(ofNodes);
    this.#counts = addCounts(this.#counts, summary.counts);
    this.#whole &&= summary.whole;
  }

  row({ name, problems, listedAt }: StoredSubscription): CoverageRow {
    const parts = [this.#clusters, this.#pools, this.#nodes];
    const own: CoverageReason[] = [...problems];
    if (own.length === 0 && listedAt === null) own.push(notListed());
    else if (own.length === 0 && this.rows.length === 0) own.push(noClusters());
    const whole = this.#whole && own.length === 0;
    return scopeRow('subscription', name, { counts: this.#counts, whole, own, parts });
  }
}

function notListed(): CoverageReason {
  return {
    code: 'not-synced',
    detail: 'Its clusters were never all listed.',
    remedy: 'Run `nodeward sync`.',
  };
}

function noClusters(): CoverageReason {
  const remedy = 'Nothing has to be done until it has clusters; the next `nodeward sync` finds them.';
  return { code: 'no-nodes', detail: 'No clusters were found in the subscription.', remedy };
}

function scopeRow(level: CoverageRow['level'], name: string, summary: Summary): CoverageRow {
  const { counts, whole } = summary;
  const state = scopeState(counts, whole);
  return { level, name, state, counts, evidence: null, reasons: reasonsOf(summary) };
}

function nodeRow({ node, coverage }: NodeView): CoverageRow {
  const { state, evidence, reasons } = coverage;
  return { level: 'node', name: node.name, state, counts: { ...NO_NODES, [state]: 1 }, evidence, reasons };
}
