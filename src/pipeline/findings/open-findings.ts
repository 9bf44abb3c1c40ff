import type { TellableFinding, TellablePool } from '../../findings/index.ts';
import type { Vulnerability } from '../../model/recommendation.ts';
import type { StoreReader } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';
import { type KnownPool, knownClusters } from './facts.ts';
import { livesAt } from './pool-lives.ts';

/** The open findings of every pool that are not exempted, one pool at a time, at the instant of a reader. */
export async function* openFindings(fleet: Fleet, reader: StoreReader): AsyncIterable<TellablePool> {
  const { judging, of } = await livesAt(fleet, reader, { pools: null });
  for await (const { pools } of knownClusters(fleet, reader, await reader.inventory.clusters()))
    for (const pool of pools) yield tellable(pool, of(pool), judging.vulnerabilities);
}

function tellable(
  { facts, subject }: KnownPool,
  lives: ReturnType<Awaited<ReturnType<typeof livesAt>>['of']>,
  vulnerabilities: ReadonlyMap<string, Vulnerability>,
): TellablePool {
  const findings = lives
    .filter(({ status }) => status === 'open' || status === 'reopened')
    .map(
      ({ cve, severity, fix, fixImage, dueAt, overdue, risk }): TellableFinding => ({
        ...{ cve, severity, fix, fixImage, dueAt, overdue, risk: risk.score },
        kev: (vulnerabilities.get(cve)?.kev ?? null) !== null,
      }),
    );
  const { poolName, clusterName, owner } = subject;
  return { pool: facts.pool, poolName, clusterName, owner, findings };
}
