import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { buildPastAdvisories } from '../advisories/index.ts';
import { NodewardError, reasonOf } from '../base/errors.ts';
import { replaceFile } from '../base/files.ts';
import { isLoopback } from '../base/url.ts';
import { buildPastCatalogue, openCatalogue } from '../evidence/images/index.ts';
import { type RunningSandbox, readSandboxInfo, type SandboxOptions, startSandbox } from '../sandbox/index.ts';
import { sandboxImages } from './sandbox-images.ts';
import type { SandboxInfo } from './sandbox-info.ts';
import type { Workspace } from './workspace.ts';

export type { RunningSandbox } from '../sandbox/index.ts';

/** The days a sandbox can begin on: those on which all of Ubuntu's advisories are at hand. */
export const SANDBOX_STARTS = ['2024-03-01', '2024-08-09'] as const;

/** The state of Ubuntu's advisories that is older than the snapshot, packed in `data/sandbox/`. */
const STATE_DAY = '2024-03-01';
const STATE_FILE = `ubuntu-${STATE_DAY}.db`;
const MAX_STATE_BYTES = 256 << 20;
/** A month of a thousand clusters takes two minutes; after five, `fetch` gives up by itself. */
const CONTROL_TIMEOUT_MS = 240_000;

/** How to run a sandbox; its folder is the workspace's data folder. */
export type SandboxRun = Omit<SandboxOptions, 'folder' | 'images' | 'onDay'>;

/**
 * Starts a sandbox in the workspace's data folder. On each of its days the folder holds the advisories and the image
 * catalogue as they were on that day, so that every command there answers as on that day.
 * @throws NodewardError sandbox-busy, file-unwritable, catalogue-missing, database-missing
 */
export async function runSandbox(workspace: Workspace, run: SandboxRun): Promise<RunningSandbox> {
  const { dataDir, snapshotDir } = workspace.paths;
  const catalogue = openCatalogue(join(snapshotDir, 'images.db'));
  try {
    const state = await unpackState(dataDir, snapshotDir);
    const onDay = async (day: string): Promise<void> => {
      await buildPastCatalogue({
        current: join(snapshotDir, 'images.db'),
        day,
        catalogue: workspace.cataloguePath,
      });
      await buildPastAdvisories({
        current: join(snapshotDir, 'advisories.db'),
        states: [{ day: STATE_DAY, path: state }],
        day,
        database: workspace.advisoriesPath,
      });
    };
    // Before anybody is told that it runs: without them its commands would know of what is yet to come.
    const expected = (readSandboxInfo(dataDir)?.now ?? run.start).slice(0, 10);
    await onDay(expected);
    const running = await startSandbox({ ...run, folder: dataDir, images: sandboxImages(catalogue), onDay });
    // A killed one may have got further than it could tell.
    const day = running.now().toISOString().slice(0, 10);
    if (day !== expected)
      await onDay(day).catch(async (thrown: unknown) => {
        await running.close();
        throw thrown;
      });
    return {
      ...running,
      now: () => running.now(),
      advance: (ms) => running.advance(ms),
      close: () => running.close().finally(() => catalogue.close()),
    };
  } catch (thrown) {
    catalogue.close();
    throw thrown;
  }
}

/** The packed state as a database file of the folder, made once. */
async function unpackState(folder: string, snapshotDir: string): Promise<string> {
  const path = join(folder, 'states', STATE_FILE);
  if (existsSync(path)) return path;
  const packed = join(snapshotDir, '..', 'sandbox', `${STATE_FILE}.zst`);
  await replaceFile(path, async (aside) => {
    const bytes = await readFile(packed).catch((thrown: unknown) => {
      throw new NodewardError('database-missing', `${packed} cannot be read`, { cause: thrown });
    });
    await writeFile(aside, zstdDecompressSync(bytes, { maxOutputLength: MAX_STATE_BYTES }));
  });
  return path;
}

/** A request to the control interface of a sandbox. */
export interface ControlRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/sandbox/status`. */
  readonly path: string;
  readonly body?: unknown;
}

/** Asks a running sandbox. @throws NodewardError sandbox-unavailable, usage where the sandbox refuses */
export async function controlSandbox(info: SandboxInfo, request: ControlRequest): Promise<unknown> {
  const url = new URL(request.path, info.url);
  if (!isLoopback(url)) throw new NodewardError('sandbox-unavailable', `${url.host} is not this machine`);
  // Its port answers plain HTTP too, which on loopback needs no certificate.
  url.protocol = 'http:';
  const response = await fetch(url, {
    method: request.method,
    signal: AbortSignal.timeout(CONTROL_TIMEOUT_MS),
    ...(request.body === undefined
      ? {}
      : { body: JSON.stringify(request.body), headers: { 'content-type': 'application/json' } }),
  }).catch((thrown: unknown) => {
    if (thrown instanceof DOMException && thrown.name === 'TimeoutError')
      throw new NodewardError(
        'sandbox-unavailable',
        `The sandbox at ${url.origin} is still at work after ${CONTROL_TIMEOUT_MS / 60_000} minutes`,
        { cause: thrown, remedy: 'It goes on; `nodeward sandbox status` shows how far its clock is.' },
      );
    throw new NodewardError(
      'sandbox-unavailable',
      `The sandbox at ${url.origin} does not answer: ${reasonOf(thrown)}`,
      {
        cause: thrown,
      },
    );
  });
  const answer = (await response.json().catch(() => null)) as { error?: { message?: unknown } } | null;
  if (response.ok) return answer;
  const said = answer?.error?.message;
  throw new NodewardError(
    'usage',
    `The sandbox refuses: ${typeof said === 'string' ? said : `status ${response.status}`}`,
  );
}
