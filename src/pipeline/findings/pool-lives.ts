import { type Judging, poolLives } from '../../findings/index.ts';
import type { PoolFindingLife, PoolHistory, PoolList } from '../../model/recommendation.ts';
import type { StoreReader } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';
import { judgingAt, type KnownPool } from './facts.ts';

/** The findings of pools over time, with what they are judged by. */
export interface PoolLives {
  readonly history: PoolHistory;
  readonly judging: Judging;
  of(pool: KnownPool): readonly PoolFindingLife[];
}

/**
 * Reads what the findings of pools follow from.
 * @param pools ids; all where null
 * @param only a CVE: its findings alone
 */
export async function livesAt(
  fleet: Fleet,
  reader: StoreReader,
  { pools, only }: { readonly pools: readonly string[] | null; readonly only?: string },
): Promise<PoolLives> {
  const history = await reader.findings.history(pools, only);
  const cves = pools === null && only === undefined ? null : cvesOf(history);
  const judging = await judgingAt(fleet, reader, cves);
  const lives = poolLives(history, judging);
  const lists = Map.groupBy(history.pools, ({ pool }) => pool);
  return {
    history,
    judging,
    of: (pool) => told(lives(pool.facts), pool, lists.get(pool.facts.pool) ?? []),
  };
}

function cvesOf({ findings }: PoolHistory): readonly string[] {
  const cves = new Set<string>();
  for (const list of findings.values()) for (const { cve } of list) cves.add(cve);
  return [...cves];
}

const UNKNOWN = 'The assessment of the pool was disabled then: whether nodes still have it is not known.';
const NO_NODES = 'The pool has had no nodes since then: those that it gets may have it again.';

/** What ended because a pool is not assessed any more, or has no machines, was not fixed by anybody, as far as is known. */
function told(
  lives: readonly PoolFindingLife[],
  { enabled }: KnownPool,
  lists: readonly PoolList[],
): readonly PoolFindingLife[] {
  if (lists.some(({ until }) => until === null)) return lives;
  const note = enabled ? NO_NODES : UNKNOWN;
  const end = lists.reduce((latest, { until }) => (until !== null && until > latest ? until : latest), '');
  return lives.map((life) =>
    life.fixedAt !== null && life.fixedAt >= end ? { ...life, notes: [...life.notes, note] } : life,
  );
}
