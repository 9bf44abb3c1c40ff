import { printable } from '../../../base/text.ts';
import type { FixedIn } from '../../../model/assessment.ts';
import type { Finding } from '../../../model/finding.ts';
import type { AffectedPool, Currency, CveDetail } from '../../../model/findings-report.ts';
import { type CsvCell, writeCsv } from '../csv.ts';
import { scores } from '../cvss.ts';
import { type Column, Columns } from '../fleet/columns.ts';
import { renderJson } from '../fleet/list.ts';
import type { FleetContext } from '../fleet/types.ts';
import { imageVersion } from '../fleet/words.ts';
import { writeFamily } from '../table/fixed-in.ts';
import { writeGaps } from '../table/parts.ts';
import { counted, few, Page, thousands } from '../table/text.ts';
import type { ReportFormat } from '../types.ts';
import { fixWording } from '../wording.ts';
import { writeCurrency } from './page.ts';
import { writeRisk } from './recommendation.ts';
import {
  dayOf,
  dueStyle,
  dueWords,
  epssWords,
  FIX_STYLES,
  FIX_WORDS,
  fromNow,
  poolName,
  STATUS_STYLES,
} from './words.ts';

const MOST_REASONS = 10;
const MOST_POOLS = 50;
const MOST_NAMES = 6;
const MOST_NAMED_PACKAGES = 3;

/** What is shown of one CVE. */
export interface ShownCve {
  readonly detail: CveDetail;
  readonly currency: Currency;
  /** How far the fleet is assessed, in a sentence. */
  readonly coverage: string;
}

/** One CVE: what it is, why it was found, what has it, and what is without it. */
export function renderCve(format: ReportFormat, shown: ShownCve, context: FleetContext): string {
  const { detail, currency, coverage } = shown;
  if (format === 'json') return renderJson({ currency, ...detail }, context);
  if (format === 'csv') return cveCsv(detail);
  const page = new Page(context);
  writeFacts(page, detail, context);
  writeStanding(page, detail, coverage);
  const open = detail.pools.find(({ life: { status } }) => status === 'open' || status === 'reopened');
  if (open !== undefined) writeRisk(page, open.life.risk);
  writeReasons(page, detail.reasons);
  writePools(page, detail.pools, context);
  writeImages(page, detail.images);
  if (detail.fixedIn !== null) writeFixedIn(page, detail.fixedIn);
  page.space();
  writeCurrency(page, currency, context);
  return page.toString();
}

function writeFacts(
  page: Page,
  { cve, vulnerability, rollup, fixedIn }: CveDetail,
  { now }: FleetContext,
): void {
  const severity = rollup?.severity ?? fixedIn?.severity ?? 'unknown';
  page.line(`${page.style('bold', printable(cve))}  (${page.severity(severity, severity)})`);
  const aliases = vulnerability?.aliases ?? fixedIn?.aliases ?? [];
  if (aliases.length > 0) page.field('Aliases', few(aliases, MOST_NAMES));
  page.field('Published', dayOf(vulnerability?.published ?? fixedIn?.published ?? null) || 'unknown');
  const kev = vulnerability?.kev ?? fixedIn?.kev ?? null;
  page.field(
    'Exploited',
    kev === null ? 'not in CISA KEV' : page.style('alarm', `yes (KEV since ${printable(kev)})`),
  );
  const epss = epssWords(vulnerability?.epss?.score ?? null);
  page.field('EPSS', epss === '' ? 'not known' : `${epss} within 30 days`);
  for (const [i, { vector, version, score }] of scores(vulnerability?.cvss ?? []).entries())
    page.field(i === 0 ? 'CVSS' : '', printable(`${score.toFixed(1)} by CVSS ${version}, ${vector}`));
  const dueAt = rollup?.dueAt ?? null;
  if (dueAt === null) return;
  const due = `${dayOf(dueAt)}, ${fromNow(dueAt, now)}`;
  const style = dueStyle(dueAt, now);
  page.field(
    'Due',
    style === null ? due : page.style(style, `${due}: overdue in ${counted(rollup?.overdue ?? 0, 'pool')}`),
  );
}

/** Where it is; never that it is nowhere, but that it was not found. */
function writeStanding(page: Page, { rollup, pools }: CveDetail, coverage: string): void {
  if (rollup === null || rollup.pools === 0) {
    page.field('Fleet', `${closedWords(pools)}. ${coverage}`);
    return;
  }
  const { status, fix, nodes, clusters, exempted } = rollup;
  const where = `${counted(nodes, 'node')} of ${counted(rollup.pools, 'pool')} in ${counted(clusters, 'cluster')}`;
  const beside = exempted === 0 ? '' : `; exempted in ${counted(exempted, 'pool')}`;
  page.field('Fleet', `${status} on ${where}${beside}. ${coverage}`);
  page.field('Fix', FIX_WORDS[fix]);
}

/** Of a pool that nobody looks at any more, or that has no nodes, it says in a note that nothing is known. */
function closedWords(pools: CveDetail['pools']): string {
  if (pools.length === 0) return 'It was not found in any pool';
  const was = `It was in ${counted(pools.length, 'pool')}`;
  const unknown = pools.filter(({ life }) => life.notes.length > 0).length;
  if (unknown === 0) return `${was}, and is in none now`;
  const where = unknown === pools.length ? 'them' : `${unknown} of them`;
  return `${was}; whether it still is in ${where} is not known`;
}

/** Each reason once, with the packages it is the reason of. */
function writeReasons(page: Page, reasons: readonly Finding[]): void {
  if (reasons.length === 0) return;
  const groups = [...Map.groupBy(reasons, groupOf).values()];
  page.heading(`Why (${counted(reasons.length, 'package')})`);
  for (const group of groups.slice(0, MOST_REASONS)) {
    const [first] = group;
    if (first === undefined) continue;
    const { reason, feed, installed } = first;
    const names = [...new Set(group.map((each) => each.package))];
    page.hanging(
      '  ',
      `${few(names, MOST_NAMED_PACKAGES)} ${printable(`${installed}${useOf(first)}: ${fixWording(first)}`)}`,
    );
    page.hanging('    ', printable(`${reason.comparison}; ${reason.mapping}`));
    page.hanging('    ', printable(`${reason.advisory} of ${feed} (${reason.ecosystem})`));
    if (reason.note !== null) page.hanging('    ', printable(reason.note));
  }
  if (groups.length > MOST_REASONS)
    page.line(`  … and ${groups.length - MOST_REASONS} more of other versions: see --format json`);
}

function groupOf(finding: Finding): string {
  const { reason, feed, installed } = finding;
  return [installed, useOf(finding), fixWording(finding), feed, ...Object.values(reason)].join('\n');
}

function useOf({ presence }: Finding): string {
  return presence === 'not-running' ? ', not running' : presence === 'cached' ? ', cached' : '';
}

function writePools(page: Page, pools: readonly AffectedPool[], context: FleetContext): void {
  if (pools.length === 0) return;
  page.heading(`Pools (${thousands(pools.length)})`);
  const shown = pools.slice(0, MOST_POOLS);
  const columns = new Columns(page, poolColumns(context), { rows: shown });
  columns.header();
  for (const each of shown) {
    columns.row(each);
    if (each.nodes.length > 0) page.hanging('      ', few(each.nodes, MOST_NAMES));
    for (const note of each.life.notes) page.hanging('      ', printable(note));
  }
  if (shown.length < pools.length)
    page.line(`  … and ${counted(pools.length - shown.length, 'more pool')}: see --format csv or json`);
}

function poolColumns({ now }: FleetContext): readonly Column<AffectedPool>[] {
  return [
    { title: 'POOL', text: poolName },
    { title: 'STATUS', text: ({ life }) => statusOf(life), style: ({ life }) => STATUS_STYLES[life.status] },
    { title: 'RISK', text: ({ life }) => String(life.risk.score), right: true },
    { title: 'NODES', text: ({ life }) => thousands(life.nodes), right: true },
    {
      title: 'FIX',
      text: ({ life }) => (life.status === 'fixed' ? '' : FIX_WORDS[life.fix]),
      style: ({ life }) => FIX_STYLES[life.fix],
    },
    {
      title: 'DUE',
      text: ({ life }) => dueWords(life.dueAt, now),
      style: ({ life }) => dueStyle(life.dueAt, now),
      yields: 2,
    },
    { title: 'OWNER', text: ({ owner }) => owner ?? '', yields: 3 },
    { title: 'REGION', text: ({ region }) => region ?? '', yields: 5 },
    { title: 'FIRST SEEN', text: ({ life }) => dayOf(life.firstSeen), yields: 6 },
    { title: 'IMAGE', text: ({ image }) => (image === null ? '' : imageVersion(image)), yields: 4 },
    {
      title: 'OFFERED',
      text: ({ offered }) => (offered === null ? 'not known' : imageVersion(offered)),
      yields: 4,
    },
    { title: 'FIXED BY IMAGE', text: ({ life }) => imageVersion(life.fixImage ?? ''), yields: 1 },
  ];
}

function statusOf({ status, fixedAt, exemption }: AffectedPool['life']): string {
  if (status === 'fixed') return `fixed ${dayOf(fixedAt)}`;
  return status === 'exempted' && exemption !== null ? `exempted ${exemption}` : status;
}

function writeImages(page: Page, images: CveDetail['images']): void {
  if (images.length === 0) return;
  page.heading(`Images that have it and run (${images.length})`);
  const columns = new Columns<CveDetail['images'][number]>(
    page,
    [
      { title: 'IMAGE', text: ({ image }) => image },
      { title: 'NODES', text: ({ nodes }) => thousands(nodes), right: true },
    ],
    { rows: images },
  );
  columns.header();
  for (const image of images) columns.row(image);
}

function writeFixedIn(page: Page, { families, gaps }: FixedIn): void {
  if (families.length > 0) {
    page.heading(`Images without it, of the families that run (${families.length})`);
    const width = Math.min(Math.max(...families.map(({ family }) => family.length)), 48);
    for (const family of families) writeFamily(page, family, width);
  }
  if (gaps.length > 0) writeGaps(page, gaps);
}

const COLUMNS: readonly string[] = [
  ...['cve', 'subscription', 'cluster', 'pool', 'region', 'owner', 'status', 'severity', 'risk', 'fix'],
  ...['image', 'offered', 'fix_image', 'package', 'installed', 'fixed', 'affected_nodes', 'first_seen'],
  ...['fixed_at', 'fix_available_since', 'due_at', 'overdue', 'exposure_days', 'exemption', 'notes', 'nodes'],
];

/** One row for each pool that has or had it. */
function cveCsv({ cve, pools }: CveDetail): string {
  return writeCsv([
    COLUMNS,
    ...pools.map(({ life, nodes, ...each }): readonly CsvCell[] => [
      ...[cve, each.subscriptionName, each.clusterName, each.poolName, each.region, each.owner, life.status],
      ...[life.severity, life.risk.score, life.fix, each.image, each.offered, life.fixImage],
      ...[life.occurrence.package, life.occurrence.installed, life.occurrence.fixed, life.nodes],
      ...[life.firstSeen, life.fixedAt, life.fixAvailableSince, life.dueAt, String(life.overdue)],
      ...[life.exposureDays, life.exemption, life.notes.join(' '), nodes.join(' ')],
    ]),
  ]);
}
