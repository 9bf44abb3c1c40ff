import { NodewardError } from '../../base/errors.ts';
import { SEVERITIES, type Severity } from '../../model/advisory.ts';
import {
  FINDING_STATUSES,
  FIX_AVAILABILITIES,
  type FindingStatus,
  type FixAvailability,
  RECOMMENDATION_STATES,
  RECOMMENDATION_TITLES,
  type RecommendationKind,
  type RecommendationState,
} from '../../model/recommendation.ts';
import type { FindingQuery, RecommendationQuery } from '../../pipeline/findings/index.ts';
import { type Fleet, resolveScope } from '../../pipeline/fleet/index.ts';
import type { Arguments, Option } from './command.ts';
import { numberOption } from './options.ts';

/** What a table shows unless more is asked for; other forms have everything. */
const SHOWN = 20;
const MOST = 1_000_000;

/** How many rows are shown. */
export const LIMIT: Option = {
  name: 'limit',
  value: 'NUMBER',
  help: `at most this many rows (default: ${SHOWN} in a table, else all)`,
};

/** A severity. */
export const SEVERITY: Option = {
  name: 'severity',
  value: 'LEVEL',
  help: 'only of this severity or worse',
  choices: SEVERITIES.filter((severity) => severity !== 'unknown'),
};

/** A text in the names of findings. */
export const SEARCH_CVES: Option = {
  name: 'search',
  value: 'TEXT',
  help: 'only where the CVE or the package has this text',
};

/** Options that choose among findings, in recommendations and in lists of CVEs. */
export const FINDING_FILTERS: readonly Option[] = [
  SEVERITY,
  {
    name: 'fix',
    value: 'FIX',
    help: `only where a fix is so far: ${FIX_AVAILABILITIES.join(', ')}`,
    choices: FIX_AVAILABILITIES,
  },
  { name: 'overdue', value: null, help: 'only what should have been resolved by now' },
  { name: 'kev', value: null, help: 'only what is known to be exploited (CISA KEV)' },
];

/** Options that choose among recommendations. */
export const RECOMMENDATION_FILTERS: readonly Option[] = [
  {
    name: 'kind',
    value: 'KIND',
    help: `only of this kind: ${Object.keys(RECOMMENDATION_TITLES).join(', ')}`,
    choices: Object.keys(RECOMMENDATION_TITLES),
  },
  {
    name: 'state',
    value: 'STATE',
    help: `only in this state: ${RECOMMENDATION_STATES.join(', ')}`,
    choices: RECOMMENDATION_STATES,
  },
  { name: 'owner', value: 'OWNER', help: 'only of this owner' },
  ...FINDING_FILTERS,
  {
    name: 'search',
    value: 'TEXT',
    help: 'only where the names of pool, cluster or subscription have this text',
  },
];

/** Where recommendations are looked for. */
export const PLACES: readonly Option[] = [
  { name: 'cluster', value: 'CLUSTER', help: 'only of this cluster and its pools' },
  { name: 'subscription', value: 'SUBSCRIPTION', help: 'only of this subscription' },
];

/** What statuses findings can be asked for by. */
export const STATUS: Option = {
  name: 'status',
  value: 'STATUS',
  help: `only in this state: ${FINDING_STATUSES.join(', ')}`,
  choices: FINDING_STATUSES,
};

/** How many rows are asked for. @throws NodewardError usage */
export function limitOf(args: Arguments): number {
  const otherwise = (args.text('format') ?? 'table') === 'table' ? SHOWN : MOST;
  return numberOption(args, 'limit', { least: 1, most: MOST, otherwise });
}

/** Whether anything was chosen among recommendations or findings. */
export function isFiltered(args: Arguments): boolean {
  return [...RECOMMENDATION_FILTERS, STATUS].some(({ name }) => args.flag(name));
}

/** Which recommendations the options ask for. @throws NodewardError usage, scope-unknown */
export async function recommendationQuery(fleet: Fleet, args: Arguments): Promise<RecommendationQuery> {
  const [kind, state, owner] = [args.text('kind'), args.text('state'), args.text('owner')];
  return {
    scope: await placeOf(fleet, args),
    ...findingFilter(args),
    // The parser has compared them with their choices.
    ...(kind === null ? {} : { kind: kind as RecommendationKind }),
    ...(state === null ? {} : { state: state as RecommendationState }),
    ...(owner === null ? {} : { owner }),
  };
}

/** Which findings the options ask for: those that are fixed only where they are named. @throws NodewardError usage */
export function findingQuery(args: Arguments, scope: string | null): FindingQuery {
  const status = args.text('status') as FindingStatus | null;
  if (status !== null && args.flag('fixed'))
    throw new NodewardError(
      'usage',
      '--status and --fixed do not go together: --status fixed has those alone',
    );
  return {
    scope,
    ...findingFilter(args),
    ...(status === null ? {} : { status }),
    ...(status === null && !args.flag('fixed') ? { current: true } : {}),
  };
}

function findingFilter(args: Arguments) {
  const [severity, fix, search] = [args.text('severity'), args.text('fix'), args.text('search')];
  return {
    ...(severity === null ? {} : { severity: severity as Severity }),
    ...(fix === null ? {} : { fix: fix as FixAvailability }),
    ...(search === null ? {} : { search }),
    ...(args.flag('overdue') ? { overdue: true } : {}),
    ...(args.flag('kev') ? { kev: true } : {}),
  };
}

/** The id of what --cluster and --subscription name; null for the whole fleet. @throws NodewardError scope-unknown */
export async function placeOf(fleet: Fleet, args: Arguments): Promise<string | null> {
  const [cluster, subscription] = [args.text('cluster'), args.text('subscription')];
  const text =
    cluster !== null && subscription !== null ? `${subscription}/${cluster}` : (cluster ?? subscription);
  if (text === null) return null;
  const { kind, id, name } = await resolveScope(fleet, text);
  const wanted = cluster === null ? 'subscription' : 'cluster';
  if (kind === wanted) return id;
  throw new NodewardError('scope-unknown', `${name} is a ${kind}, not a ${wanted}`);
}
