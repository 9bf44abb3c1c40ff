import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Clock } from '../base/clock.ts';
import { NodewardError, reasonOf } from '../base/errors.ts';
import { type DownloadTiming, download, type Validators } from '../base/http.ts';
import { lockFolder } from '../base/lock.ts';
import type { Progress } from '../base/log.ts';
import type { FeedId } from '../model/advisory.ts';
import {
  type AdvisorySourcePath,
  type BuildReport,
  buildAdvisories,
  type FeedProblem,
  fingerprintOf,
} from './build.ts';
import { FEED_CODES } from './database/layout.ts';
import { openAdvisories } from './database/reader.ts';
import { fingerprintsOf } from './database/reread.ts';
import { FEEDS } from './registry.ts';
import { validatorsNote } from './schema.ts';
import type { FeedStatus } from './status.ts';
import type { Upstream } from './types.ts';

/** What to fetch, and where to. */
export interface UpdateOptions {
  /** Downloads are kept below `<folder>/sources/<feed>/`, to be fetched again only when they change. */
  readonly folder: string;
  readonly database: string;
  /** All feeds where not given. What the database holds of the others stays as it is. */
  readonly feeds?: readonly FeedId[];
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Where to fetch an upstream URL from instead: a mirror. */
  readonly mirror?: (url: string) => string;
  readonly timing?: Partial<DownloadTiming>;
}

/** What became of one file of a feed. */
export interface FetchedFile {
  readonly feed: FeedId;
  readonly file: string;
  readonly url: string;
  readonly status: 'fetched' | 'unchanged' | 'failed';
  /** Why it failed; null otherwise. */
  readonly error: string | null;
}

/** What became of an update. */
export interface UpdateReport {
  readonly files: readonly FetchedFile[];
  /** Null where nothing had changed, so that the database was left as it is. */
  readonly build: BuildReport | null;
  readonly feeds: readonly FeedStatus[];
}

/**
 * Fetches the feeds and builds the advisory database anew if anything changed. A file that cannot be fetched is
 * read as it was fetched last; a feed that misses files keeps what the old database holds. Both say so.
 * @throws NodewardError feed-failed where nothing could be fetched, database-busy, file-unwritable, interrupted
 */
export async function updateAdvisories(options: UpdateOptions): Promise<UpdateReport> {
  const feeds = FEED_CODES.filter((feed) => options.feeds?.includes(feed) ?? true);
  const unlock = lockFolder(join(options.folder, 'sources'));
  try {
    const files: FetchedFile[] = [];
    for (const feed of feeds)
      for (const upstream of FEEDS[feed].upstream) files.push(await fetchFile(feed, upstream, options));
    options.progress.end();
    if (files.every(({ status }) => status === 'failed')) {
      throw new NodewardError('feed-failed', `Nothing could be fetched: ${files[0]?.error}`);
    }
    const sources = feeds.flatMap((feed) => presentFiles(feed, options.folder));
    const current = unchanged(options, feeds, { files, sources });
    if (current !== null) return { files, build: null, feeds: current };
    const carry = FEED_CODES.filter((feed) => !feeds.includes(feed));
    const problems = new Map(feeds.flatMap((feed) => problemOf(feed, files, options.folder)));
    const build = await buildAdvisories({ ...options, sources, carry, problems });
    return { files, build, feeds: build.feeds };
  } finally {
    unlock();
  }
}

async function fetchFile(feed: FeedId, upstream: Upstream, options: UpdateOptions): Promise<FetchedFile> {
  const to = pathOf(feed, upstream, options.folder);
  const url = options.mirror?.(upstream.url) ?? upstream.url;
  const file = { feed, file: upstream.file, url };
  try {
    const { status, etag, lastModified } = await download({
      url,
      to,
      maxBytes: upstream.maxBytes,
      progress: options.progress,
      validators: readValidators(to, url),
      signal: options.signal ?? null,
      ...(options.timing === undefined ? {} : { timing: options.timing }),
    });
    writeFileSync(`${to}.validators.json`, JSON.stringify({ url, etag, lastModified }));
    return { ...file, status, error: null };
  } catch (thrown) {
    if (thrown instanceof NodewardError && thrown.code === 'interrupted') throw thrown;
    return { ...file, status: 'failed', error: reasonOf(thrown) };
  }
}

/** What the server said of the file that is there; null where that is not known for sure. */
function readValidators(to: string, url: string): Validators | null {
  try {
    const note = v.parse(validatorsNote, JSON.parse(readFileSync(`${to}.validators.json`, 'utf8')));
    return note.url === url ? note : null;
  } catch {
    return null;
  }
}

function pathOf(feed: FeedId, upstream: Upstream, folder: string): string {
  return join(folder, 'sources', feed, ...upstream.file.split('/'));
}

/** The files of a feed that are there; where none is, the first, so that the feed fails by name. */
function presentFiles(feed: FeedId, folder: string): readonly AdvisorySourcePath[] {
  const paths = FEEDS[feed].upstream.map((upstream) => ({ feed, path: pathOf(feed, upstream, folder) }));
  const present = paths.filter(({ path }) => existsSync(path));
  return present.length > 0 ? present : paths.slice(0, 1);
}

function problemOf(
  feed: FeedId,
  files: readonly FetchedFile[],
  folder: string,
): readonly (readonly [FeedId, FeedProblem])[] {
  const failed = files.filter((file) => file.feed === feed && file.status === 'failed');
  if (failed.length === 0) return [];
  const missing = FEEDS[feed].upstream.some((upstream) => !existsSync(pathOf(feed, upstream, folder)));
  return [[feed, { error: failed.map(({ error }) => error).join('; '), missing }]];
}

/** The status of the database where it was built from just these files; null where it must be built. */
function unchanged(
  { database }: UpdateOptions,
  feeds: readonly FeedId[],
  { files, sources }: { files: readonly FetchedFile[]; sources: readonly AdvisorySourcePath[] },
): readonly FeedStatus[] | null {
  if (files.some(({ status }) => status === 'failed') || !existsSync(database)) return null;
  try {
    const fingerprints = fingerprintsOf(database);
    for (const feed of feeds) {
      const paths = sources.filter((source) => source.feed === feed).map(({ path }) => path);
      const now = fingerprintOf(paths);
      if (now === null || now !== fingerprints.get(feed)) return null;
    }
    const advisories = openAdvisories(database);
    try {
      return advisories.status();
    } finally {
      advisories.close();
    }
  } catch {
    return null;
  }
}
