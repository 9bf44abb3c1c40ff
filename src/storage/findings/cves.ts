import { SEVERITIES, type Severity, severityRank } from '../../model/advisory.ts';
import type {
  CveRollup,
  FindingStatus,
  FixAvailability,
  ScorePoint,
  Vulnerability,
} from '../../model/recommendation.ts';
import { among } from '../database/bulk.ts';
import { putRows } from '../database/put-rows.ts';
import type { Session } from '../database/types.ts';
import { upsert } from '../database/upsert.ts';
import type { CveFilter, Page, Paged } from '../findings-types.ts';
import { contains } from './search.ts';
import type { CveRow, VulnerabilityRow } from './tables.ts';

/** A page of the CVEs of a scope, by risk, then CVE. */
export async function readCves(
  session: Session,
  { scope = 'all', severity, status, current, fix, kev, overdue, search }: CveFilter,
  { offset, limit }: Page,
): Promise<Paged<CveRollup>> {
  let chosen = session.db.selectFrom('cve_rollup').where('scope', '=', scope);
  if (severity !== undefined)
    chosen = chosen.where('severity', 'in', SEVERITIES.slice(0, severityRank(severity) + 1));
  if (status !== undefined) chosen = chosen.where('status', '=', status);
  if (current !== undefined) chosen = chosen.where('status', current ? '!=' : '=', 'fixed');
  if (fix !== undefined) chosen = chosen.where('fix', '=', fix);
  if (kev !== undefined) chosen = chosen.where('kev', kev ? 'is not' : 'is', null);
  if (overdue !== undefined) chosen = chosen.where('overdue', overdue ? '>' : '=', 0);
  if (search !== undefined) chosen = chosen.where(contains(search));
  const { total } = await chosen
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await chosen
    .selectAll()
    .orderBy('risk', 'desc')
    .orderBy('cve')
    .limit(limit)
    .offset(offset)
    .execute();
  return { items: rows.map(rollupOf), total };
}

/** All CVEs of all scopes; others are gone. */
export async function writeCves(session: Session, rollups: readonly CveRollup[]): Promise<void> {
  const scopes = Map.groupBy(rollups, ({ scope }) => scope);
  const stored = await session.db.selectFrom('cve_rollup').select('scope').distinct().execute();
  for (const { scope } of stored) if (!scopes.has(scope)) scopes.set(scope, []);
  // One scope at a time: together they are many rows.
  for (const [scope, each] of scopes) {
    const old = await session.db.selectFrom('cve_rollup').selectAll().where('scope', '=', scope).execute();
    const left = await putRows(session, { table: 'cve_rollup', key: ['scope', 'cve'], old }, each.map(rowOf));
    if (left.length === 0) continue;
    const cves = left.map(({ cve }) => cve);
    await session.db
      .deleteFrom('cve_rollup')
      .where('scope', '=', scope)
      .where(among(session, 'cve', cves))
      .execute();
  }
}

/** What is known of these CVEs; all where null. */
export async function readVulnerabilities(
  session: Session,
  cves: readonly string[] | null,
): Promise<ReadonlyMap<string, Vulnerability>> {
  const rows = await session.db
    .selectFrom('vulnerability')
    .selectAll()
    .$if(cves !== null, (query) => query.where(among(session, 'cve', cves ?? [])))
    .orderBy('cve')
    .execute();
  return new Map(rows.map((row) => [row.cve, vulnerabilityOf(row)]));
}

/** Writes what is new or differs. */
export async function writeVulnerabilities(
  session: Session,
  vulnerabilities: readonly Vulnerability[],
): Promise<void> {
  const rows = vulnerabilities.map(
    ({ cve, aliases, cvss, published, kev, epss }): VulnerabilityRow => ({
      ...{ cve, aliases: JSON.stringify(aliases), cvss: JSON.stringify(cvss), published, kev },
      ...{ epss: epss?.score ?? null, percentile: epss?.percentile ?? null },
    }),
  );
  const cves = rows.map(({ cve }) => cve);
  const old = await session.db
    .selectFrom('vulnerability')
    .selectAll()
    .where(among(session, 'cve', cves))
    .execute();
  await putRows(session, { table: 'vulnerability', key: ['cve'], old }, rows);
}

/** How a scope, or all where null, stood; oldest first. @param since an instant or a day */
export async function readScores(
  session: Session,
  scope: string | null,
  since: string,
): Promise<readonly ScorePoint[]> {
  const rows = await session.db
    .selectFrom('score')
    .selectAll()
    .$if(scope !== null, (query) => query.where('scope', '=', scope))
    .where('day', '>=', since.slice(0, 10))
    .orderBy('day')
    .execute();
  return rows.map(({ not_assessed: notAssessed, ...row }) => ({ ...row, notAssessed }));
}

/** One per scope and day: the last of the day stays. */
export async function writeScores(session: Session, points: readonly ScorePoint[]): Promise<void> {
  const rows = new Map(points.map((each) => [`${each.scope}\n${each.day}`, each]));
  const put = [...rows.values()].map(({ notAssessed: not_assessed, ...row }) => ({ ...row, not_assessed }));
  await upsert(session, { table: 'score', key: ['scope', 'day'] }, put);
}

function vulnerabilityOf({ aliases, cvss, epss, percentile, ...row }: VulnerabilityRow): Vulnerability {
  return {
    ...row,
    aliases: JSON.parse(aliases) as string[],
    cvss: JSON.parse(cvss) as string[],
    epss: epss === null || percentile === null ? null : { score: epss, percentile },
  };
}

function rollupOf(row: CveRow): CveRollup {
  const { first_seen: firstSeen, due_at: dueAt, search: _, ...rest } = row;
  return {
    ...rest,
    severity: row.severity as Severity,
    status: row.status as FindingStatus,
    fix: row.fix as FixAvailability,
    firstSeen,
    dueAt,
  };
}

function rowOf({ firstSeen, dueAt, ...rest }: CveRollup): CveRow {
  const search = `${rest.cve}\n${rest.package}`.toLowerCase();
  return { ...rest, first_seen: firstSeen, due_at: dueAt, search };
}
