import { printable } from '../../../base/text.ts';
import type { Evidence } from '../../../model/coverage.ts';
import type { Finding } from '../../../model/finding.ts';
import type { NodeDetail } from '../../../model/fleet-report.ts';
import type { SoftwareList } from '../../../model/software.ts';
import { type CsvCell, writeCsv } from '../csv.ts';
import { writeFindings } from '../table/findings.ts';
import { severityCounts, writeGaps } from '../table/parts.ts';
import { counted, Page } from '../table/text.ts';
import type { ReportFormat } from '../types.ts';
import { Columns } from './columns.ts';
import { renderJson } from './list.ts';
import { conditionOfNode } from './nodes.ts';
import { writeReasons } from './reasons.ts';
import type { FleetContext } from './types.ts';
import { ago, evidenceWords, instantWords, STATE_STYLES, STATE_WORDS } from './words.ts';

const MOST_CVES = 20;

/** One node: what it is, its evidence, how far that goes, its worst findings and its whole software list. */
export function renderNode(format: ReportFormat, detail: NodeDetail, context: FleetContext): string {
  if (format === 'json') return renderJson(detail, context);
  if (format === 'csv') return nodeCsv(detail);
  const page = new Page(context);
  const { node, coverage, findings, software, gaps } = detail;
  page.line(
    `${page.style('bold', printable(node.name))}  (node of ${printable(`${detail.cluster}/${detail.pool}`)})`,
  );
  writeFacts(page, detail, context);
  writeEvidence(page, detail, context);
  if (coverage.reasons.length > 0) {
    page.heading('Why not more');
    writeReasons(page, coverage.reasons);
  }
  if (software !== null) {
    writeWorst(page, findings);
    writeGaps(page, gaps);
    writeSoftware(page, software);
  }
  return page.toString();
}

function writeFacts(page: Page, { node, subscription }: NodeDetail, { now }: FleetContext): void {
  const state = conditionOfNode({ node });
  const created =
    node.created === null ? [] : [`made ${instantWords(node.created)}, ${ago(node.created, now)}`];
  page.field('Subscription', printable(subscription));
  page.field('Image', printable(node.image ?? 'none that a label names'));
  const kernel = node.kernel === null ? [] : [`kernel ${node.kernel}`];
  const kubelet = node.kubelet === null ? [] : [`kubelet ${node.kubelet}`];
  const facts = [node.osImage, node.arch, ...kernel, ...kubelet, node.containerRuntime].filter(
    (fact) => fact !== null,
  );
  page.field('Reports', printable(facts.length === 0 ? 'nothing of itself' : facts.join(', ')));
  page.field('State', printable([state === '' ? 'as it should be' : state, ...created].join(', ')));
  if (node.gone !== null) page.field('Gone', page.style('yellow', `since ${instantWords(node.gone)}`));
  page.field('Id', printable(node.id));
}

function writeEvidence(
  page: Page,
  { coverage, evidence, software }: NodeDetail,
  { now }: FleetContext,
): void {
  page.field('Coverage', page.style(STATE_STYLES[coverage.state], STATE_WORDS[coverage.state]));
  const used = coverage.evidence;
  if (evidence.length === 0) page.field('Evidence', 'none');
  for (const [i, each] of evidence.entries()) {
    const use = isSame(each, used) ? 'in use' : 'not in use';
    page.field(i === 0 ? 'Evidence' : '', `${evidenceWords(each, now)}: ${use}`);
  }
  if (software !== null) page.field('Software', countsOf(software));
  for (const [i, { what, image, node }] of (used?.drift ?? []).entries()) {
    const text = printable(`${what}: the image has ${image ?? 'none'}, the node ${node}`);
    page.hanging((i === 0 ? 'Drift' : '').padEnd(13), text);
  }
}

function isSame(a: Evidence, b: Evidence | null): boolean {
  return b !== null && a.source === b.source && a.takenAt === b.takenAt && a.software === b.software;
}

function countsOf({ packages, components, binaries }: SoftwareList): string {
  const counts = [counted(packages.length, 'package'), counted(components.length, 'component')];
  return [...counts, ...(binaries.length === 0 ? [] : [counted(binaries.length, 'Go program')])].join(', ');
}

function writeWorst(page: Page, findings: readonly Finding[]): void {
  const bySeverity = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  for (const { severity } of findings) bySeverity[severity]++;
  const total = findings.length === 0 ? 'none in what could be assessed' : severityCounts(page, bySeverity);
  page.heading(`Findings (${findings.length})`);
  page.line(`  ${total}`);
  const shown = findings.slice(0, MOST_CVES);
  writeFindings(page, shown);
  if (shown.length < findings.length) {
    page.space();
    page.line(
      `  … and ${counted(findings.length - shown.length, 'more finding')}, less severe: see --format json or csv`,
    );
  }
}

interface Item {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly role: string;
}

function itemsOf({ components, packages, binaries }: SoftwareList): readonly Item[] {
  return [
    ...components.map(({ name, version, role }) => ({ name, version, arch: '', role: `component, ${role}` })),
    ...packages.map(({ name, version, arch }) => ({ name, version, arch, role: 'package' })),
    ...binaries.map(({ path, version }) => ({
      name: path,
      version: version ?? 'unknown',
      arch: '',
      role: 'Go program',
    })),
  ];
}

function writeSoftware(page: Page, software: SoftwareList): void {
  const rows = itemsOf(software);
  page.heading(`Software (${rows.length})`);
  const columns = new Columns<Item>(
    page,
    [
      { title: 'NAME', text: ({ name }) => name },
      { title: 'VERSION', text: ({ version }) => version },
      { title: 'ARCH', text: ({ arch }) => arch, yields: 1 },
      { title: 'KIND', text: ({ role }) => role },
    ],
    { rows },
  );
  columns.header();
  for (const row of rows) columns.row(row);
}

const CSV_COLUMNS = ['kind', 'name', 'version', 'arch', 'role', 'cve', 'severity', 'kev', 'fixed', 'detail'];

/** One row for each thing: evidence, drift, reason, component, package, Go program, finding, gap. */
function nodeCsv({ evidence, coverage, software, findings, gaps }: NodeDetail): string {
  const said = (kind: string, name: string, detail: string): readonly CsvCell[] => [
    kind,
    name,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    detail,
  ];
  return writeCsv([
    CSV_COLUMNS,
    ...evidence.map((each) =>
      said('evidence', each.source, `${each.takenAt}, confidence ${each.confidence}, ${each.software}`),
    ),
    ...(coverage.evidence?.drift ?? []).map(({ what, image, node }) =>
      said('drift', what, `${image ?? 'none'} → ${node}`),
    ),
    ...coverage.reasons.map(({ code, detail, remedy }) => said('reason', code, `${detail} ${remedy}`)),
    ...(software === null ? [] : itemsOf(software)).map(({ name, version, arch, role }) => [
      'software',
      name,
      version,
      arch,
      role,
      null,
      null,
      null,
      null,
      null,
    ]),
    ...findings.map((each) => [
      'finding',
      each.package,
      each.installed,
      each.arch,
      each.presence,
      each.cve,
      each.severity,
      each.kev,
      each.fixed,
      null,
    ]),
    ...gaps.map(({ code, detail, subjects }) => said('gap', code, [detail, ...subjects].join('; '))),
  ]);
}
