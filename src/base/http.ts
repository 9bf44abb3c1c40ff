import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodewardError, reasonOf } from './errors.ts';
import { formatBytes, tooLarge } from './files.ts';
import type { Progress } from './log.ts';
import { isLoopback } from './url.ts';

/** What a server said to tell whether a file changed since. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** How patient a download is. */
export interface DownloadTiming {
  /** Longest time without a byte. */
  readonly idleMs: number;
  readonly attempts: number;
  /** First pause between attempts; it doubles each time. */
  readonly backoffMs: number;
  /** Longest pause, whatever the server asks for. */
  readonly maxPauseMs: number;
}

/** What to fetch, and where to put it. */
export interface DownloadOptions {
  readonly url: string;
  readonly to: string;
  readonly maxBytes: number;
  readonly progress?: Progress;
  readonly signal?: AbortSignal | null;
  /** Of the file that is at `to` now: it is fetched only if it changed. */
  readonly validators?: Validators | null;
  readonly timing?: Partial<DownloadTiming>;
}

/** What became of a download. */
export interface Downloaded extends Validators {
  readonly status: 'fetched' | 'unchanged';
}

const TIMING: DownloadTiming = { idleMs: 60_000, attempts: 6, backoffMs: 1000, maxPauseMs: 60_000 };
const MAX_REDIRECTS = 5;
const RETRIED: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const UNRESOLVED: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);

/** A failure that may pass. */
class Passing extends Error {
  readonly pauseMs: number | null;

  constructor(message: string, pauseMs: number | null = null) {
    super(message);
    this.pauseMs = pauseMs;
  }
}

/**
 * Fetches a file. `to` holds its old content or all of the new. What was received before a failure stays in
 * `<to>.part` and is resumed, also by a later process, as long as the server's file is still the same.
 * @throws NodewardError network-failed, input-too-large, file-unwritable, interrupted
 */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const timing = { ...TIMING, ...options.timing };
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce(options, timing);
    } catch (thrown) {
      if (options.signal?.aborted)
        throw new NodewardError('interrupted', `Fetching ${options.url} was interrupted`);
      if (!(thrown instanceof Passing)) throw thrown;
      if (attempt >= timing.attempts) {
        const detail = `${options.url} could not be fetched in ${attempt} attempts: ${thrown.message}`;
        throw new NodewardError('network-failed', detail, { cause: thrown });
      }
      const pause = thrown.pauseMs ?? timing.backoffMs * 2 ** (attempt - 1);
      await pauseFor(Math.min(pause, timing.maxPauseMs), options);
    }
  }
}

async function pauseFor(ms: number, options: DownloadOptions): Promise<void> {
  try {
    await sleep(ms, undefined, options.signal ? { signal: options.signal } : {});
  } catch {
    throw new NodewardError('interrupted', `Fetching ${options.url} was interrupted`);
  }
}

async function attemptOnce(options: DownloadOptions, timing: DownloadTiming): Promise<Downloaded> {
  const part = new Part(options);
  const idle = new IdleTimer(timing.idleMs);
  try {
    const signal = options.signal ? AbortSignal.any([options.signal, idle.signal]) : idle.signal;
    const response = await request(options, requestHeaders(options, part), signal);
    idle.touch();
    const validators = {
      etag: response.headers.get('etag'),
      lastModified: response.headers.get('last-modified'),
    };
    if (response.status === 304 && part.size === 0 && existsSync(options.to)) {
      return { status: 'unchanged', ...fallback(validators, options.validators) };
    }
    const total = expectedSize(response, part);
    if (total !== null && total > options.maxBytes) throw tooLarge(options.url, options.maxBytes);
    await receive(response, { options, part, validators, total, idle });
    part.finish();
    return { status: 'fetched', ...validators };
  } catch (thrown) {
    if (thrown instanceof Passing || thrown instanceof NodewardError) throw thrown;
    if (idle.signal.aborted) throw new Passing(`nothing was received for ${timing.idleMs / 1000} s`);
    throw networkError(thrown, options);
  } finally {
    idle.stop();
  }
}

/** `fetch` wraps what the network does into errors of its own, so a bare system error is the file system's: final. */
function networkError(thrown: unknown, options: DownloadOptions): Error {
  const { code, syscall } = thrown as { code?: string; syscall?: string };
  if (code !== undefined && syscall !== undefined) {
    return new NodewardError('file-unwritable', `${options.to} cannot be written (${code})`, {
      cause: thrown,
    });
  }
  const cause = thrown instanceof Error && thrown.cause !== undefined ? `: ${reasonOf(thrown.cause)}` : '';
  // Without a network every name fails; trying each of a dozen files for half a minute helps nobody.
  if (UNRESOLVED.has((thrown as { cause?: { code?: string } }).cause?.code ?? '')) {
    return new NodewardError('network-failed', `${options.url} cannot be reached${cause}`, { cause: thrown });
  }
  return new Passing(`${reasonOf(thrown)}${cause}`);
}

function fallback(said: Validators, before: Validators | null | undefined): Validators {
  return {
    etag: said.etag ?? before?.etag ?? null,
    lastModified: said.lastModified ?? before?.lastModified ?? null,
  };
}

function requestHeaders(options: DownloadOptions, part: Part): Record<string, string> {
  // Encodings would change the length, and with it what can be resumed.
  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'nodeward' };
  if (part.size > 0 && part.validator !== null) {
    headers.range = `bytes=${part.size}-`;
    headers['if-range'] = part.validator;
  } else if (existsSync(options.to)) {
    const { etag, lastModified } = options.validators ?? { etag: null, lastModified: null };
    if (etag !== null) headers['if-none-match'] = etag;
    if (lastModified !== null) headers['if-modified-since'] = lastModified;
  }
  return headers;
}

/** Follows redirects by hand: each target must be safe to go to. */
async function request(
  options: DownloadOptions,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  const local = isLoopback(new URL(options.url));
  let url = new URL(options.url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local && isLoopback(url))) {
      throw new NodewardError('network-failed', `${options.url} leads to ${url.origin}, which is not https`);
    }
    const response = await fetch(url.href, { headers, signal, redirect: 'manual' });
    if (response.status === 304 || response.status < 300 || response.status > 399) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (location === null || !URL.canParse(location, url.href))
      throw new NodewardError('network-failed', `${url} redirects to nowhere`);
    url = new URL(location, url.href);
  }
  throw new NodewardError('network-failed', `${options.url} redirects more than ${MAX_REDIRECTS} times`);
}

/** The size of the whole file; null where the server does not say. Drops a part the answer does not continue. */
function expectedSize(response: Response, part: Part): number | null {
  const { status, headers } = response;
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '');
    if (range !== null && Number(range[1]) === part.size) return Number(range[2]);
    part.drop();
    throw new Passing('the server sent another range than asked for', 0);
  }
  if (status === 416) {
    part.drop();
    throw new Passing('the server cannot resume the download', 0);
  }
  if (RETRIED.has(status)) throw new Passing(`the server answered ${status}`, retryAfter(headers));
  if (status !== 200)
    throw new NodewardError(
      'network-failed',
      `${response.url} cannot be fetched: the server answered ${status}`,
    );
  part.drop();
  const length = Number(headers.get('content-length') ?? 'none');
  return Number.isSafeInteger(length) && headers.get('content-encoding') === null ? length : null;
}

/** Seconds, or a date. */
function retryAfter(headers: Headers): number | null {
  const text = headers.get('retry-after');
  if (text === null) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

interface Reception {
  readonly options: DownloadOptions;
  readonly part: Part;
  readonly validators: Validators;
  readonly total: number | null;
  readonly idle: IdleTimer;
}

async function receive(response: Response, reception: Reception): Promise<void> {
  const { options, part, total, idle } = reception;
  const file = await part.open(reception.validators);
  const label = `Fetching ${options.url}: ${total === null ? 'bytes' : `of ${formatBytes(total)}, bytes`}`;
  let received = part.size;
  try {
    for await (const chunk of response.body ?? []) {
      idle.touch();
      received += chunk.length;
      if (received > options.maxBytes) throw tooLarge(options.url, options.maxBytes);
      await writeAll(file, chunk);
      options.progress?.step(label, received, total);
    }
    await file.sync();
  } catch (thrown) {
    if (thrown instanceof NodewardError) part.drop();
    throw thrown;
  } finally {
    await file.close();
  }
  if (total === null || received === total) return;
  if (received > total) part.drop();
  throw new Passing(`${received} of ${total} bytes were received`);
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; )
    written += (await file.write(chunk, written, chunk.length - written)).bytesWritten;
}

/** What was received so far: `<to>.part`, and in `<to>.part.json` which version of which URL it is of. */
class Part {
  readonly #to: string;
  readonly #url: string;
  readonly #path: string;
  readonly #note: string;
  /** Bytes already there. */
  size = 0;
  /** What makes the server continue only if its file is still the same; null where nothing can be resumed. */
  validator: string | null = null;

  constructor({ to, url }: DownloadOptions) {
    this.#to = to;
    this.#url = url;
    this.#path = `${to}.part`;
    this.#note = `${to}.part.json`;
    try {
      const note: unknown = JSON.parse(readFileSync(this.#note, 'utf8'));
      const { url: from, validator } = note as { url?: unknown; validator?: unknown };
      if (from !== url || typeof validator !== 'string') return;
      this.size = statSync(this.#path).size;
      this.validator = validator;
    } catch {
      // No part, or one that cannot be trusted: the download starts anew.
    }
  }

  async open({ etag, lastModified }: Validators): Promise<FileHandle> {
    if (this.size > 0) return open(this.#path, 'a');
    mkdirSync(dirname(this.#to), { recursive: true });
    const strong = etag !== null && !etag.startsWith('W/') ? etag : lastModified;
    if (strong !== null) writeFileSync(this.#note, JSON.stringify({ url: this.#url, validator: strong }));
    return open(this.#path, 'w');
  }

  drop(): void {
    this.size = 0;
    this.validator = null;
    rmSync(this.#note, { force: true });
    rmSync(this.#path, { force: true });
  }

  finish(): void {
    renameSync(this.#path, this.#to);
    rmSync(this.#note, { force: true });
  }
}

class IdleTimer {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  touch(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
