import { printable } from '../../../base/text.ts';
import type { PoolFindingLife } from '../../../model/recommendation.ts';
import type { Column } from '../fleet/columns.ts';
import { SEVERITY_STYLES, thousands } from '../table/text.ts';
import { STATE_WORDING } from '../wording.ts';
import type { PageForm } from './page.ts';
import { dayOf, dueStyle, dueWords, FIX_STYLES, FIX_WORDS, STATUS_STYLES } from './words.ts';

/** CVEs of one pool, each with its life. */
export const LIVES: PageForm<PoolFindingLife> = {
  name: 'findings',
  nouns: ['finding', 'findings'],
  csvColumns: [
    ...['cve', 'severity', 'risk', 'risk_factors', 'status', 'fix', 'fix_image', 'package', 'source', 'kind'],
    ...['installed', 'fixed', 'vendor', 'presence', 'feed', 'advisory', 'places', 'nodes', 'first_seen'],
    ...['last_seen', 'fixed_at', 'fixed_by', 'reopened_at', 'fix_available_since', 'due_at', 'overdue'],
    ...['exposure_days', 'exemption', 'notes', 'pool'],
  ],
  csv: (each) => {
    const { occurrence } = each;
    const factors = each.risk.factors.map(({ name, value, points }) => `${name} ${value}: ${points}`);
    return [
      ...[each.cve, each.severity, each.risk.score, factors.join('; '), each.status, each.fix],
      ...[each.fixImage, occurrence.package, occurrence.source, occurrence.kind, occurrence.installed],
      ...[occurrence.fixed, occurrence.vendor, occurrence.presence, occurrence.feed, occurrence.advisory],
      ...[each.occurrences, each.nodes, each.firstSeen, each.lastSeen, each.fixedAt, each.fixedBy],
      ...[each.reopenedAt, each.fixAvailableSince, each.dueAt, String(each.overdue), each.exposureDays],
      ...[each.exemption, each.notes.map(printable).join(' '), each.pool],
    ];
  },
  columns: ({ now }) => lifeColumns(now),
};

/** The columns of findings of one pool. */
export function lifeColumns(now: Date): readonly Column<PoolFindingLife>[] {
  return [
    { title: 'RISK', text: ({ risk }) => String(risk.score), right: true },
    {
      title: 'SEVERITY',
      text: ({ severity }) => severity,
      style: ({ severity }) => SEVERITY_STYLES[severity],
    },
    { title: 'CVE', text: ({ cve }) => cve },
    { title: 'KEV', text: (each) => (isExploited(each) ? 'KEV' : ''), style: () => 'alarm' },
    { title: 'STATUS', text: statusWords, style: ({ status }) => STATUS_STYLES[status], yields: 1 },
    {
      title: 'FIX',
      text: fixWords,
      style: ({ fix, status }) => (status === 'fixed' ? null : FIX_STYLES[fix]),
    },
    { title: 'DUE', text: ({ dueAt }) => dueWords(dueAt, now), style: ({ dueAt }) => dueStyle(dueAt, now) },
    { title: 'NODES', text: ({ nodes }) => thousands(nodes), right: true, yields: 5 },
    { title: 'FIRST SEEN', text: ({ firstSeen }) => dayOf(firstSeen), yields: 4 },
    {
      title: 'EXPOSED',
      text: ({ exposureDays }) => `${thousands(Math.round(exposureDays))} d`,
      right: true,
      yields: 6,
    },
    { title: 'PACKAGE', text: ({ occurrence }) => occurrence.package },
    { title: 'INSTALLED → FIXED', text: versionsOf, wraps: 20, yields: 2 },
  ];
}

/** Whether the risk of a finding counts it as known to be exploited. */
function isExploited({ risk }: PoolFindingLife): boolean {
  return risk.factors.some(({ name, points }) => name === 'KEV' && points > 0);
}

/** `reopened`, `fixed 2024-04-02`, `exempted x-0123abcd`. */
function statusWords({ status, fixedAt, exemption }: PoolFindingLife): string {
  if (status === 'fixed' && fixedAt !== null) return `fixed ${dayOf(fixedAt)}`;
  return status === 'exempted' && exemption !== null ? `exempted ${exemption}` : status;
}

function fixWords({ status, fix, fixedBy }: PoolFindingLife): string {
  if (status !== 'fixed') return FIX_WORDS[fix];
  return fixedBy === 'advisory' ? 'advisory changed' : 'fixed';
}

function versionsOf({ occurrence: { installed, fixed, vendor } }: PoolFindingLife): string {
  return fixed === null ? `${installed} (${STATE_WORDING[vendor]})` : `${installed} → ${fixed}`;
}
