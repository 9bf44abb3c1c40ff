import { printable } from '../../../base/text.ts';
import type { Changes, SyncReport } from '../../../model/fleet-report.ts';
import { counted, Page, thousands } from '../table/text.ts';
import type { RenderContext } from '../types.ts';
import { Columns } from './columns.ts';
import { problemList } from './problems.ts';

/** What a sync came to, for a terminal: what is there, what changed, the evidence, and every problem with its remedy. */
export function syncReport(report: SyncReport, context: RenderContext): string {
  const page = new Page(context);
  writeChanges(page, report);
  page.space();
  const { disk, sbom, image, none } = report.evidence;
  const sources = [
    [disk, 'by their disk'],
    [sbom, 'by an SBOM'],
    [image, 'by their image'],
    [none, 'without'],
  ] as const;
  const evidence = sources.filter(([count]) => count > 0).map(([count, by]) => `${thousands(count)} ${by}`);
  page.field(
    'Evidence',
    evidence.length === 0
      ? 'of no nodes'
      : `of ${counted(disk + sbom + image + none, 'node')}: ${evidence.join(', ')}`,
  );
  const { done, failed } = report.scans;
  if (done + failed > 0)
    page.field(
      'Disks',
      `${done} read${failed === 0 ? '' : `, ${page.style('yellow', `${failed} could not be`)}: \`nodeward coverage\` says why`}`,
    );
  if (report.leftovers > 0)
    page.field(
      'Snapshots',
      `${report.leftovers} that an earlier run left behind ${report.leftovers === 1 ? 'was' : 'were'} removed`,
    );
  const requests = Object.entries(report.requests).sort(([, a], [, b]) => b - a);
  if (requests.length > 0) {
    const total = requests.reduce((sum, [, count]) => sum + count, 0);
    const kinds = requests.map(([kind, count]) => `${thousands(count)} ${printable(kind)}`).join(', ');
    const waits =
      report.throttled === 0
        ? ''
        : `; ${counted(report.throttled, 'answer')} of "too many requests" waited out`;
    const each =
      report.clusters.seen === 0 ? '' : ` (${(total / report.clusters.seen).toFixed(1)} for each cluster)`;
    page.field('Requests', `${thousands(total)}${each}: ${kinds}${waits}`);
  }
  const { problems } = report;
  problemList(page, problems, `Problems (${problems.length}): what could not be looked at, or not fully`);
  return page.toString();
}

function writeChanges(page: Page, { clusters, pools, nodes }: SyncReport): void {
  const rows: readonly (Changes & { readonly what: string })[] = [
    { what: 'clusters', ...clusters },
    { what: 'pools', ...pools },
    { what: 'nodes', ...nodes },
  ];
  const count = (title: string, of: (row: Changes) => number) => ({
    title,
    text: (row: Changes) => thousands(of(row)),
    right: true,
  });
  const columns = new Columns(
    page,
    [
      { title: '', text: ({ what }: (typeof rows)[number]) => what },
      count('THERE', ({ seen }) => seen),
      count('NEW', ({ added }) => added),
      count('CHANGED', ({ changed }) => changed),
      count('GONE', ({ gone }) => gone),
    ],
    { rows, indent: 0 },
  );
  columns.header();
  for (const row of rows) columns.row(row);
}
