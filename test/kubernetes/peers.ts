import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Caller, callerOf } from './call.ts';
import { startRealKubernetes, startSandboxKubernetes, type TestKubernetes } from './support.ts';
import { denyEvictions } from './webhook.ts';

const MAX_POLL_MS = 30_000;

/** One API server under the contract, with what tests need that no API does. */
export interface Peer {
  readonly kubernetes: TestKubernetes;
  readonly call: Caller;
  /** Names of nodes nobody else touches, at least eight, in order. */
  readonly nodes: readonly string[];
  /** Makes pods run and be ready, and lets the disruption controller see the budgets, in the namespace `default`. */
  settle(pods: readonly string[], budgets: readonly string[]): Promise<void>;
  /** Makes the server forget the states before now, as compaction does. @param version of one of them */
  forget(version: string): Promise<void>;
  /** Lets an admission webhook deny evictions. @returns what ends that */
  denyEvictions(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

const NODES = Array.from({ length: 8 }, (_, index) => `node-${index}`);

/** A real server with eight nodes. */
export async function realPeer(flags: readonly string[] = []): Promise<Peer> {
  const kubernetes = await startRealKubernetes(flags);
  const { call, close } = callerOf(kubernetes);
  for (const name of NODES)
    await call('POST', '/api/v1/nodes', {
      body: {
        ...{ apiVersion: 'v1', kind: 'Node', spec: { providerID: `azure:///subscriptions/0/${name}` } },
        metadata: { name, labels: { agentpool: 'pool', 'kubernetes.io/hostname': name } },
      },
    });
  // The taint of a node that was just made is taken off by the controller; what follows must not race with it.
  for (const name of NODES)
    await until(
      async () =>
        !JSON.stringify((await call('GET', `/api/v1/nodes/${name}`)).body.spec).includes('not-ready'),
    );
  const settle: Peer['settle'] = async (pods, budgets) => {
    for (const pod of pods)
      await call('PATCH', `/api/v1/namespaces/default/pods/${pod}/status`, {
        type: 'application/merge-patch+json',
        body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      });
    for (const budget of budgets)
      await until(async () => {
        const { body } = await call(
          'GET',
          `/apis/policy/v1/namespaces/default/poddisruptionbudgets/${budget}`,
        );
        const { observedGeneration = 0, currentHealthy = 0 } = body.status;
        return observedGeneration >= body.metadata.generation && currentHealthy === pods.length;
      });
  };
  const forget = (version: string): Promise<void> =>
    until(async () => {
      const { status } = await call(
        'GET',
        `/api/v1/nodes?limit=1&resourceVersionMatch=Exact&resourceVersion=${version}`,
      );
      return status === 410;
    });
  const stop = async (): Promise<void> => {
    close();
    await kubernetes.stop();
  };
  return {
    ...{ kubernetes, call, nodes: NODES, settle, forget, stop },
    denyEvictions: () => denyEvictions(call),
  };
}

/** A cluster of a sandbox. */
export async function sandboxPeer(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-peer-'));
  let kubernetes = await startSandboxKubernetes({ folder });
  const { call, close } = callerOf(kubernetes);
  const { body } = await call('GET', '/api/v1/nodes?labelSelector=agentpool%3Dweb');
  const nodes = body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  return {
    ...{ kubernetes, call, nodes },
    settle: () => kubernetes.sandbox.advance(20_000),
    forget: async () => {
      await kubernetes.sandbox.close();
      kubernetes = await startSandboxKubernetes({ folder, port: Number(new URL(kubernetes.url).port) });
    },
    denyEvictions: async () => {
      const faults = `${kubernetes.sandbox.url.replace('https:', 'http:')}/sandbox/faults`;
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ kind: 'webhook-denial', target: '*' });
      const { id } = (await (await fetch(faults, { method: 'POST', headers, body })).json()) as {
        id: string;
      };
      return async () => {
        await fetch(`${faults}/${id}`, { method: 'DELETE' });
      };
    },
    stop: async () => {
      close();
      await kubernetes.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks again until something holds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + MAX_POLL_MS; Date.now() < end; await sleep(20)) if (await holds()) return;
  throw new Error('what was waited for did not happen');
}
