import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writtenParts } from './sparse.ts';

/** The account that every emulator of Azure's storage has, with its published key. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const VERSION = '2021-12-02';
const MAX_START_MS = 20_000;

/** A running emulator of Azure's blob storage. */
export interface Azurite {
  /** Of the account; a container follows. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A page blob: its container, its name, and the file it is made of or was made of. */
export interface BlobPlace {
  readonly container: string;
  readonly name: string;
}

/** For `skip`: why there is no emulator here; false where there is one. `NODEWARD_AZURITE` names its `blob/main.js`. */
export function noAzurite(): string | false {
  return findAzurite() === null ? 'needs the npm package azurite, or NODEWARD_AZURITE' : false;
}

function findAzurite(): string | null {
  const named = process.env.NODEWARD_AZURITE;
  if (named !== undefined) return existsSync(named) ? named : null;
  try {
    const manifest = createRequire(import.meta.url).resolve('azurite/package.json');
    return join(dirname(manifest), 'dist', 'src', 'blob', 'main.js');
  } catch {
    return null;
  }
}

/** Starts an emulator on loopback that keeps its data in a folder. */
export async function startAzurite(folder: string): Promise<Azurite> {
  const main = findAzurite();
  if (main === null) throw new Error('there is no azurite');
  const port = await freePort();
  const place = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder];
  const flags = ['--silent', '--disableTelemetry', '--skipApiVersionCheck'];
  const child = spawn(process.execPath, [main, ...place, ...flags], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}/${ACCOUNT}`;
  try {
    await untilAnswering(url, child);
  } catch (thrown) {
    child.kill('SIGKILL');
    throw thrown;
  }
  return { url, stop: () => stopped(child) };
}

/** Makes a page blob of a file: only what is not zeros is sent. */
export async function uploadPageBlob(azurite: Azurite, place: BlobPlace, path: string): Promise<void> {
  await send(azurite, {
    method: 'PUT',
    path: place.container,
    query: { restype: 'container' },
    accepted: [201, 409],
  });
  const blob = `${place.container}/${place.name}`;
  const length = String(statSync(path).size);
  const headers = { 'x-ms-blob-type': 'PageBlob', 'x-ms-blob-content-length': length };
  await send(azurite, { method: 'PUT', path: blob, headers, accepted: [201] });
  for await (const { offset, bytes } of writtenParts(path)) {
    const range = `bytes=${offset}-${offset + bytes.length - 1}`;
    await send(azurite, {
      method: 'PUT',
      path: blob,
      query: { comp: 'page' },
      headers: { 'x-ms-page-write': 'update', 'x-ms-range': range },
      body: bytes,
      accepted: [201],
    });
  }
}

/** Writes 512 bytes into a page blob, by which it becomes another version. */
export async function touchPageBlob(azurite: Azurite, { container, name }: BlobPlace): Promise<void> {
  await send(azurite, {
    method: 'PUT',
    path: `${container}/${name}`,
    query: { comp: 'page' },
    headers: { 'x-ms-page-write': 'update', 'x-ms-range': 'bytes=0-511' },
    body: Buffer.alloc(512, 1),
    accepted: [201],
  });
}

/** A link to a blob with a service SAS to read it, until one hour from now or as long as said. */
export function sasUrl(azurite: Azurite, { container, name }: BlobPlace, validMs = 3_600_000): string {
  const expiry = new Date(Date.now() + validMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const resource = `/blob/${ACCOUNT}/${container}/${name}`;
  // Permissions, start, expiry, resource, identifier, addresses, protocols, version, kind, snapshot, scope, 5 headers.
  const fields = ['r', '', expiry, resource, '', '', '', VERSION, 'b', '', '', '', '', '', '', ''];
  const query = new URLSearchParams({
    sv: VERSION,
    sr: 'b',
    sp: 'r',
    se: expiry,
    sig: sign(fields.join('\n')),
  });
  return `${azurite.url}/${container}/${name}?${query}`;
}

interface StorageRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly accepted: readonly number[];
}

/** One request with the account's key (Shared Key, for versions from 2015-02-21 on). */
async function send(azurite: Azurite, request: StorageRequest): Promise<void> {
  const { method, path, query = {}, body = Buffer.alloc(0) } = request;
  const headers: Record<string, string> = {
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': VERSION,
    ...request.headers,
  };
  const named = Object.keys(headers)
    .sort()
    .map((name) => `${name}:${headers[name]}\n`);
  const parameters = Object.keys(query)
    .sort()
    .map((name) => `\n${name}:${query[name]}`);
  const length = body.length === 0 ? '' : String(body.length);
  const resource = `/${ACCOUNT}/${ACCOUNT}/${path}${parameters.join('')}`;
  const text = `${[method, '', '', length, '', '', '', '', '', '', '', ''].join('\n')}\n${named.join('')}${resource}`;
  const response = await fetch(`${azurite.url}/${path}?${new URLSearchParams(query)}`, {
    method,
    headers: { ...headers, authorization: `SharedKey ${ACCOUNT}:${sign(text)}` },
    ...(method === 'PUT' ? { body: new Uint8Array(body) } : {}),
  });
  const answer = await response.text();
  if (!request.accepted.includes(response.status))
    throw new Error(`azurite answered ${response.status} to ${method} ${path}: ${answer}`);
}

function sign(text: string): string {
  return createHmac('sha256', Buffer.from(KEY, 'base64')).update(text, 'utf8').digest('base64');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilAnswering(url: string, child: ChildProcess): Promise<void> {
  for (const end = Date.now() + MAX_START_MS; Date.now() < end; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`azurite ended with ${child.exitCode}`);
    const answers = await fetch(url).then(
      (response) => response.text(),
      () => null,
    );
    if (answers !== null) return;
  }
  throw new Error('azurite does not answer');
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}
