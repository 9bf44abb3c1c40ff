import type { TestContext } from 'node:test';
import {
  AKS_VERSION,
  ask,
  clusterPath,
  type RawAnswer,
  startTestSandbox,
  type TestSandbox,
} from './support.ts';

export const MINUTE = 60_000;

export interface Setup {
  readonly sandbox: TestSandbox;
  readonly cluster: string;
  readonly pool: string;
}

/** The pool `apps` of stage-weu: four nodes with an old image, and no budget that never allows an eviction. */
export async function setUp(context: TestContext, seed = 1): Promise<Setup> {
  const sandbox = await startTestSandbox(context, { seed });
  const cluster = await clusterPath(sandbox, 'stage-weu');
  return { sandbox, cluster, pool: `${cluster}/agentPools/apps` };
}

export function put({ sandbox, pool }: Setup, properties: Record<string, unknown>): Promise<RawAnswer> {
  return ask(sandbox, `${pool}?${AKS_VERSION}`, { method: 'PUT', body: { properties } });
}

export function upgradeImage({ sandbox, pool }: Setup): Promise<RawAnswer> {
  return ask(sandbox, `${pool}/upgradeNodeImageVersion?${AKS_VERSION}`, { method: 'POST' });
}
