import type { Severity } from '../../../../model/advisory.ts';
import type { ExemptionView, FleetReport, RollupRow } from '../../../../model/findings-report.ts';
import {
  type CveRollup,
  FIX_AVAILABILITIES,
  RECOMMENDATION_TITLES,
  type Recommendation,
  type RecommendationKind,
} from '../../../../model/recommendation.ts';
import { detailWords } from '../../findings/audit.ts';
import { reasonWords, subjectWords } from '../../findings/exemptions.ts';
import { scoreOf, trendWords } from '../../findings/rollups.ts';
import { dayOf, epssWords, FIX_WORDS, poolName, STATE_WORDS, scoreWords } from '../../findings/words.ts';
import { imageVersion, instantWords } from '../../fleet/words.ts';
import { counted, thousands } from '../../table/text.ts';
import { type Html, html, type Part, prose } from './markup.ts';
import { type Column, table } from './tables.ts';

/** How each subscription and cluster stands. */
export function rollupSection({ rollups }: FleetReport): Html {
  const rows = rollups.filter(({ kind }) => kind !== 'fleet');
  const columns: readonly Column<RollupRow>[] = [
    {
      title: 'Name',
      cell: ({ kind, name }) => (kind === 'subscription' ? html`<strong>${name}</strong>` : name),
    },
    { title: 'Kind', cell: ({ kind }) => kind },
    { title: 'Score', cell: ({ trend }) => scoreWords(scoreOf(trend)), number: true },
    { title: 'Trend', cell: ({ trend }) => trendWords(trend) },
    { title: 'Nodes', cell: ({ nodes }) => thousands(nodes), number: true },
    { title: 'Open', cell: ({ counts }) => thousands(counts.open), number: true },
    { title: 'Critical', cell: ({ counts }) => thousands(counts.bySeverity.critical), number: true },
    { title: 'High', cell: ({ counts }) => thousands(counts.bySeverity.high), number: true },
    { title: 'Removable now', cell: ({ counts }) => thousands(counts.byFix.available), number: true },
    { title: 'Overdue', cell: ({ counts }) => thousands(counts.overdue), number: true },
    { title: 'Unhealthy', cell: ({ states }) => thousands(states.unhealthy), number: true },
    { title: 'Not assessed', cell: ({ states }) => thousands(states['not-assessed']), number: true },
    { title: 'Healthy', cell: ({ states }) => thousands(states.healthy), number: true },
  ];
  return html`<section aria-labelledby="scopes"><h2 id="scopes">Subscriptions and clusters</h2>
${table('Recommendations of each by state, and open findings of their pools', columns, rows)}</section>`;
}

const KINDS: readonly RecommendationKind[] = ['vulnerabilities', 'drift', 'auto-upgrade'];

/** Everything that is recommended: what is to be done first, then what is not known, then what is well. */
export function recommendationSection({ recommendations }: FleetReport): Html {
  const parts = KINDS.map((kind) => {
    const own = recommendations.filter((each) => each.kind === kind);
    const todo = own.filter(({ state }) => state === 'unhealthy');
    const title = RECOMMENDATION_TITLES[kind];
    const columns = kind === 'vulnerabilities' ? VULNERABILITIES : PLAIN;
    return html`<h3>${title}</h3>
${todo.length === 0 ? html`<p>None is known to need it.</p>` : table(`${counted(todo.length, 'recommendation')}, the most urgent first`, columns, todo)}
${restOf(own)}`;
  });
  return html`<section aria-labelledby="recommendations"><h2 id="recommendations">Recommendations</h2>
${parts}</section>`;
}

function restOf(own: readonly Recommendation[]): Html {
  const unknown = own.filter(({ state }) => state === 'not-assessed');
  const healthy = own.filter(({ state }) => state === 'healthy');
  return html`${unknown.length === 0 ? null : html`<p><strong class="warn">Not assessed (${unknown.length})</strong>: ${unknown.map(poolName).join(', ')}.</p>`}
${healthy.length === 0 ? null : html`<p><strong class="good">Healthy (${healthy.length})</strong>: ${healthy.map(poolName).join(', ')}.</p>`}`;
}

const VULNERABILITIES: readonly Column<Recommendation>[] = [
  { title: 'Risk', cell: ({ risk }) => risk.score, number: true },
  { title: 'Pool', cell: placeCell },
  {
    title: 'Nodes',
    cell: ({ affected, nodes }) => `${thousands(affected)} of ${thousands(nodes)}`,
    number: true,
  },
  { title: 'Open findings', cell: findingsCell },
  { title: 'Due', cell: ({ dueAt, counts }) => dueCell(dueAt, counts.overdue) },
  { title: 'What to do', cell: (each) => list(stepsOf(each)) },
  { title: 'What is not known', cell: ({ reasons }) => list(reasons.map(({ detail }) => detail)) },
];

const PLAIN: readonly Column<Recommendation>[] = [
  { title: 'About', cell: placeCell },
  {
    title: 'Nodes',
    cell: ({ affected, nodes }) => `${thousands(affected)} of ${thousands(nodes)}`,
    number: true,
  },
  { title: 'Why', cell: ({ reasons }) => list(reasons.map(({ detail }) => detail)) },
  { title: 'What to do', cell: ({ reasons }) => list(reasons.map(({ remedy }) => remedy)) },
  { title: 'Since', cell: ({ since }) => day(since) },
];

function placeCell(each: Recommendation): Part {
  const owner = each.owner === null ? 'no owner' : `owner ${each.owner}`;
  return html`<strong class="nowrap">${poolName(each)}</strong><br><span class="soft">${each.subscriptionName}, ${owner}</span>`;
}

function findingsCell({ counts }: Recommendation): Part {
  const { open, bySeverity, kev, byFix, exempted } = counts;
  const worst = (['critical', 'high'] as const)
    .filter((severity) => bySeverity[severity] > 0)
    .map(
      (severity) => html`, <span class="${severity}">${thousands(bySeverity[severity])} ${severity}</span>`,
    );
  const exploited = kev === 0 ? null : html`, <span class="critical">${thousands(kev)} exploited</span>`;
  const fixes = FIX_AVAILABILITIES.filter((fix) => byFix[fix] > 0).map(
    (fix) => `${thousands(byFix[fix])} ${FIX_WORDS[fix]}`,
  );
  const beside = exempted === 0 ? '' : `; ${thousands(exempted)} exempted`;
  return html`${thousands(open)}${worst}${exploited}<br><span class="soft">Fix: ${fixes.join(', ')}${beside}</span>`;
}

/** In short what can be done now; all else waits for somebody else, or for a decision. */
function stepsOf({ image, offered, counts: { open, byFix } }: Recommendation): readonly string[] {
  const { available, kubernetes, unknown } = byFix;
  const waiting = byFix['not-in-region'] + byFix['no-image'];
  const from = image === null ? '' : ` from ${imageVersion(image)}`;
  const to = offered === null ? '' : ` to ${imageVersion(offered)}`;
  const steps = [
    ...(available === 0
      ? []
      : [`Upgrade the node image${from}${to}: ${counted(available, 'finding')} less.`]),
    ...(kubernetes === 0 ? [] : [`Upgrade Kubernetes: ${counted(kubernetes, 'finding')} less.`]),
  ];
  if (steps.length > 0 || open === 0) return steps;
  if (waiting > 0) return [`Nothing yet: ${counted(waiting, 'finding')} will go with a later node image.`];
  return unknown > 0
    ? [`What another node image would bring is not known, for ${counted(unknown, 'finding')}.`]
    : ['Mitigate or accept: the vendor has no fix.'];
}

function dueCell(dueAt: string | null, overdue: number): Part {
  if (dueAt === null) return '';
  return overdue === 0
    ? day(dueAt)
    : html`${day(dueAt)}<br><span class="critical">${thousands(overdue)} overdue</span>`;
}

/** CVEs that cannot wait, then all others folded away, then how many are closed. */
export function cveSection({ cves }: FleetReport): Html {
  const open = cves.filter(({ status }) => status === 'open' || status === 'reopened');
  const urgent = open.filter(isUrgent);
  const rest = open.filter((each) => !isUrgent(each));
  const exempted = cves.filter(({ status }) => status === 'exempted');
  const fixed = cves.filter(({ status }) => status === 'fixed');
  return html`<section aria-labelledby="cves"><h2 id="cves">Vulnerabilities</h2>
<p>Each CVE once, over all pools of the scope. For each pool: <code>nodeward report --format csv</code>.</p>
${urgent.length === 0 ? html`<p>None of critical or high severity, exploited or overdue is known.</p>` : table(`${counted(urgent.length, 'CVE')} of critical or high severity, known to be exploited or overdue`, CVES, urgent)}
${folded(`${counted(rest.length, 'more open CVE')} of medium or lower severity`, rest)}
${folded(`${counted(exempted.length, 'CVE')} exempted wherever they are`, exempted)}
${folded(`${counted(fixed.length, 'CVE')} fixed`, fixed)}</section>`;
}

function isUrgent({ severity, kev, overdue }: CveRollup): boolean {
  return severity === 'critical' || severity === 'high' || kev !== null || overdue > 0;
}

function folded(title: string, rows: readonly CveRollup[]): Html {
  if (rows.length === 0) return html``;
  return html`<details><summary>${title}</summary>${table(title, CVES, rows)}</details>`;
}

const CVES: readonly Column<CveRollup>[] = [
  { title: 'Risk', cell: ({ risk }) => risk, number: true },
  { title: 'Severity', cell: ({ severity }) => grade(severity) },
  { title: 'CVE', cell: ({ cve }) => html`<span class="nowrap">${cve}</span>` },
  {
    title: 'Exploited since',
    cell: ({ kev }) => (kev === null ? '' : html`<span class="critical nowrap">${kev}</span>`),
  },
  { title: 'EPSS', cell: ({ epss }) => epssWords(epss), number: true },
  { title: 'Package', cell: (each) => html`<span class="nowrap">${each.package}</span>` },
  { title: 'Fix', cell: ({ fix, status }) => (status === 'fixed' ? '' : FIX_WORDS[fix]) },
  { title: 'Due', cell: ({ dueAt, overdue }) => dueCell(dueAt, overdue) },
  { title: 'Pools', cell: ({ pools }) => thousands(pools), number: true },
  { title: 'Clusters', cell: ({ clusters }) => thousands(clusters), number: true },
  { title: 'Nodes', cell: ({ nodes }) => thousands(nodes), number: true },
  { title: 'Exempted in', cell: ({ exempted }) => (exempted === 0 ? '' : counted(exempted, 'pool')) },
  { title: 'First seen', cell: ({ firstSeen }) => day(firstSeen) },
];

/** What does not have to be resolved, why, and who said so. */
export function exemptionSection({ exemptions }: FleetReport): Html {
  const columns: readonly Column<ExemptionView>[] = [
    { title: 'Id', cell: ({ exemption }) => html`<span class="nowrap">${exemption.id}</span>` },
    { title: 'State', cell: ({ state }) => state },
    { title: 'About', cell: subjectWords },
    { title: 'Reason', cell: reasonWords },
    { title: 'Justification', cell: ({ exemption }) => exemption.justification },
    { title: 'Author', cell: ({ exemption }) => exemption.author },
    { title: 'Since', cell: ({ exemption }) => day(exemption.createdAt) },
    {
      title: 'Expires',
      cell: ({ exemption }) => (exemption.expiresAt === null ? 'never' : day(exemption.expiresAt)),
    },
    { title: 'Suppresses', cell: ({ suppresses }) => thousands(suppresses), number: true },
    { title: 'Notes', cell: ({ notes }) => list(notes) },
  ];
  return html`<section aria-labelledby="exemptions"><h2 id="exemptions">Exemptions</h2>
${exemptions.length === 0 ? html`<p>Nothing was exempted.</p>` : table('Decisions of people and statements of vendors, of the whole fleet', columns, exemptions)}</section>`;
}

/** By when findings are to be resolved. */
export function policySection({ policy }: FleetReport): Html {
  const columns: readonly Column<FleetReport['policy'][number]>[] = [
    { title: 'Decision', cell: ({ key }) => html`<code>${key}</code>` },
    { title: 'Value', cell: ({ value }) => value, number: true },
    { title: 'Means', cell: ({ help }) => help },
  ];
  return html`<section aria-labelledby="policy"><h2 id="policy">Policy</h2>
${table('What is decided for the whole fleet', columns, policy)}</section>`;
}

/** Whether the record is whole, and what was recorded last. */
export function auditSection({ audit: { verdict, latest } }: FleetReport): Html {
  const { events, head, broken } = verdict;
  const said =
    broken === null
      ? html`<p><strong class="good">The audit log is as it was written</strong>: ${counted(events, 'event')}, each with the hash of what it says and of the event before it.</p>`
      : html`<p class="note alarm"><strong>The audit log is broken</strong> at event ${broken.sequence}: ${broken.why}.</p>`;
  const columns: readonly Column<(typeof latest)[number]>[] = [
    { title: 'No', cell: ({ sequence }) => sequence, number: true },
    { title: 'At', cell: ({ at }) => html`<span class="nowrap">${instantWords(at)}</span>` },
    { title: 'Actor', cell: ({ actor }) => actor },
    { title: 'Action', cell: ({ action }) => html`<span class="nowrap">${action}</span>` },
    { title: 'Subject', cell: ({ subject }) => subject },
    { title: 'Detail', cell: detailWords },
  ];
  return html`<section aria-labelledby="audit"><h2 id="audit">Audit log</h2>
${said}
${head === null ? null : html`<p class="soft">Head: <code>${head}</code>. Keep it elsewhere: with it, <code>nodeward audit verify</code> also tells whether the end was cut off.</p>`}
${latest.length === 0 ? html`<p>Nothing was recorded yet.</p>` : table(`The last ${counted(latest.length, 'event')} of ${thousands(events)}`, columns, latest.toReversed())}</section>`;
}

/** What the words of the report mean. */
export function wordsSection(): Html {
  const words: readonly (readonly [string, string])[] = [
    ['unhealthy', 'There is something to do.'],
    [STATE_WORDS['not-assessed'], 'Whether there is something to do is not known.'],
    ['healthy', 'There is nothing to do, and everything was assessed.'],
    ['score', '100 less the mean risk of the pools, each weighed by its nodes that could be assessed.'],
    ['risk', 'From 0 to 100, by severity, CVSS, known exploitation, EPSS and how exposed the pool is.'],
    [
      FIX_WORDS.available,
      'The node image that the region offers is without it: the time to resolve it runs.',
    ],
    [FIX_WORDS['not-in-region'], 'A newer node image is without it, and the region does not offer that yet.'],
    [FIX_WORDS['no-image'], 'The vendor has fixed it, and no node image has the fix yet.'],
    [FIX_WORDS.kubernetes, 'It is in a component that comes with the Kubernetes version.'],
    [FIX_WORDS['no-vendor-fix'], 'The vendor has no fix, or none without a paid plan.'],
    [FIX_WORDS.unknown, 'What another node image would bring is not known.'],
  ];
  return html`<section aria-labelledby="words"><h2 id="words">What the words mean</h2>
<dl>${words.map(([word, means]) => html`<dt>${word}</dt><dd>${means}</dd>\n`)}</dl></section>`;
}

function grade(severity: Severity): Html {
  return html`<span class="${severity}">${severity}</span>`;
}

function day(instant: string): Html {
  return html`<span class="nowrap">${dayOf(instant)}</span>`;
}

function list(sentences: readonly string[]): Part {
  const [first] = sentences;
  if (sentences.length <= 1) return prose(first ?? '');
  return html`<ul>${sentences.map((sentence) => html`<li>${prose(sentence)}</li>`)}</ul>`;
}
