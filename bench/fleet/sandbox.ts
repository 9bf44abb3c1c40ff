/** A sandbox in a process of its own, and what is asked of it without Nodeward. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundle, flags } from '../process.ts';

const START_MS = 120_000;

/** How large, and whether Azure's request limits apply. */
export interface Size {
  readonly clusters: number;
  readonly nodes: number;
  readonly limits: boolean;
}

/** A sandbox that runs; `folder` is its data folder. */
export interface BenchSandbox {
  readonly folder: string;
  /** From the start of the process until it answers, in seconds. */
  readonly seconds: number;
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  stop(): Promise<void>;
}

export async function startSandbox(folder: string, { clusters, nodes, limits }: Size): Promise<BenchSandbox> {
  const words = [
    'sandbox',
    '--rate',
    '0',
    '--fleet',
    `${clusters},${nodes}`,
    ...(limits ? [] : ['--no-limits']),
  ];
  const started = performance.now();
  const child = spawn(process.execPath, [...flags, bundle, ...words, '--data-dir', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const info = await untilRunning(child, join(folder, 'sandbox', 'sandbox.json'));
  return {
    folder: join(folder, 'sandbox'),
    seconds: (performance.now() - started) / 1000,
    url: info.url,
    ca: readFileSync(info.caFile, 'utf8'),
    token: info.token,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

interface Info {
  readonly url: string;
  readonly caFile: string;
  readonly token: string;
  readonly running: boolean;
  readonly pid: number;
}

async function untilRunning(child: ChildProcess, path: string): Promise<Info> {
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`the sandbox ended with ${child.exitCode}`);
    try {
      const info = JSON.parse(readFileSync(path, 'utf8')) as Info;
      if (info.running && info.pid === child.pid) return info;
    } catch {
      // Not there yet.
    }
  }
  throw new Error('the sandbox does not start');
}

/** One GET, as text. */
export function get(sandbox: BenchSandbox, path: string, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { ca: sandbox.ca, headers: { authorization: `Bearer ${sandbox.token}` } };
    const sent = request(
      new URL(path, sandbox.url),
      { ...options, ...(agent ? { agent } : {}) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${path}: ${response.statusCode} ${text.slice(0, 200)}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

/** What reading all nodes costs that does nothing with them: the bound of a full sync. */
export async function readEverything(
  sandbox: BenchSandbox,
  servers: readonly string[],
  parallel: number,
): Promise<{ readonly seconds: number; readonly nodes: number; readonly bytes: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const started = performance.now();
  const queue = [...servers];
  let nodes = 0;
  let bytes = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let server = queue.pop(); server !== undefined; server = queue.pop()) {
        let next = '';
        do {
          const query = `limit=500${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`;
          const text = await get(sandbox, `${server}/api/v1/nodes?${query}`, agent);
          const list = JSON.parse(text) as { items: unknown[]; metadata: { continue?: string } };
          nodes += list.items.length;
          bytes += text.length;
          next = list.metadata.continue ?? '';
        } while (next !== '');
      }
    }),
  );
  agent.destroy();
  return { seconds: (performance.now() - started) / 1000, nodes, bytes };
}
