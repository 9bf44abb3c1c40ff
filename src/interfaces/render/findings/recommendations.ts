import type { Recommendation } from '../../../model/recommendation.ts';
import type { Column } from '../fleet/columns.ts';
import { imageVersion } from '../fleet/words.ts';
import { type Style, thousands } from '../table/text.ts';
import type { PageForm } from './page.ts';
import { dueStyle, dueWords, KIND_WORDS, poolName, STATE_STYLES, STATE_WORDS } from './words.ts';

/** Recommendations, the most urgent first. */
export const RECOMMENDATIONS: PageForm<Recommendation> = {
  name: 'recommendations',
  nouns: ['recommendation', 'recommendations'],
  csvColumns: [
    ...['id', 'kind', 'state', 'risk', 'subscription', 'cluster', 'pool', 'owner', 'nodes', 'affected'],
    ...['open', 'critical', 'high', 'medium', 'low', 'negligible', 'unknown'],
    ...['fix_available', 'fix_not_in_region', 'fix_no_image', 'fix_kubernetes', 'fix_no_vendor_fix'],
    ...['fix_unknown', 'kev', 'overdue', 'reopened', 'exempted', 'since', 'due_at', 'image', 'offered'],
    ...['reasons', 'scope'],
  ],
  csv: (each) => {
    const { bySeverity, byFix, open, kev, overdue, reopened, exempted } = each.counts;
    return [
      ...[each.id, each.kind, each.state, each.risk.score, each.subscriptionName, each.clusterName],
      ...[each.poolName, each.owner, each.nodes, each.affected, open],
      ...[bySeverity.critical, bySeverity.high, bySeverity.medium, bySeverity.low, bySeverity.negligible],
      ...[bySeverity.unknown, byFix.available, byFix['not-in-region'], byFix['no-image'], byFix.kubernetes],
      ...[byFix['no-vendor-fix'], byFix.unknown, kev, overdue, reopened, exempted, each.since, each.dueAt],
      ...[each.image, each.offered, each.reasons.map(({ code }) => code).join('; '), each.scope],
    ];
  },
  columns: ({ now }) => [
    { title: 'ID', text: ({ id }) => id },
    { title: 'RISK', text: ({ risk }) => (risk.score === 0 ? '' : String(risk.score)), right: true },
    {
      title: 'STATE',
      text: ({ state }) => STATE_WORDS[state],
      style: ({ state }) => STATE_STYLES[state],
    },
    { title: 'ABOUT', text: ({ kind }) => KIND_WORDS[kind] },
    { title: 'POOL', text: poolName },
    { title: 'NODES', text: ({ nodes }) => thousands(nodes), right: true, yields: 6 },
    { title: 'OPEN', text: countOf(({ open }) => open), right: true },
    countColumn('CRIT', ({ bySeverity }) => bySeverity.critical, { style: 'alarm', yields: 2 }),
    countColumn('HIGH', ({ bySeverity }) => bySeverity.high, { style: 'red', yields: 3 }),
    countColumn('KEV', ({ kev }) => kev, { style: 'alarm', yields: 4 }),
    countColumn('FIXABLE', ({ byFix }) => byFix.available, { style: 'green', yields: 1 }),
    { title: 'DUE', text: ({ dueAt }) => dueWords(dueAt, now), style: ({ dueAt }) => dueStyle(dueAt, now) },
    { title: 'OWNER', text: ({ owner }) => owner ?? '', yields: 5 },
    { title: 'IMAGE', text: imagesOf, yields: 7 },
  ],
};

function countColumn(
  title: string,
  count: (counts: Recommendation['counts']) => number,
  { style, yields }: { readonly style: Style; readonly yields: number },
): Column<Recommendation> {
  return { title, text: countOf(count), right: true, style: () => style, yields };
}

function countOf(count: (counts: Recommendation['counts']) => number): (each: Recommendation) => string {
  return ({ counts }) => {
    const number = count(counts);
    return number === 0 ? '' : thousands(number);
  };
}

/** What runs and what the region offers: `202401.17.1 → 202402.19.0`. */
function imagesOf({ image, offered }: Recommendation): string {
  if (image === null) return '';
  const runs = imageVersion(image);
  return offered === null || offered === image ? runs : `${runs} → ${imageVersion(offered)}`;
}
