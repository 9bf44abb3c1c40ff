import { printable } from '../../../base/text.ts';
import type { Currency, RecommendationDetail } from '../../../model/findings-report.ts';
import {
  FIX_AVAILABILITIES,
  RECOMMENDATION_TITLES,
  type Recommendation,
  type Risk,
} from '../../../model/recommendation.ts';
import { writeCsv } from '../csv.ts';
import { Columns } from '../fleet/columns.ts';
import { renderJson } from '../fleet/list.ts';
import { writeReasons } from '../fleet/reasons.ts';
import type { FleetContext } from '../fleet/types.ts';
import { instantWords } from '../fleet/words.ts';
import { severityCounts } from '../table/parts.ts';
import { counted, Page, thousands } from '../table/text.ts';
import type { ReportFormat } from '../types.ts';
import { LIVES, lifeColumns } from './lives.ts';
import { nextSteps } from './next-steps.ts';
import { writeCurrency } from './page.ts';
import { RECOMMENDATIONS } from './recommendations.ts';
import { scoreOf, trendWords } from './rollups.ts';
import {
  dayOf,
  dueStyle,
  FIX_WORDS,
  fromNow,
  poolName,
  STATE_STYLES,
  STATE_WORDS,
  scoreWords,
} from './words.ts';

const MOST_NODES = 20;

/** What is shown of one recommendation. */
export interface ShownRecommendation {
  readonly detail: RecommendationDetail;
  readonly currency: Currency;
  /** How many of its findings a table shows. */
  readonly limit: number;
}

/** One recommendation: what it is, how urgent, why, what to do, its findings and its nodes. */
export function renderRecommendation(
  format: ReportFormat,
  { detail, currency, limit }: ShownRecommendation,
  context: FleetContext,
): string {
  if (format === 'json') return renderJson({ currency, ...detail }, context);
  if (format === 'csv') return detailCsv(detail);
  const { recommendation } = detail;
  const page = new Page(context);
  page.line(`${page.style('bold', recommendation.id)}  ${RECOMMENDATION_TITLES[recommendation.kind]}`);
  writeFacts(page, recommendation, context);
  if (recommendation.kind === 'vulnerabilities') writeCounts(page, detail);
  const steps = nextSteps(recommendation);
  if (steps.length > 0) page.heading('What to do');
  for (const step of steps) page.hanging('  → ', step);
  if (recommendation.reasons.length > 0) {
    page.heading(recommendation.kind === 'vulnerabilities' ? 'What is not known' : 'Why');
    writeReasons(page, recommendation.reasons);
  }
  writeRisk(page, recommendation.risk);
  writeFindings(page, { detail, limit, currency }, context);
  writeNodes(page, detail);
  page.space();
  writeCurrency(page, currency, context);
  return page.toString();
}

function detailCsv({ recommendation, findings, nodes }: RecommendationDetail): string {
  if (recommendation.kind === 'vulnerabilities')
    return writeCsv([LIVES.csvColumns, ...findings.map(LIVES.csv)]);
  if (recommendation.kind === 'drift')
    return writeCsv([
      ['pool', 'node', 'image', 'why'],
      ...nodes.map(({ name, image, why }) => [poolName(recommendation), name, image, why]),
    ]);
  return writeCsv([RECOMMENDATIONS.csvColumns, RECOMMENDATIONS.csv(recommendation)]);
}

function writeFacts(page: Page, each: Recommendation, { now }: FleetContext): void {
  const { state, pool, owner, nodes, affected, image, offered } = each;
  page.field(pool === null ? 'Cluster' : 'Pool', printable(`${poolName(each)} (${each.subscriptionName})`));
  page.field(
    'State',
    `${page.style(STATE_STYLES[state], STATE_WORDS[state])} since ${instantWords(each.since)}`,
  );
  page.field('Owner', owner === null ? 'nobody; `nodeward owners` says who owns what' : printable(owner));
  if (each.dueAt !== null) {
    const due = `${dayOf(each.dueAt)}, ${fromNow(each.dueAt, now)}`;
    const style = dueStyle(each.dueAt, now);
    page.field('Due', style === null ? due : page.style(style, `${due}: overdue`));
  }
  page.field('Nodes', `${thousands(affected)} of ${thousands(nodes)} concerned`);
  if (image === null) return;
  const offer =
    offered === null
      ? 'what the region offers is not known'
      : offered === image
        ? 'the region offers no other'
        : `the region offers ${offered}`;
  page.field('Image', printable(`${image}; ${offer}`));
}

function writeCounts(page: Page, { recommendation: { counts, state }, trend }: RecommendationDetail): void {
  const { open, bySeverity, byFix, kev, overdue, reopened, exempted } = counts;
  const none =
    state === 'healthy'
      ? 'none open, and all of its software was assessed'
      : 'none is known; not all of its software was assessed';
  page.field('Findings', open === 0 ? none : `${thousands(open)} open: ${severityCounts(page, bySeverity)}`);
  const marks = [
    ...(kev === 0 ? [] : [page.style('alarm', `${thousands(kev)} known to be exploited (KEV)`)]),
    ...(overdue === 0 ? [] : [page.style('alarm', `${thousands(overdue)} overdue`)]),
    ...(reopened === 0 ? [] : [`${thousands(reopened)} reopened`]),
    ...(exempted === 0 ? [] : [`${thousands(exempted)} exempted beside them`]),
  ];
  if (marks.length > 0) page.detail(marks.join(', '));
  const fixes = FIX_AVAILABILITIES.filter((fix) => byFix[fix] > 0);
  if (fixes.length > 0)
    page.field('Fix', fixes.map((fix) => `${thousands(byFix[fix])} ${FIX_WORDS[fix]}`).join(', '));
  const trended = trendWords(trend);
  const now = scoreOf(trend);
  const score = now === null ? 'of the cluster is not known' : `${scoreWords(now)} of 100 for the cluster`;
  page.field('Score', trended === '' ? score : `${score}, ${trended}`);
}

/** A risk with every factor; nothing where there is none. */
export function writeRisk(page: Page, { score, factors }: Risk): void {
  if (factors.length === 0) return;
  page.heading(`Risk ${score} of 100, of its worst open finding`);
  const columns = new Columns<Risk['factors'][number]>(
    page,
    [
      { title: 'POINTS', text: ({ points }) => (points > 0 ? `+${points}` : String(points)), right: true },
      { title: 'FACTOR', text: ({ name }) => name },
      { title: 'IS', text: ({ value }) => value },
    ],
    { rows: factors },
  );
  columns.header();
  for (const factor of factors) columns.row(factor);
}

function writeFindings(page: Page, { detail, limit }: ShownRecommendation, { now }: FleetContext): void {
  const { findings, recommendation } = detail;
  const open = findings.filter(({ status }) => status !== 'fixed');
  if (findings.length === 0) return;
  const closed = findings.length - open.length;
  page.heading(
    `Findings (${thousands(open.length)}${closed === 0 ? '' : `, and ${thousands(closed)} fixed`})`,
  );
  const shown = open.slice(0, limit);
  const columns = new Columns(page, lifeColumns(now), { rows: shown });
  if (shown.length > 0) columns.header();
  for (const finding of shown) columns.row(finding);
  const rest = open.length - shown.length;
  if (rest + closed === 0) return;
  const name = poolName(recommendation);
  const more = [
    ...(rest === 0 ? [] : [`${counted(rest, 'more finding')}: \`nodeward findings ${name}\` lists them`]),
    ...(closed === 0 ? [] : [`\`nodeward findings ${name} --fixed\` has the fixed ones too`]),
  ];
  page.hanging('  ', printable(`… ${more.join('; ')}.`));
}

function writeNodes(page: Page, { nodes }: RecommendationDetail): void {
  if (nodes.length === 0) return;
  page.heading(`Nodes (${thousands(nodes.length)})`);
  const shown = nodes.slice(0, MOST_NODES);
  const columns = new Columns<RecommendationDetail['nodes'][number]>(
    page,
    [
      { title: 'NODE', text: ({ name }) => name },
      { title: 'IMAGE', text: ({ image }) => image ?? 'none named', yields: 1 },
      { title: 'WHY', text: ({ why }) => why, wraps: 24 },
    ],
    { rows: shown },
  );
  columns.header();
  for (const node of shown) columns.row(node);
  if (shown.length < nodes.length)
    page.line(`  … and ${counted(nodes.length - shown.length, 'more node')}: see --format json`);
}
