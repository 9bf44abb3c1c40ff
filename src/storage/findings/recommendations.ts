import type { SelectQueryBuilder } from 'kysely';
import { SEVERITIES, severityRank } from '../../model/advisory.ts';
import type { FixAvailability, Recommendation } from '../../model/recommendation.ts';
import { among } from '../database/bulk.ts';
import { putRows } from '../database/put-rows.ts';
import type { Session } from '../database/types.ts';
import type { Page, Paged, RecommendationFilter } from '../findings-types.ts';
import type { Schema } from '../schema.ts';
import { contains } from './search.ts';
import type { RecommendationRow } from './tables.ts';

/** The column that counts the open findings of each fix. */
const FIX_COLUMNS = {
  available: 'available',
  'not-in-region': 'not_in_region',
  'no-image': 'no_image',
  kubernetes: 'kubernetes',
  'no-vendor-fix': 'no_vendor_fix',
  unknown: 'fix_unknown',
} as const satisfies Readonly<Record<FixAvailability, keyof RecommendationRow>>;

/** A page of the recommendations, by risk, then names. */
export async function readRecommendations(
  session: Session,
  filter: RecommendationFilter,
  { offset, limit }: Page,
): Promise<Paged<Recommendation>> {
  const chosen = choose(session.db.selectFrom('recommendation'), filter);
  const { total } = await chosen
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await chosen
    .select(['since', 'body'])
    .orderBy('risk', 'desc')
    .orderBy('sort')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute();
  return { items: rows.map(recommendationOf), total };
}

/** One recommendation; null where there is none of this id. */
export async function readRecommendation(session: Session, id: string): Promise<Recommendation | null> {
  const row = await session.db
    .selectFrom('recommendation')
    .select(['since', 'body'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : recommendationOf(row);
}

/** All recommendations there are; others are gone. Those whose state is as before keep since when. */
export async function writeRecommendations(
  session: Session,
  recommendations: readonly Recommendation[],
): Promise<void> {
  const old = await session.db.selectFrom('recommendation').selectAll().execute();
  const before = new Map(old.map((row) => [row.id, row]));
  const rows = recommendations.map((each) => {
    const row = rowOf(each);
    const same = before.get(each.id);
    return same?.state === row.state ? { ...row, since: same.since } : row;
  });
  const left = await putRows(session, { table: 'recommendation', key: ['id'], old }, rows);
  if (left.length === 0) return;
  const ids = left.map(({ id }) => id);
  await session.db
    .deleteFrom('recommendation')
    .where(among(session, 'id', ids))
    .execute();
}

function choose<O>(
  query: SelectQueryBuilder<Schema, 'recommendation', O>,
  filter: RecommendationFilter,
): SelectQueryBuilder<Schema, 'recommendation', O> {
  let chosen = query;
  for (const column of ['kind', 'state', 'subscription', 'cluster', 'pool', 'owner'] as const) {
    const wanted = filter[column];
    if (wanted !== undefined) chosen = chosen.where(column, '=', wanted);
  }
  const { severity, overdue, kev, fix, search } = filter;
  if (severity !== undefined) {
    const worse = SEVERITIES.slice(0, severityRank(severity) + 1);
    chosen = chosen.where((where) => where.or(worse.map((each) => where(each, '>', 0))));
  }
  if (overdue !== undefined) chosen = chosen.where('overdue', overdue ? '>' : '=', 0);
  if (kev !== undefined) chosen = chosen.where('kev', kev ? '>' : '=', 0);
  if (fix !== undefined) chosen = chosen.where(FIX_COLUMNS[fix], '>', 0);
  if (search !== undefined) chosen = chosen.where(contains(search));
  return chosen;
}

function recommendationOf({ since, body }: Pick<RecommendationRow, 'since' | 'body'>): Recommendation {
  return { ...(JSON.parse(body) as Omit<Recommendation, 'since'>), since };
}

function rowOf(recommendation: Recommendation): RecommendationRow {
  const { since, ...rest } = recommendation;
  const { id, kind, state, pool, cluster, subscription, owner, risk, counts } = recommendation;
  const { poolName, clusterName, subscriptionName } = recommendation;
  const { unknown: fixUnknown, ...fixes } = counts.byFix;
  return {
    ...{ id, kind, state, pool, cluster, subscription, owner },
    risk: risk.score,
    sort: [clusterName, poolName ?? ''].join('\n'),
    search: [poolName ?? '', clusterName, subscriptionName].join('\n').toLowerCase(),
    since,
    ...counts.bySeverity,
    available: fixes.available,
    not_in_region: fixes['not-in-region'],
    no_image: fixes['no-image'],
    kubernetes: fixes.kubernetes,
    no_vendor_fix: fixes['no-vendor-fix'],
    fix_unknown: fixUnknown,
    kev: counts.kev,
    overdue: counts.overdue,
    body: JSON.stringify(rest),
  };
}
