import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openCatalogue } from '../../src/evidence/images/catalogue/open.ts';
import { sandboxImages } from '../../src/pipeline/sandbox-images.ts';
import {
  type RunningSandbox,
  type SandboxImages,
  type SandboxOptions,
  startSandbox,
  TOKENS,
} from '../../src/sandbox/index.ts';
import { apiServerPath } from '../../src/sandbox/names.ts';

const CATALOGUE = new URL('../../data/snapshot/images.db', import.meta.url).pathname;

let images: SandboxImages | null = null;

/** The images of the shipped catalogue. */
export function testImages(): SandboxImages {
  images ??= sandboxImages(openCatalogue(CATALOGUE));
  return images;
}

/** A sandbox that answers, with the certificate to trust as text. */
export interface TestSandbox extends RunningSandbox {
  readonly ca: string;
}

/** A sandbox for one test, whose clock stands; it is closed and its folder removed when the test ends. */
export async function startTestSandbox(
  context: TestContext,
  options: Partial<SandboxOptions> = {},
): Promise<TestSandbox> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'nodeward-sandbox-'));
  const sandbox = await startSandbox({
    folder,
    images: testImages(),
    start: '2024-03-01',
    seed: 1,
    port: 0,
    rate: 0,
    limits: false,
    fleet: 'default',
    ...options,
  });
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await sandbox.close();
    closed = true;
  };
  context.after(async () => {
    await close();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  });
  return { ...sandbox, close, ca: readFileSync(sandbox.caFile, 'utf8') };
}

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The body as JSON; undefined where there is none. */
  readonly body: unknown;
}

/** A request as it is sent. */
export interface RawRequest {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null to send none. */
  readonly token?: string | null;
}

/** Where a sandbox answers. */
export interface Peer {
  readonly url: string;
  readonly ca: string;
}

/** Sends a request to a sandbox, by path or by whole URL, and gives the answer as it is. */
export function ask(
  sandbox: Peer,
  path: string,
  { method = 'GET', body, headers = {}, token = TOKENS.owner }: RawRequest = {},
): Promise<RawAnswer> {
  const agent = new Agent({ ca: sandbox.ca, servername: 'localhost' });
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, sandbox.url),
      {
        ...{ method, agent },
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8');
          const json = /json/.test(response.headers['content-type'] ?? '');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: answer,
            body: json && answer !== '' ? JSON.parse(answer) : undefined,
          });
          agent.destroy();
        });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

/** The API version that the official SDK asks for. */
export const AKS_VERSION = 'api-version=2026-06-01';

/** Guids of the default fleet's subscriptions, by name. */
export async function subscriptionsOf(sandbox: Peer): Promise<ReadonlyMap<string, string>> {
  const { body } = await ask(sandbox, '/subscriptions?api-version=2022-12-01');
  const { value } = body as { value: { displayName: string; subscriptionId: string }[] };
  return new Map(value.map(({ displayName, subscriptionId }) => [displayName, subscriptionId]));
}

/** Where clusters of the default fleet are. */
const PLACES: Readonly<Record<string, readonly [string, string]>> = {
  'shop-weu': ['Contoso Production', 'rg-shop'],
  'shop-eus': ['Contoso Production', 'rg-shop'],
  'payments-uks': ['Contoso Production', 'rg-payments'],
  'data-neu': ['Contoso Production', 'rg-data'],
  'stage-weu': ['Contoso Staging', 'rg-stage'],
  'loadtest-wus2': ['Contoso Staging', 'rg-loadtest'],
  'lab-wus2': ['Contoso Research', 'rg-lab'],
  'archive-uks': ['Contoso Research', 'rg-archive'],
};

/** The path of a cluster of the default fleet, as clients send it. */
export async function clusterPath(sandbox: Peer, cluster: string): Promise<string> {
  const [subscription, group] = PLACES[cluster] ?? ['', ''];
  const guid = (await subscriptionsOf(sandbox)).get(subscription);
  return `/subscriptions/${guid}/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${cluster}`;
}

/** What raw tests read of a pool. */
export interface PoolAnswer {
  readonly id: string;
  readonly name: string;
  readonly properties: {
    readonly count: number;
    readonly provisioningState: string;
    readonly nodeImageVersion: string;
    readonly orchestratorVersion: string;
    readonly currentOrchestratorVersion: string;
    readonly eTag: string;
    readonly powerState: { readonly code: string };
    readonly status?: { readonly provisioningError: { readonly code: string; readonly message: string } };
  } & Readonly<Record<string, unknown>>;
}

/** A pool as ARM shows it now. */
export async function poolOf(sandbox: Peer, path: string): Promise<PoolAnswer> {
  const answer = await ask(sandbox, `${path}?${AKS_VERSION}`);
  return answer.body as PoolAnswer;
}

/** One header of an answer. */
export function header(answer: RawAnswer, name: string): string {
  const value = answer.headers[name];
  if (typeof value !== 'string') throw new Error(`the answer has no header ${name}`);
  return value;
}

const STEP_MS = 10 * 60_000;
const MOST_STEPS = 200;

/** Moves the clock until an operation ended. @returns what its status says then */
export async function untilEnded(
  sandbox: TestSandbox,
  answer: RawAnswer,
): Promise<{
  readonly status: string;
  readonly error?: { readonly code: string; readonly message: string };
}> {
  for (let step = 0; step < MOST_STEPS; step++) {
    const { body } = await ask(sandbox, header(answer, 'azure-asyncoperation'));
    const operation = body as { status: string };
    if (operation.status !== 'InProgress') return operation;
    await sandbox.advance(STEP_MS);
  }
  throw new Error('the operation does not end');
}

/** Adds a fault. */
export async function addFault(
  sandbox: Peer,
  { kind, target, times }: { readonly kind: string; readonly target: string; readonly times?: number },
): Promise<string> {
  const { status, body } = await ask(sandbox, '/sandbox/faults', {
    method: 'POST',
    body: { kind, target, ...(times === undefined ? {} : { times }) },
  });
  if (status !== 201) throw new Error(`the fault was refused with ${status}`);
  return (body as { id: string }).id;
}

/** What tests read of a node in the Kubernetes API. */
export interface NodeAnswer {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly unschedulable?: boolean; readonly providerID: string };
  readonly status: {
    readonly nodeInfo: {
      readonly bootID: string;
      readonly kubeletVersion: string;
      readonly kernelVersion: string;
    };
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The nodes of a cluster, or of one of its pools, as its Kubernetes API shows them. */
export async function nodesOf(sandbox: Peer, cluster: string, pool?: string): Promise<readonly NodeAnswer[]> {
  const id = cluster.replace('resourceGroups', 'resourcegroups');
  const path = apiServerPath({ id, name: cluster.slice(cluster.lastIndexOf('/') + 1) });
  const query = pool === undefined ? '' : `?labelSelector=agentpool%3D${pool}`;
  const answer = await ask(sandbox, `${path}/api/v1/nodes${query}`);
  return (answer.body as { items: NodeAnswer[] }).items;
}

/** The node image a node says it runs. */
export function imageOf({ metadata }: NodeAnswer): string | undefined {
  return metadata.labels['kubernetes.azure.com/node-image-version'];
}

/** The messages of a cluster's events with a reason. */
export async function eventsOf(sandbox: Peer, cluster: string, reason: string): Promise<readonly string[]> {
  const id = cluster.replace('resourceGroups', 'resourcegroups');
  const path = apiServerPath({ id, name: cluster.slice(cluster.lastIndexOf('/') + 1) });
  const answer = await ask(sandbox, `${path}/api/v1/events?fieldSelector=reason%3D${reason}`);
  return (answer.body as { items: { message: string }[] }).items.map(({ message }) => message);
}
