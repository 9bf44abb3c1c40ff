import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type RunningSandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { apiServerPath, TOKENS } from '../../src/sandbox/names.ts';
import { testImages } from '../sandbox/support.ts';
import { builtServer } from './binary.ts';

export { noRealKubernetes } from './binary.ts';

const MAX_START_MS = 60_000;
/** Of what the server logs, only the end is of use. */
const MAX_LOG = 4_000;

/** A Kubernetes API that tests can speak to. */
export interface TestKubernetes {
  /** Of the API server, with the path below which it answers. */
  readonly url: string;
  /** The authority that signed its certificate, PEM. */
  readonly ca: string;
  /** A file with the contexts `admin` (the current one) and `reader`, which may change nothing. */
  readonly kubeconfig: string;
  readonly token: string;
  readonly readerToken: string;
  stop(): Promise<void>;
}

/**
 * Starts a real kube-apiserver on loopback with an empty state. It has no scheduler, kubelets or workload controllers.
 * @param flags of `server/main.go`; after `--`, of kube-apiserver
 */
export async function startRealKubernetes(flags: readonly string[] = []): Promise<TestKubernetes> {
  try {
    return await startServer(flags);
  } catch {
    // It chooses free ports before it takes them, and another process may have been faster.
    return startServer(flags);
  }
}

async function startServer(flags: readonly string[]): Promise<TestKubernetes> {
  const program = builtServer();
  if (program === null)
    throw new Error('there is no kube-apiserver: build it with `node scripts/kubernetes.ts`');
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-kubetest-'));
  // Nodes made by tests have no kubelet: they are not to be given up while a test runs.
  const args = ['-exit-on-stdin-close', '-dir', folder, '-node-grace', '30m', ...flags];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const told: Told = JSON.parse(await firstLine(child));
    const ca = readFileSync(join(folder, 'certs', 'apiserver.crt'), 'utf8');
    const { url, kubeconfig, token, readerToken } = told;
    return { url, kubeconfig, token, readerToken, ca, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** What the program prints when it is ready. */
type Told = Readonly<Record<'url' | 'kubeconfig' | 'token' | 'readerToken', string>>;

function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString('utf8')).slice(-MAX_LOG);
    });
    const failed = (why: string): void => reject(new Error(`the kube-apiserver ${why}\n${log}`));
    const timer = setTimeout(() => failed('does not get ready'), MAX_START_MS);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      failed(`ended with ${code}`);
    });
    createInterface(child.stdout).once('line', (line) => {
      clearTimeout(timer);
      resolve(line);
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exit;
}

/** A cluster of a sandbox, with the sandbox. */
export interface SandboxKubernetes extends TestKubernetes {
  /** Of the cluster, in ARM. */
  readonly id: string;
  readonly sandbox: RunningSandbox;
}

/**
 * Starts a sandbox whose clock stands, and picks a cluster of it.
 * @param options of the sandbox; `cluster` is the name of one, null for any
 */
export async function startSandboxKubernetes({
  cluster = 'shop-weu',
  ...options
}: Partial<SandboxOptions> & { cluster?: string | null } = {}): Promise<SandboxKubernetes> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'nodeward-sandbox-'));
  const sandbox = await startSandbox({
    ...{ folder, images: testImages(), start: '2024-03-01', seed: 1, port: 0, rate: 0, limits: false },
    ...{ fleet: 'default', ...options },
  });
  const ca = readFileSync(sandbox.caFile, 'utf8');
  const found = await findCluster(sandbox, cluster);
  const url = sandbox.url + apiServerPath(found);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(url, ca)));
  const stop = async (): Promise<void> => {
    await sandbox.close();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const tokens = { token: TOKENS.owner, readerToken: TOKENS.reader };
  return { url, ca, kubeconfig, ...tokens, stop, sandbox, id: found.id };
}

/** A cluster by its name, as ARM lists it. */
async function findCluster(
  sandbox: RunningSandbox,
  name: string | null,
): Promise<{ id: string; name: string }> {
  const base = sandbox.url.replace('https:', 'http:');
  const values = async (path: string): Promise<{ id: string; name: string }[]> => {
    const headers = { authorization: `Bearer ${TOKENS.reader}` };
    const answer = await fetch(`${base}${path}?api-version=2026-06-01`, { headers });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { value: { id: string; name: string }[] }).value;
  };
  for (const { id } of await values('/subscriptions')) {
    const clusters = await values(`${id}/providers/Microsoft.ContainerService/managedClusters`);
    const found = clusters.find((cluster) => name === null || cluster.name === name);
    if (found !== undefined) return found;
  }
  throw new Error(`the sandbox has no cluster ${name}`);
}

/** JSON is YAML. */
function kubeconfigOf(url: string, ca: string): unknown {
  const user = (name: string, token: string): unknown => ({ name, user: { token } });
  const context = (name: string): unknown => ({ name, context: { cluster: 'sandbox', user: name } });
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'sandbox',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [user('admin', TOKENS.owner), user('reader', TOKENS.reader)],
    contexts: [context('admin'), context('reader')],
    'current-context': 'admin',
  };
}
