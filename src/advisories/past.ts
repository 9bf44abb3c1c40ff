import { NodewardError } from '../base/errors.ts';
import { buildDatabase } from '../base/sqlite.ts';
import type { SourceCoverage } from './collector.ts';
import { ADVISORY_DATABASE, FEED_CODES } from './database/layout.ts';
import { rereadFeed } from './database/reread.ts';
import { type FeedContent, writeDatabase } from './database/writer.ts';
import type { Entry } from './types.ts';

/** What one database said of some ecosystems on a day on which it was complete. */
export interface PastState {
  /** ISO day. */
  readonly day: string;
  /** An advisory database of the feed `osv`, as `buildAdvisories` writes it. */
  readonly path: string;
}

/** Which day to go back to, and from what. */
export interface PastOptions {
  /** The advisory database with everything known today. */
  readonly current: string;
  /** Real states of earlier days, oldest first. */
  readonly states: readonly PastState[];
  /** ISO day, not before the first state. */
  readonly day: string;
  /** Where to write. */
  readonly database: string;
}

/**
 * Builds the advisory database as it was on an earlier day. Ecosystems that a state holds are as in the newest state up
 * to that day, until the current database's own day; vulnerabilities published in between are added on their day, as the
 * current database has them, because what was known of them in between is not. Everything else is the current database
 * without what was published later. An ecosystem whose feed begins later is left out with its coverage, so that it is
 * "not covered" rather than clean.
 * @throws NodewardError database-missing, database-unusable, file-unwritable
 */
export async function buildPastAdvisories({ current, states, day, database }: PastOptions): Promise<void> {
  const state = states.filter((each) => each.day <= day).at(-1);
  const contents = FEED_CODES.flatMap((feed) => {
    const now = rereadFeed(current, feed);
    if (now === null) return [];
    const then = feed === 'osv' && state !== undefined ? readState(state) : null;
    return [contentOn(day, now, then)];
  });
  await buildDatabase(database, ADVISORY_DATABASE, async (file) => writeDatabase(file, contents, null));
}

interface ReadState {
  readonly day: string;
  readonly content: FeedContent;
}

function readState({ day, path }: PastState): ReadState {
  const content = rereadFeed(path, 'osv');
  if (content === null)
    throw new NodewardError('database-unusable', `${path} holds no advisories of the feed osv`);
  return { day, content };
}

function contentOn(day: string, now: FeedContent, state: ReadState | null): FeedContent {
  const old =
    state === null ? [] : state.content.coverage.filter(({ ecosystem }) => endOf(now, ecosystem) > day);
  const fromState = new Set(old.map(({ ecosystem }) => ecosystem));
  const coverage = [
    ...old.map((each) => ({ ...each, asOf: day })),
    ...now.coverage
      .filter((each) => !fromState.has(each.ecosystem) && begins(each) <= day)
      .map((each) => until(each, day)),
  ];
  const covered = new Set(coverage.map(({ ecosystem }) => ecosystem));
  const known = new Set(fromState.size === 0 ? [] : state?.content.entries.map(({ cve }) => cve));
  const dates = new Map(
    now.entries.flatMap(({ cve, published }) => (published === null ? [] : [[cve, published]])),
  );
  const entries = [
    ...(state?.content.entries ?? []).flatMap((entry) => only(entry, (name) => fromState.has(name))),
    ...now.entries.flatMap((entry) => {
      const published = entry.published ?? dates.get(entry.cve) ?? firstDayOf(entry);
      if (published > day) return [];
      const isNew = state !== null && published > state.day && !known.has(entry.cve);
      return only(entry, (name) => covered.has(name) && (isNew || !fromState.has(name)));
    }),
  ];
  const asOf =
    coverage
      .map((each) => each.asOf)
      .sort()
      .at(-1) ?? earlier(now.status.asOf, day);
  const kev = new Map([...now.kev].filter(([, added]) => added <= day));
  const scores = now.status.asOf !== null && now.status.asOf <= day ? now.epss : new Map();
  const used = entries.length + kev.size + scores.size;
  const counts = { covered: 0, withdrawn: 0, livepatch: 0, outOfScope: 0, superseded: 0 };
  const status = { ...now.status, ...counts, asOf, used, records: used + now.status.badRecords.count };
  const binaries =
    fromState.size === 0 ? now.binaries : new Map([...now.binaries, ...(state?.content.binaries ?? [])]);
  return {
    status,
    fingerprint: null,
    coverage: counted(coverage, entries),
    entries,
    binaries,
    kev,
    epss: scores,
  };
}

/** How many of the entries are about each ecosystem. */
function counted(coverage: readonly SourceCoverage[], entries: readonly Entry[]): readonly SourceCoverage[] {
  const records = new Map<string, number>();
  for (const { affected } of entries)
    for (const name of new Set(affected.map(({ ecosystem }) => ecosystem)))
      records.set(name, (records.get(name) ?? 0) + 1);
  return coverage.map((each) => ({ ...each, records: records.get(each.ecosystem) ?? 0 }));
}

/** The last day a database speaks about an ecosystem; the empty day where it never does. */
function endOf(content: FeedContent, ecosystem: string): string {
  return content.coverage.find((each) => each.ecosystem === ecosystem)?.asOf ?? '';
}

/** Go's feed grew over years; each of the others is one publication, which says nothing of the days before it. */
function begins({ ecosystem, asOf }: SourceCoverage): string {
  return ecosystem === 'Go' ? '' : asOf;
}

function until(coverage: SourceCoverage, day: string): SourceCoverage {
  return { ...coverage, asOf: earlier(coverage.asOf, day) ?? day };
}

function earlier(asOf: string | null, day: string): string | null {
  return asOf !== null && asOf > day ? day : asOf;
}

function only(entry: Entry, wanted: (ecosystem: string) => boolean): readonly Entry[] {
  const affected = entry.affected.filter(({ ecosystem }) => wanted(ecosystem));
  return affected.length === 0 ? [] : [{ ...entry, affected }];
}

/** An advisory without a date, by the year in its id: rather too early than hidden. */
function firstDayOf({ id, cve }: Entry): string {
  const year = /^[A-Z]+-(\d{4})-/.exec(id)?.[1] ?? /^[A-Z]+-(\d{4})-/.exec(cve)?.[1];
  return year === undefined ? '' : `${year}-01-01`;
}
