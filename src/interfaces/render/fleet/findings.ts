import { printable } from '../../../base/text.ts';
import { SEVERITIES } from '../../../model/advisory.ts';
import type { PoolFinding, PoolFindings } from '../../../model/fleet-report.ts';
import type { CsvCell } from '../csv.ts';
import { counted, type Page, SEVERITY_STYLES, thousands } from '../table/text.ts';
import { type Column, Columns } from './columns.ts';

/** The findings of a pool with the names of what it is in. */
export interface FindingsOfPool {
  readonly pool: string;
  readonly cluster: string;
  readonly subscription: string;
  readonly findings: PoolFindings;
}

const COLUMNS: readonly Column<PoolFinding>[] = [
  { title: 'SEVERITY', text: ({ severity }) => severity, style: ({ severity }) => SEVERITY_STYLES[severity] },
  { title: 'CVE', text: ({ cve }) => cve },
  { title: 'KEV', text: ({ kev }) => (kev === null ? '' : 'KEV'), style: () => 'alarm' },
  { title: 'NODES', text: ({ nodes }) => String(nodes), right: true },
  { title: 'PACKAGE', text: (finding) => finding.package },
  {
    title: 'INSTALLED → FIXED',
    text: ({ installed, fixed }) => `${installed} ${fixed === null ? '(no fix yet)' : `→ ${fixed}`}`,
    wraps: 20,
  },
];

/** The worst CVEs of a pool, and how many there are besides. */
export function writeWorst(page: Page, findings: PoolFindings, most: number): void {
  const shown = findings.worst.slice(0, most);
  const columns = new Columns(page, COLUMNS, { rows: shown });
  if (shown.length > 0) columns.header();
  for (const finding of shown) columns.row(finding);
  if (findings.cves > shown.length) {
    const rest = `… and ${counted(findings.cves - shown.length, 'more CVE')}`;
    page.line(`  ${shown.length === 0 ? counted(findings.cves, 'CVE') : rest}`);
  }
}

/** `312 CVEs: 2 critical, 31 high`; where nothing is found, whether that means anything. */
export function findingsWords(
  { cves, bySeverity, unassessed, gaps, worst }: PoolFindings,
  nodes: number,
): string {
  if (nodes === 0) return 'no nodes, so nothing is known';
  if (unassessed >= nodes) return 'not assessed: none of its nodes has evidence that can be assessed';
  const counts = SEVERITIES.filter((severity) => bySeverity[severity] > 0)
    .map((severity) => `${thousands(bySeverity[severity])} ${severity}`)
    .join(', ');
  const rest = unassessed === 0 ? '' : `; ${counted(unassessed, 'node')} not assessed`;
  if (cves > 0 || worst.length > 0) return `${counted(cves, 'CVE')}: ${counts}${rest}`;
  return gaps.length + unassessed > 0
    ? `no known vulnerabilities in what could be assessed; ${counted(gaps.length, 'gap')}${rest}`
    : 'no known vulnerabilities';
}

/** The columns of findings of pools as CSV. */
export const FINDINGS_CSV: readonly string[] = [
  'kind',
  'pool',
  'cluster',
  'subscription',
  'cve',
  'severity',
  'kev',
  'package',
  'installed',
  'fixed',
  'nodes',
  'detail',
];

/** One row per CVE, then one per gap, then one that counts the nodes that are not assessed. */
export function findingsCsv({
  pool,
  cluster,
  subscription,
  findings,
}: FindingsOfPool): readonly (readonly CsvCell[])[] {
  const about = [pool, cluster, subscription];
  const none = [null, null, null, null, null, null];
  return [
    ...findings.worst.map((each) => [
      'finding',
      ...about,
      each.cve,
      each.severity,
      each.kev,
      each.package,
      each.installed,
      each.fixed,
      each.nodes,
      null,
    ]),
    ...findings.gaps.map(({ code, detail }) => [
      'gap',
      ...about,
      ...none,
      null,
      `${code}: ${printable(detail)}`,
    ]),
    ...(findings.unassessed === 0 ? [] : [['unassessed', ...about, ...none, findings.unassessed, null]]),
  ];
}
