import { compareText, printable } from '../../../base/text.ts';
import type { ClusterView } from '../../../model/fleet-report.ts';
import { counted, Page, thousands } from '../table/text.ts';
import { type Column, Columns } from './columns.ts';
import type { ListForm } from './types.ts';
import { codesOf, countsWords, STATE_STYLES, stateOf, totalOf } from './words.ts';

const COLUMNS: readonly Column<ClusterView>[] = [
  { title: 'CLUSTER', text: ({ cluster }) => cluster.name },
  { title: 'REGION', text: ({ cluster }) => cluster.region ?? '', yields: 5 },
  { title: 'VERSION', text: ({ cluster }) => cluster.kubernetesVersion ?? '', yields: 4 },
  { title: 'STATE', text: ({ cluster }) => conditionOf(cluster), style: () => 'yellow', yields: 2 },
  { title: 'POOLS', text: ({ pools }) => String(pools), right: true, yields: 3 },
  { title: 'NODES', text: ({ nodes }) => String(nodes), right: true },
  {
    title: 'COVERAGE',
    text: ({ coverage }) => countsWords(coverage),
    style: ({ coverage, reasons }) => STATE_STYLES[stateOf(coverage, reasons)],
  },
  { title: 'WHY NOT MORE', text: ({ reasons }) => codesOf(reasons), wraps: 20, yields: 1 },
];

/** What is out of the ordinary about a cluster or pool: `stopped`, `Upgrading`; empty where nothing is. */
export function conditionOf({
  power,
  provisioning,
}: {
  readonly power: string;
  readonly provisioning: string | null;
}): string {
  if (power === 'stopped') return 'stopped';
  return provisioning === null || provisioning === 'Succeeded' ? '' : provisioning;
}

/** All clusters, below the names of their subscriptions. */
export const CLUSTERS: ListForm<ClusterView> = {
  name: 'clusters',
  json: ({ cluster: { cursor: _, ...cluster }, ...view }) => ({ cluster, ...view }),
  csvColumns: [
    'cluster',
    'subscription',
    'resource_group',
    'region',
    'kubernetes',
    'power',
    'provisioning',
    'pools',
    'nodes',
    'enabled',
    'assessed',
    'partly',
    'not_assessed',
    'reasons',
    'synced_at',
    'id',
  ],
  csv: ({ cluster, subscription, pools, nodes, enabled, coverage, reasons }) => [
    [
      cluster.name,
      subscription,
      cluster.resourceGroup,
      cluster.region,
      cluster.kubernetesVersion,
      cluster.power,
      cluster.provisioning,
      pools,
      nodes,
      String(enabled),
      coverage.assessed,
      coverage.partly,
      coverage['not-assessed'],
      codesOf(reasons),
      cluster.syncedAt,
      cluster.id,
    ],
  ],
  async *table(items, context) {
    const views = await Array.fromAsync(items);
    const page = new Page(context);
    const columns = new Columns(page, COLUMNS, { rows: views });
    columns.header();
    const groups = [...Map.groupBy(views, ({ subscription }) => subscription)].sort(([a], [b]) =>
      compareText(a, b),
    );
    for (const [subscription, group] of groups) {
      page.line(page.style('bold', printable(subscription)));
      for (const view of group) columns.row(view);
    }
    page.space();
    page.hanging('', totals(views, groups.length));
    yield page.toString();
  },
};

function totals(views: readonly ClusterView[], subscriptions: number): string {
  const counts = { assessed: 0, partly: 0, 'not-assessed': 0 };
  for (const { coverage } of views) {
    counts.assessed += coverage.assessed;
    counts.partly += coverage.partly;
    counts['not-assessed'] += coverage['not-assessed'];
  }
  const where = `${counted(views.length, 'cluster')} in ${counted(subscriptions, 'subscription')}`;
  return `${where}, ${counted(totalOf(counts), 'node')}: ${thousands(counts.assessed)} assessed, ${thousands(counts.partly)} partly, ${thousands(counts['not-assessed'])} not.`;
}
