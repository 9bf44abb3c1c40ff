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

const CATALOGUE = new URL('../../data/snapshot/images.db', import.meta.url).pathname;

let images: SandboxImages | null = null;

/** The images of the shipped catalogue. */
export function testImages(): SandboxImages {
  images ??= sandboxImages(openCatalogue(CATALOGUE));
  return images;
}

/** A sandbox for one test, whose clock stands; it is closed and its folder removed when the test ends. */
export async function startTestSandbox(
  context: TestContext,
  options: Partial<SandboxOptions> = {},
): Promise<RunningSandbox & { readonly ca: string }> {
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

/** Sends a request to a sandbox, by path or by whole URL, and gives the answer as it is. */
export function ask(
  sandbox: { readonly url: string; readonly ca: string },
  path: string,
  { method = 'GET', body, headers = {}, token = TOKENS.owner }: RawRequest = {},
): Promise<RawAnswer> {
  const agent = new Agent({ ca: sandbox.ca });
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, sandbox.url),
      {
        ...{ method, agent },
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const json = /json/.test(response.headers['content-type'] ?? '');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: json && text !== '' ? JSON.parse(text) : undefined,
          });
          agent.destroy();
        });
      },
    );
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}
