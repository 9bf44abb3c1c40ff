import { NodewardError } from '../../../base/errors.ts';
import { RECOMMENDATION_STATES, type RecommendationState } from '../../../model/recommendation.ts';
import {
  currency,
  type RecommendationQuery,
  recommendationDetail,
  recommendationList,
  rollups,
} from '../../../pipeline/findings/index.ts';
import type { Fleet } from '../../../pipeline/fleet/index.ts';
import { renderRecommendation } from '../../render/findings/recommendation.ts';
import { RECOMMENDATIONS } from '../../render/findings/recommendations.ts';
import { ROLLUPS } from '../../render/findings/rollups.ts';
import { STATE_WORDS } from '../../render/findings/words.ts';
import { counted, thousands } from '../../render/table/text.ts';
import type { RunContext } from '../command.ts';
import { isFiltered, limitOf, placeOf, recommendationQuery } from '../filters.ts';
import { enablingHint, showPage } from '../findings.ts';
import { withFleet } from '../fleet.ts';
import { fleetContext, formatOf } from '../output.ts';

/** `nodeward recommendations`. */
export async function run(context: RunContext): Promise<number> {
  const { args } = context;
  const [name] = args.positionals;
  const by = args.text('by');
  const chosen = isFiltered(args);
  if (name !== undefined && (chosen || by !== null || args.flag('cluster') || args.flag('subscription')))
    throw new NodewardError('usage', 'One recommendation goes with no filter: leave out ID or the filters');
  if (by !== null && chosen)
    throw new NodewardError('usage', '--by goes with --cluster and --subscription, and with no other filter');
  // Wrong usage is told before the store is opened.
  limitOf(args);
  await withFleet(context, { create: false }, (fleet) => {
    if (name !== undefined) return showOne(context, fleet, name);
    return by === null ? showAll(context, fleet) : showRollups(context, fleet, by);
  });
  return 0;
}

async function showOne(context: RunContext, fleet: Fleet, name: string): Promise<void> {
  const detail = await recommendationDetail(fleet, name);
  const shown = { detail, currency: await currency(fleet), limit: limitOf(context.args) };
  context.write(renderRecommendation(formatOf(context), shown, fleetContext(context)));
}

async function showAll(context: RunContext, fleet: Fleet): Promise<void> {
  const query = await recommendationQuery(fleet, context.args);
  const limit = limitOf(context.args);
  const { items, total } = await recommendationList(fleet, query, { offset: 0, limit });
  const none = isFiltered(context.args)
    ? 'No recommendation is so.'
    : 'There are no recommendations: no cluster is known here.';
  showPage(context, {
    ...{ items, total, form: RECOMMENDATIONS, currency: await currency(fleet) },
    totals: await statesOf(fleet, query),
    notes: [...(total === 0 ? [none] : []), ...(await enablingHint(fleet))],
  });
}

/** `29 unhealthy, 4 healthy` of all that are asked for. */
async function statesOf(fleet: Fleet, query: RecommendationQuery): Promise<string> {
  const states = query.state === undefined ? RECOMMENDATION_STATES : [query.state];
  const parts: string[] = [];
  for (const state of states) {
    const count = await countOf(fleet, query, state);
    if (count > 0) parts.push(`${thousands(count)} ${STATE_WORDS[state]}`);
  }
  return parts.join(', ');
}

async function countOf(
  fleet: Fleet,
  query: RecommendationQuery,
  state: RecommendationState,
): Promise<number> {
  return (await recommendationList(fleet, { ...query, state }, { offset: 0, limit: 0 })).total;
}

async function showRollups(context: RunContext, fleet: Fleet, by: string): Promise<void> {
  const all = (await rollups(fleet, await placeOf(fleet, context.args))).filter(({ kind }) => kind === by);
  const items = all.slice(0, limitOf(context.args));
  const nouns: readonly [string, string] = [by, by === 'fleet' ? 'fleets' : `${by}s`];
  const none =
    by === 'cluster' ? 'No cluster is known there.' : `No ${by} is known there: leave out --cluster.`;
  showPage(context, {
    ...{ items, total: all.length, form: { ...ROLLUPS, nouns }, currency: await currency(fleet) },
    totals: counted(
      items.reduce((sum, { nodes }) => sum + nodes, 0),
      'node',
    ),
    notes: [...(all.length === 0 ? [none] : []), ...(await enablingHint(fleet))],
  });
}
