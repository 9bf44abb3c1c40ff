import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { generate } from 'selfsigned';
import { silent } from '../../src/base/log.ts';
import type { Patience } from '../../src/inventory/patience.ts';
import type { AksSettings, Run } from '../../src/inventory/types.ts';

/** Patience of milliseconds: what waits in earnest waits for a moment here. */
export const IMPATIENT: Patience = {
  throttledMs: 200,
  attempts: 3,
  backoffMs: 1,
  requestMs: 20_000,
  connectMs: 5_000,
  quietMs: 1_000,
  pollMs: 1,
  operationMs: 20_000,
};

/** A run that shows nothing. */
export function testRun(signal: AbortSignal = new AbortController().signal): Run {
  return { progress: silent, signal };
}

/** A folder that is removed when the test ends. */
export function scratchFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-inventory-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server that says whatever a test wants it to. */
export interface TestServer {
  readonly url: string;
  /** PEM, and the file it is in. */
  readonly ca: string;
  readonly caFile: string;
}

/** A name that only a proxy of a test knows. */
export const PROXIED = 'cluster.example';

let certificate: ReturnType<typeof generate> | null = null;

/** An https server on loopback; it ends with the test, and with it all its connections. */
export async function serve(context: TestContext, answer: RequestListener): Promise<TestServer> {
  certificate ??= generate([{ name: 'commonName', value: 'test' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 600_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: PROXIED },
        ],
      },
    ],
  });
  const { private: key, cert } = await certificate;
  const server = createServer({ key, cert }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const caFile = join(scratchFolder(context), 'ca.pem');
  writeFileSync(caFile, cert);
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: cert, caFile };
}

/** Settings of the provider `aks` for a server that takes any token. */
export function aksSettings(
  server: { readonly url: string; readonly caFile: string },
  more: Partial<AksSettings> = {},
): AksSettings {
  return {
    endpoint: server.url,
    caFile: server.caFile,
    credential: { token: 'sandbox' },
    subscriptions: [],
    snapshotResourceGroup: null,
    installation: 'installation-1',
    workloads: false,
    ...more,
  };
}

/** An answer in JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** An answer as `serve` may give it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers by `METHOD path`, the path without its query and in lower case. What is not there answers 404. */
export function routes(
  table: Readonly<Record<string, (url: URL) => Answer | Promise<Answer>>>,
  log: string[] = [],
): RequestListener {
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'https://127.0.0.1');
    const key = `${request.method} ${url.pathname.toLowerCase()}`;
    log.push(key);
    const answer = await (table[key]?.(url) ?? json(404, { error: { code: 'NotFound', message: key } }));
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
}
