import { printable } from '../../../base/text.ts';
import type { ReportBasis, ReportedPool } from '../../../pipeline/report.ts';
import { type CsvCell, writeCsv } from '../csv.ts';
import type { PoolWriter } from './types.ts';

const PLACE = [
  'kind',
  'subscription',
  'cluster',
  'pool',
  'region',
  'owner',
  'pool_nodes',
  'image',
  'offered',
];
const FINDING = [
  ...[
    'cve',
    'severity',
    'risk',
    'status',
    'fix',
    'fix_image',
    'kev',
    'epss',
    'package',
    'installed',
    'fixed',
  ],
  ...['presence', 'advisory', 'affected_nodes', 'first_seen', 'last_seen', 'fixed_at', 'fixed_by'],
  ...['reopened_at', 'fix_available_since', 'due_at', 'overdue', 'exposure_days', 'exemption'],
  ...['exemption_reason', 'exemption_justification', 'exemption_author', 'exemption_expires_at', 'notes'],
];
const REASON = ['reason', 'detail', 'remedy'];

/**
 * One row for each CVE of each pool (`kind` finding), closed ones too, and one for each reason why a pool is not fully
 * assessed (`kind` not-assessed). RFC 4180 with a header row.
 */
export function poolsCsv(): PoolWriter {
  return {
    begin: () => writeCsv([[...PLACE, ...FINDING, ...REASON]]),
    pool: (pool, basis) => {
      const rows = [...findingRows(pool, basis), ...reasonRows(pool)];
      return rows.length === 0 ? '' : writeCsv(rows);
    },
    end: () => [],
  };
}

function placeOf(kind: string, each: ReportedPool): readonly CsvCell[] {
  const { subscriptionName, clusterName, poolName, region, owner, nodes, image, offered } = each;
  return [kind, subscriptionName, clusterName, poolName, region, owner, nodes, image, offered];
}

function findingRows(
  pool: ReportedPool,
  { vulnerabilities, exemptions }: ReportBasis,
): readonly (readonly CsvCell[])[] {
  return pool.findings.map((each) => {
    const { occurrence } = each;
    const known = vulnerabilities.get(each.cve);
    const exemption = each.exemption === null ? undefined : exemptions.get(each.exemption);
    return [
      ...placeOf('finding', pool),
      ...[each.cve, each.severity, each.risk.score, each.status, each.fix, each.fixImage],
      ...[known?.kev ?? null, known?.epss?.score ?? null, occurrence.package, occurrence.installed],
      ...[occurrence.fixed, occurrence.presence, occurrence.advisory, each.nodes, each.firstSeen],
      ...[each.lastSeen, each.fixedAt, each.fixedBy, each.reopenedAt, each.fixAvailableSince, each.dueAt],
      ...[String(each.overdue), each.exposureDays, each.exemption, exemption?.reason ?? null],
      ...[exemption?.justification ?? null, exemption?.author ?? null, exemption?.expiresAt ?? null],
      ...[each.notes.map(printable).join(' ')],
      ...REASON.map(() => null),
    ];
  });
}

function reasonRows(pool: ReportedPool): readonly (readonly CsvCell[])[] {
  return pool.reasons.map(({ code, detail, remedy }) => [
    ...placeOf('not-assessed', pool),
    ...FINDING.map(() => null),
    ...[code, detail, remedy],
  ]);
}
