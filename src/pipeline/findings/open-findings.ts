import { type TellablePool, tellableFindings } from '../../findings/index.ts';
import type { StoreReader } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';
import { judgingAt, knownClusters } from './facts.ts';

/** The open findings that somebody is told of, one pool at a time, at the instant of a reader. */
export async function* openFindings(fleet: Fleet, reader: StoreReader): AsyncIterable<TellablePool> {
  const history = await reader.findings.history(null);
  const findingsOf = tellableFindings(history, await judgingAt(fleet, reader, null));
  for await (const { pools } of knownClusters(fleet, reader, await reader.inventory.clusters()))
    for (const { facts, subject } of pools) {
      const { poolName, clusterName, owner } = subject;
      yield { pool: facts.pool, poolName, clusterName, owner, findings: findingsOf(facts) };
    }
}
