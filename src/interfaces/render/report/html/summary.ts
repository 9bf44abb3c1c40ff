import { SEVERITIES } from '../../../../model/advisory.ts';
import type { FleetReport, RollupRow } from '../../../../model/findings-report.ts';
import type { Recommendation, ScorePoint } from '../../../../model/recommendation.ts';
import { scoreOf, trendWords } from '../../findings/rollups.ts';
import { scoreWords } from '../../findings/words.ts';
import { counted, thousands } from '../../table/text.ts';
import { type Html, html, type Part } from './markup.ts';

/** What a reader with one minute has to know. */
export function summary(report: FleetReport): Html {
  const pools = report.recommendations.filter(({ kind }) => kind === 'vulnerabilities');
  const totals = totalsOf(pools);
  const top = report.rollups[0];
  return html`<section aria-labelledby="summary"><h2 id="summary">Summary</h2>
${statements(report, pools, totals).map((said) => html`<p>${said}</p>\n`)}
${tiles(totals, top)}
${severities(totals)}
${scoreLine(top)}
</section>`;
}

/** What the pools of a report add up to. */
interface Totals {
  readonly pools: number;
  /** With something to do, and those of which not everything is known. */
  readonly unhealthy: number;
  readonly partly: number;
  readonly not: number;
  readonly open: number;
  readonly bySeverity: Readonly<Record<(typeof SEVERITIES)[number], number>>;
  readonly available: number;
  readonly kev: number;
  readonly overdue: number;
  readonly exempted: number;
}

function totalsOf(pools: readonly Recommendation[]): Totals {
  const sum = (of: (each: Recommendation) => number): number =>
    pools.reduce((total, each) => total + of(each), 0);
  const bySeverity = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  for (const severity of SEVERITIES) bySeverity[severity] = sum(({ counts }) => counts.bySeverity[severity]);
  return {
    pools: pools.length,
    unhealthy: sum(({ state }) => Number(state === 'unhealthy')),
    partly: sum(({ state, reasons }) => Number(state !== 'not-assessed' && reasons.length > 0)),
    not: sum(({ state }) => Number(state === 'not-assessed')),
    open: sum(({ counts }) => counts.open),
    bySeverity,
    available: sum(({ counts }) => counts.byFix.available),
    kev: sum(({ counts }) => counts.kev),
    overdue: sum(({ counts }) => counts.overdue),
    exempted: sum(({ counts }) => counts.exempted),
  };
}

function statements(
  { cves, exemptions }: FleetReport,
  pools: readonly Recommendation[],
  totals: Totals,
): readonly Part[] {
  const { open, available, kev, overdue } = totals;
  const current = cves.filter(({ status }) => status === 'open' || status === 'reopened').length;
  const fixable = pools.filter(({ counts }) => counts.byFix.available > 0).length;
  const exploited = pools.filter(({ counts }) => counts.kev > 0).length;
  const active = exemptions.filter(({ state }) => state === 'active').length;
  const found =
    open === 0
      ? 'No open findings are known.'
      : html`<strong>${counted(open, 'finding')}</strong> of ${counted(current, 'CVE')} are open in ${totals.unhealthy} of ${counted(totals.pools, 'node pool')}.`;
  return [
    found,
    ...(kev === 0
      ? []
      : [
          html`<strong class="critical">${thousands(kev)} of them are known to be exploited</strong> (CISA KEV), in ${counted(exploited, 'pool')}.`,
        ]),
    ...(available === 0
      ? []
      : [
          html`<strong>${thousands(available)} can be removed now</strong>: ${counted(fixable, 'pool')} would lose them with the node image that their region offers.`,
        ]),
    ...(overdue === 0
      ? []
      : [html`<strong class="critical">${thousands(overdue)} are overdue</strong> by the policy below.`]),
    ...(active === 0
      ? []
      : [
          html`${counted(active, 'exemption')} in force; ${thousands(totals.exempted)} findings are not counted because of them.`,
        ]),
    coverageStatement(totals),
  ];
}

/** How much of this can be relied on: said always. */
function coverageStatement({ pools, partly, not }: Totals): Part {
  if (pools === 0) return 'No node pool is known in this scope, so nothing can be told.';
  if (partly + not === 0)
    return pools === 1 ? 'The node pool was fully assessed.' : `All ${pools} node pools were fully assessed.`;
  const parts = [
    ...(partly === 0 ? [] : [`${counted(partly, 'pool')} only partly`]),
    ...(not === 0 ? [] : [`${counted(not, 'pool')} not at all`]),
  ];
  return html`<strong class="warn">Not everything is known</strong>: of ${counted(pools, 'node pool')}, ${parts.join(' and ')} could be assessed. There may be more than is listed here.`;
}

function tiles(totals: Totals, top: RollupRow | undefined): Html {
  const score = scoreOf(top?.trend ?? []);
  const shown: readonly (readonly [string, string, string])[] = [
    [scoreWords(score), 'score of 100', ''],
    [thousands(totals.open), 'open findings', ''],
    [thousands(totals.bySeverity.critical + totals.bySeverity.high), 'critical or high', 'high'],
    [thousands(totals.kev), 'known to be exploited', totals.kev > 0 ? 'critical' : ''],
    [thousands(totals.available), 'removable now', ''],
    [thousands(totals.overdue), 'overdue', totals.overdue > 0 ? 'critical' : ''],
    [`${totals.pools - totals.partly - totals.not} of ${totals.pools}`, 'pools fully assessed', ''],
  ];
  return html`<ul class="tiles">${shown.map(([value, name, style]) => html`<li><strong class="${style}">${value}</strong><span>${name}</span></li>\n`)}</ul>`;
}

/** The open findings by severity as a bar, with the numbers below. */
function severities({ open, bySeverity }: Totals): Html {
  if (open === 0) return html``;
  const there = SEVERITIES.filter((severity) => bySeverity[severity] > 0);
  const parts = there.map(
    (severity) =>
      html`<i class="bg-${severity}" style="width:${((100 * bySeverity[severity]) / open).toFixed(2)}%"></i>`,
  );
  const names = there.map(
    (severity) =>
      html`<li><i class="bg-${severity}"></i>${thousands(bySeverity[severity])} ${severity}</li>\n`,
  );
  return html`<h3>Open findings by severity</h3>
<div class="bar" aria-hidden="true">${parts}</div>
<ul class="legend">${names}</ul>`;
}

const WIDTH = 320;
const HEIGHT = 48;

/** How the score went, as a line; nothing where there is only one point. */
function scoreLine(top: RollupRow | undefined): Html {
  const points = (top?.trend ?? []).filter(({ score }) => score !== null);
  const words = trendWords(top?.trend ?? []);
  if (points.length < 2 || words === '') return html``;
  const path = points.map((point, i) => placeOf(point, i, points)).join(' ');
  return html`<h3>Score over time</h3>
<svg width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="The score changed by ${words}"><polyline fill="none" stroke="#0a5a8c" stroke-width="2" points="${path}"/></svg>
<p class="soft">${words}: ${points.map(({ score }) => score ?? 0)[0]?.toFixed(1) ?? ''} then, ${scoreWords(scoreOf(points))} now. 100 is a fleet of which everything is known and nothing is at risk.</p>`;
}

/** Where a point stands on the line, by its day and its score from 0 to 100. */
function placeOf({ day, score }: ScorePoint, _: number, points: readonly ScorePoint[]): string {
  const [first, last] = [Date.parse(points[0]?.day ?? day), Date.parse(points.at(-1)?.day ?? day)];
  const share = last === first ? 0 : (Date.parse(day) - first) / (last - first);
  return `${(2 + share * (WIDTH - 4)).toFixed(1)},${(HEIGHT - 2 - ((score ?? 0) / 100) * (HEIGHT - 4)).toFixed(1)}`;
}
