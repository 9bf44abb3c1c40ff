import { today } from '../../base/clock.ts';
import { ecosystemsOf } from '../../matching/index.ts';
import type { RefreshProblem } from '../../model/findings-report.ts';
import type { Computed, StoredSoftware, StoreReader } from '../../storage/index.ts';
import { newestComplete } from '../basis.ts';
import type { Fleet } from '../fleet/types.ts';

/** Go modules, which the components of every list are built from. */
const GO = 'Go';

/** Up to which day the advisories of each ecosystem were complete, by its name. */
type Days = Readonly<Record<string, string>>;

/**
 * Why findings must not be judged with the loaded advisories: for software of the fleet they end on an earlier day than
 * those of the last computation, so fixes and vulnerabilities that are known would be forgotten. Null where they do not.
 */
export function goneBackwards(fleet: Fleet, known: Known): RefreshProblem | null {
  const loaded = loadedDays(fleet, known);
  const now = today(fleet.clock);
  const behind = Object.entries(known.computed?.asOf ?? {}).filter(
    // A day that is still to come was told by a clock that was wrong.
    ([name, day]) => loaded.has(name) && day <= now && (loaded.get(name) ?? '') < day,
  );
  const [first] = behind;
  if (first === undefined) return null;
  const [name, day] = first;
  const until = loaded.get(name) ?? null;
  const ends = until === null ? 'are not loaded' : `end on ${until}`;
  const others = behind.length === 1 ? '' : ` (likewise for ${behind.length - 1} more)`;
  return {
    scope: 'advisories',
    detail: `The advisories for ${name} ${ends}; findings were last computed with those of ${day}${others}. Nothing was assessed with the older ones: findings stay as they were.`,
    remedy:
      'Load newer advisories with `nodeward db update`, or put the advisories.db that was used before back into the data folder.',
  };
}

/** What the advisories of the fleet's software are compared with. */
export interface Known {
  readonly computed: Computed | null;
  /** The lists that pools have or could have. */
  readonly heads: readonly StoredSoftware[];
}

/** Reads what advisories are compared with. */
export async function known({ inventory, findings }: StoreReader): Promise<Known> {
  const used = await findings.listsInUse();
  const heads = [...(await inventory.softwareHeads()).values()].filter(({ digest }) => used.has(digest));
  return { computed: await findings.computed(), heads };
}

/** The days that later advisories may not fall behind. */
export function highWater(fleet: Fleet, before: Known): Days {
  const now = today(fleet.clock);
  const days = new Map<string, string>();
  for (const [name, day] of loadedDays(fleet, before)) {
    const earlier = before.computed?.asOf[name] ?? null;
    const until = day === null || day > now ? earlier : day;
    if (until !== null) days.set(name, until);
  }
  return Object.fromEntries([...days].sort());
}

/** The last complete day of each ecosystem that lists of the fleet belong to; null where it is not loaded, or in part. */
function loadedDays({ workspace }: Fleet, { heads }: Known): ReadonlyMap<string, string | null> {
  const { coverage } = workspace.advisories();
  const used = new Set([GO]);
  for (const { os } of heads) {
    const streams = os === null ? null : ecosystemsOf(os, coverage);
    if (streams !== null)
      for (const name of [streams.base, streams.pro, ...streams.fips]) if (name !== null) used.add(name);
  }
  const byName = Map.groupBy(coverage, ({ ecosystem }) => ecosystem);
  return new Map([...used].map((name) => [name, newestComplete(byName.get(name) ?? [])]));
}
