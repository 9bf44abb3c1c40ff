import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../base/clock.ts';
import { NodewardError, reasonOf } from '../base/errors.ts';
import type { Progress } from '../base/log.ts';
import { buildDatabase } from '../base/sqlite.ts';
import type { FeedId } from '../model/advisory.ts';
import { collapse } from './collapse.ts';
import { Collector } from './collector.ts';
import { ADVISORY_DATABASE, FEED_CODES } from './database/layout.ts';
import { rereadFeed } from './database/reread.ts';
import { type FeedContent, type Keep, type Written, writeDatabase } from './database/writer.ts';
import { FEEDS } from './registry.ts';
import type { FeedStatus } from './status.ts';
import type { FeedRecord } from './types.ts';

/** A file or folder of a feed. */
export interface AdvisorySourcePath {
  readonly feed: FeedId;
  readonly path: string;
}

/** What to build, and where. */
export interface BuildOptions {
  /** Several of one feed are read together; feeds not named are not in the new database. */
  readonly sources: readonly AdvisorySourcePath[];
  readonly database: string;
  /**
   * Ecosystems to keep; all where not given. Of the others nothing is kept, their coverage neither: a query about
   * them is answered with "not covered". Advisories that then name no package are dropped, and what is known of the
   * exploitation of their CVEs.
   */
  readonly keep?: Keep;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Feeds that are not read but taken over from the old database as they are. */
  readonly carry?: readonly FeedId[];
  /** Why a feed may be out of date though its files can be read: they could not be fetched anew. */
  readonly problems?: ReadonlyMap<FeedId, FeedProblem>;
}

/** What went wrong before a feed's files were read. */
export interface FeedProblem {
  readonly error: string;
  /** Whether files are missing, so that what the old database holds of the feed is to be preferred. */
  readonly missing: boolean;
}

/** What became of a build, feed by feed. */
export interface BuildReport extends Written {
  readonly feeds: readonly FeedStatus[];
  /** ISO 8601 instant. */
  readonly builtAt: string;
  /** Size of the database file. */
  readonly bytes: number;
}

/**
 * Builds the advisory database from files. It replaces the old one only when it is whole. A feed that fails keeps
 * what the old database holds of it and says so in its status; without an old one it is empty, and says so.
 * @throws NodewardError feed-failed where every feed failed (the old file is untouched), file-unwritable, interrupted
 */
export async function buildAdvisories(options: BuildOptions): Promise<BuildReport> {
  const now = (options.clock ?? systemClock).now().toISOString();
  const feeds = FEED_CODES.filter((feed) => options.sources.some((source) => source.feed === feed));
  if (feeds.length === 0) throw new NodewardError('usage', 'No advisory source was named');
  const read: FeedContent[] = [];
  for (const feed of feeds) read.push(await contentOf(feed, options, now));
  options.progress.end();
  if (read.every(({ status }) => status.error !== null && (status.keptOld || status.used === 0))) {
    const reasons = read.map(({ status }) => `${status.feed}: ${status.error}`).join('; ');
    throw new NodewardError('feed-failed', `No feed could be read: ${reasons}`);
  }
  const carried = (options.carry ?? []).flatMap((feed) => carriedContent(feed, options.database) ?? []);
  const contents = [...read, ...carried].sort(
    (a, b) => FEED_CODES.indexOf(a.status.feed) - FEED_CODES.indexOf(b.status.feed),
  );
  const written = await buildDatabase(options.database, ADVISORY_DATABASE, async (database) => {
    interruptible(options.signal);
    options.progress.step('Writing the advisory database: feeds', 0, contents.length);
    const result = writeDatabase(database, contents, options.keep ?? null);
    interruptible(options.signal);
    return result;
  });
  options.progress.end();
  const bytes = statSync(options.database).size;
  return { feeds: contents.map(({ status }) => status), builtAt: now, bytes, ...written };
}

function interruptible(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new NodewardError('interrupted', 'The build was interrupted');
}

async function contentOf(feed: FeedId, options: BuildOptions, now: string): Promise<FeedContent> {
  const problem = options.problems?.get(feed) ?? null;
  if (problem?.missing === true) {
    const old = oldContent(feed, options.database, problem.error);
    if (old !== null) return old;
  }
  try {
    return await readSources(feed, options, now);
  } catch (thrown) {
    interruptible(options.signal);
    if (thrown instanceof NodewardError && thrown.code === 'interrupted') throw thrown;
    const error = problem === null ? reasonOf(thrown) : `${problem.error}; ${reasonOf(thrown)}`;
    return oldContent(feed, options.database, error) ?? nothing(feed, error, now);
  }
}

async function readSources(feed: FeedId, options: BuildOptions, now: string): Promise<FeedContent> {
  const paths = options.sources.filter((source) => source.feed === feed).map(({ path }) => path);
  const fingerprint = fingerprintOf(paths);
  const collector = new Collector(feed, now.slice(0, 10));
  for (const path of paths) {
    const context = { progress: options.progress, signal: options.signal ?? null };
    await FEEDS[feed].parse(path, collector, context);
    interruptible(options.signal);
  }
  const { entries, records, covered } = collapse(feed, collector.records);
  const { kev, epss, coverage, binaries } = collector;
  const problem = options.problems?.get(feed) ?? null;
  const count = (kind: FeedRecord['kind']) =>
    collector.records.filter((record) => record.kind === kind).length;
  const status: FeedStatus = {
    feed,
    title: FEEDS[feed].title,
    sources: collector.sourceNames,
    records: collector.read,
    used: records + kev.size + epss.size,
    covered,
    withdrawn: count('withdrawn'),
    livepatch: count('livepatch'),
    outOfScope: count('out-of-scope'),
    superseded: collector.supersededCount,
    badRecords: collector.badRecords,
    asOf: collector.asOf,
    complete: collector.complete && problem?.missing !== true,
    builtAt: now,
    error: problem?.error ?? null,
    keptOld: false,
  };
  if (status.used + covered === 0)
    throw new NodewardError('input-malformed', `none of the ${status.records} records states anything`);
  return {
    status,
    fingerprint: problem === null ? fingerprint : null,
    coverage,
    entries,
    binaries,
    kev,
    epss,
  };
}

/** What the old database holds of a feed, to stand in for what could not be read; null where there is none. */
function oldContent(feed: FeedId, database: string, error: string): FeedContent | null {
  const old = carriedContent(feed, database);
  if (old === null || old.status.used === 0) return null;
  return { ...old, status: { ...old.status, error, keptOld: true }, fingerprint: null };
}

/** What the old database holds of a feed. An old database that cannot be read has nothing to keep. */
function carriedContent(feed: FeedId, database: string): FeedContent | null {
  if (!existsSync(database)) return null;
  try {
    return rereadFeed(database, feed);
  } catch {
    return null;
  }
}

function nothing(feed: FeedId, error: string, now: string): FeedContent {
  const none = { count: 0, examples: [] };
  const counts = {
    records: 0,
    used: 0,
    covered: 0,
    withdrawn: 0,
    livepatch: 0,
    outOfScope: 0,
    superseded: 0,
  };
  const { title } = FEEDS[feed];
  const state = { asOf: null, complete: false, builtAt: now, error, keptOld: false };
  const status = { feed, title, sources: [], ...counts, badRecords: none, ...state };
  const empty = { coverage: [], entries: [], binaries: new Map(), kev: new Map(), epss: new Map() };
  return { status, fingerprint: null, ...empty };
}

const MAX_FINGERPRINTED = 100_000;

/** Names, sizes and times of the files, so that an unchanged set need not be read again; null for huge folders. */
export function fingerprintOf(paths: readonly string[]): string | null {
  const hash = createHash('sha256');
  let files = 0;
  const visit = (path: string): void => {
    if (++files > MAX_FINGERPRINTED) return;
    const info = statSync(path);
    if (info.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(`${path}\n${info.size}\n${info.mtimeMs}\n`);
  };
  try {
    for (const path of paths) visit(path);
  } catch {
    return null;
  }
  return files > MAX_FINGERPRINTED ? null : hash.digest('hex');
}
