import { Worker } from 'node:worker_threads';
import { NodewardError } from '../../base/errors.ts';
import type { Progress } from '../../base/log.ts';
import { type Problem, READER_IDS, type ReaderId } from '../readers/types.ts';
import { assemble } from './assemble.ts';
import type { DiskListing, Opened, ReaderResult, ScanMessage, Scanned, ScanRequest } from './types.ts';

/** What a scan runs with. */
export interface ScanOptions {
  /** The module of the thread: `worker.ts`, or its bundle. */
  readonly worker: URL;
  readonly progress: Progress;
  /** Aborted on Ctrl-C; the scan then throws its reason. */
  readonly signal: AbortSignal;
}

/** How long a thread that was told to stop may take before it is ended. */
const GRACE_MS = 5_000;
const WATCH_MS = 250;

/**
 * Scans a root file system or disk in a thread of its own. A limit ends it with what was found until then.
 * @throws NodewardError where nothing could be opened, and the reason of `signal`
 */
export async function scan(request: ScanRequest, options: ScanOptions): Promise<Scanned> {
  const told = new Listener(request);
  await runThread(request, options, told);
  return told.scanned();
}

/** Lists what is on a disk. @throws as `scan` */
export async function listDisk(request: ScanRequest, options: ScanOptions): Promise<DiskListing> {
  const told = new Listener(request);
  await runThread(request, options, told);
  return told.listing();
}

/** Keeps what the thread tells. */
class Listener {
  readonly #request: ScanRequest;
  readonly #results = new Map<ReaderId, ReaderResult>();
  #opened: Opened | null = null;
  #owners: ReadonlyMap<string, string> = new Map();
  #ownerProblems: readonly Problem[] = [];
  #listing: DiskListing | null = null;
  #error: NodewardError | null = null;
  #reads: Scanned['report']['reads'] = null;
  ended: string | null = null;

  constructor(request: ScanRequest) {
    this.#request = request;
  }

  hear(message: Exclude<ScanMessage, { kind: 'progress' }>): void {
    switch (message.kind) {
      case 'opened':
        this.#opened = message.opened;
        break;
      case 'outcome':
        this.#results.set(message.reader, message.result);
        break;
      case 'owners':
        this.#owners = message.owners;
        this.#ownerProblems = message.problems;
        break;
      case 'listing':
        this.#listing = message.listing;
        break;
      case 'end':
        this.#reads = message.reads;
        break;
      case 'error': {
        const { code, message: text, place, remedy } = message.error;
        this.#error = new NodewardError(code, text, { remedy, ...(place === null ? {} : { place }) });
        break;
      }
      default:
        message satisfies never;
    }
  }

  /** What was found, also by a scan that a limit ended after the root was open. */
  scanned(): Scanned {
    const limited = this.#error?.code === 'limit-reached';
    // What a stopped thread fails with is how it stopped.
    if (this.#error !== null && this.ended === null && !limited) throw this.#error;
    const ended = this.ended ?? (limited ? (this.#error?.message ?? null) : null);
    if (this.#opened === null)
      throw new NodewardError('limit-reached', ended ?? 'the scan ended without a word');
    return assemble({
      opened: this.#opened,
      results: new Map([...this.#results].sort(([a], [b]) => READER_IDS.indexOf(a) - READER_IDS.indexOf(b))),
      owners: this.#owners,
      ownerProblems: this.#ownerProblems,
      reads: this.#reads,
      allFiles: this.#request.allFiles,
      ended,
    });
  }

  listing(): DiskListing {
    if (this.#error !== null) throw this.#error;
    if (this.#listing === null)
      throw new NodewardError('limit-reached', this.ended ?? 'the scan ended without a word');
    return this.#listing;
  }
}

/** Runs the thread to its end, and ends it where it goes beyond its limits. */
async function runThread(request: ScanRequest, options: ScanOptions, told: Listener): Promise<void> {
  const { limits } = request;
  const { signal, progress } = options;
  signal.throwIfAborted();
  const thread = new Worker(options.worker, {
    workerData: request,
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMiB, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
  });
  const started = performance.now();
  const stop = (reason: string): void => {
    if (told.ended !== null) return;
    told.ended = reason;
    thread.postMessage(reason);
    setTimeout(() => void thread.terminate(), GRACE_MS).unref();
  };
  const watch = setInterval(() => {
    if (performance.now() - started > limits.timeMs) stop(`it took longer than ${limits.timeMs / 1000} s`);
    else if (process.memoryUsage.rss() > limits.memoryBytes)
      stop(`it used more than ${limits.memoryBytes / 2 ** 20} MiB of memory`);
  }, WATCH_MS);
  const interrupt = (): void => void thread.terminate();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    await new Promise<void>((resolve) => {
      thread.on('message', (message: ScanMessage) => {
        if (message.kind === 'progress') progress.step(message.label, message.done, message.total);
        else told.hear(message);
      });
      thread.once('error', (thrown) => {
        if ((thrown as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY')
          told.ended ??= `it used more than ${limits.heapMiB} MiB of memory`;
        else told.hear({ kind: 'error', error: plainError(thrown) });
      });
      thread.once('exit', () => resolve());
    });
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', interrupt);
    progress.end();
  }
  signal.throwIfAborted();
}

function plainError(thrown: unknown): Extract<ScanMessage, { kind: 'error' }>['error'] {
  const { code, message, place, remedy } = new NodewardError('internal', String(thrown), { cause: thrown });
  return { code, message, place, remedy };
}
