import { isoDay } from '../base/clock.ts';
import type { Coverage, FeedId } from '../model/advisory.ts';
import type {
  AffectedBody,
  AffectedStatement,
  BadRecord,
  BadRecords,
  FeedRecord,
  FeedSink,
  Statement,
} from './types.ts';

const MAX_EXAMPLES = 100;
const MAX_DETAIL = 300;

/**
 * From how many records on a source of an ecosystem family is taken for all of the vendor's advisories. The vendors'
 * own feeds hold several times as many; samples for tests hold a few hundred. Unknown families are never complete.
 */
const COMPLETE_FROM: Readonly<Record<string, number>> = {
  Ubuntu: 10_000,
  Debian: 10_000,
  Go: 2_000,
  AlmaLinux: 1_000,
  'Rocky Linux': 1_000,
  'Azure Linux': 1_000,
  'CBL-Mariner': 1_000,
};

/** Fewer scores than this are an excerpt: EPSS scores every published CVE. */
const EPSS_COMPLETE_FROM = 100_000;

/** The coverage of one ecosystem by one source. */
export interface SourceCoverage extends Coverage {
  /** The file, archive or folder below the path that was named. */
  readonly source: string;
}

/** What is known of the exploitation of CVEs. */
export interface ExploitationData {
  /** CVE → day. */
  readonly kev: ReadonlyMap<string, string>;
  /** CVE → score and percentile. */
  readonly epss: ReadonlyMap<string, readonly [score: number, percentile: number]>;
}

/** Which source packages each binary package comes from: ecosystem → binary → sources. */
export type BinaryTable = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

interface Family {
  records: number;
  newest: string | null;
}

interface Source {
  readonly name: string;
  readonly asOf: string | null;
  readonly ecosystems: Map<string, number>;
  readonly families: Map<string, Family>;
}

/** Takes in what the parser of one feed delivers: one version of each record, shared texts, bounded lists. */
export class Collector implements FeedSink {
  readonly feed: FeedId;
  readonly #today: string;
  readonly #records = new Map<string, FeedRecord>();
  readonly #bodies = new Map<string, AffectedBody>();
  readonly #binaries = new Map<string, Map<string, Set<string>>>();
  readonly #sources: Source[] = [];
  readonly #examples: BadRecord[] = [];
  readonly kev = new Map<string, string>();
  readonly epss = new Map<string, readonly [number, number]>();
  #bad = 0;
  #read = 0;
  #superseded = 0;
  #announced: number | null = null;

  /** @param today ISO 8601 day; later dates in the data are mistakes and make nothing newer */
  constructor(feed: FeedId, today: string) {
    this.feed = feed;
    this.#today = today;
  }

  source(name: string, asOf: string | null): void {
    this.#sources.push({ name, asOf, ecosystems: new Map(), families: new Map() });
  }

  record(record: FeedRecord): void {
    this.#read++;
    const [id, modified] =
      record.kind === 'statement'
        ? [record.statement.id, record.statement.modified]
        : [record.id, record.modified];
    this.#count(record, modified);
    const known = this.#records.get(id);
    if (known !== undefined) {
      this.#superseded++;
      if ((modifiedOf(known) ?? '') >= (modified ?? '')) return;
    }
    this.#records.set(id, record.kind === 'statement' ? this.#compact(record.statement) : record);
  }

  bad(place: string, detail: string): void {
    this.#read++;
    this.#bad++;
    if (this.#examples.length < MAX_EXAMPLES)
      this.#examples.push({ place: place.slice(0, MAX_DETAIL), detail: detail.slice(0, MAX_DETAIL) });
  }

  superseded(count: number): void {
    this.#read += count;
    this.#superseded += count;
  }

  exploited(cve: string, day: string): void {
    this.#read++;
    if (this.kev.has(cve)) this.#superseded++;
    else this.kev.set(cve, day);
  }

  scored(cve: string, score: number, percentile: number): void {
    this.#read++;
    if (this.epss.has(cve)) this.#superseded++;
    this.epss.set(cve, [score, percentile]);
  }

  announced(records: number): void {
    this.#announced = records;
  }

  /** Everything read, bad records included. */
  get read(): number {
    return this.#read;
  }

  get supersededCount(): number {
    return this.#superseded;
  }

  get badRecords(): BadRecords {
    return { count: this.#bad, examples: this.#examples };
  }

  get binaries(): BinaryTable {
    return this.#binaries;
  }

  get records(): readonly FeedRecord[] {
    return [...this.#records.values()];
  }

  get sourceNames(): readonly string[] {
    return this.#sources.map(({ name }) => name);
  }

  /** Day of the newest fact of all sources; null where none has a date. */
  get asOf(): string | null {
    const days = this.#sources.flatMap((source) =>
      source.asOf === null ? [...source.families.values()].map(({ newest }) => newest) : [source.asOf],
    );
    return days.reduce((newest, day) => (newest === null || (day ?? '') > newest ? day : newest), null);
  }

  /** One entry per source and ecosystem that a record of it names. */
  get coverage(): readonly SourceCoverage[] {
    return this.#sources.flatMap((source) =>
      [...source.ecosystems].map(([ecosystem, records]) => {
        const name = familyOf(ecosystem);
        const family = source.families.get(name);
        return {
          feed: this.feed,
          source: source.name,
          ecosystem,
          records,
          asOf: source.asOf ?? family?.newest ?? '1970-01-01',
          complete: (family?.records ?? 0) >= (COMPLETE_FROM[name] ?? Number.POSITIVE_INFINITY),
        };
      }),
    );
  }

  /** Whether every ecosystem family, or the catalogue, was read whole from at least one source. */
  get complete(): boolean {
    if (this.feed === 'epss') return this.epss.size >= EPSS_COMPLETE_FROM;
    if (this.feed === 'cisa-kev') return this.#announced !== null && this.kev.size >= this.#announced;
    const whole = new Map<string, boolean>();
    for (const { ecosystem, complete } of this.coverage) {
      const family = familyOf(ecosystem);
      whole.set(family, complete || whole.get(family) === true);
    }
    return whole.size > 0 && [...whole.values()].every((complete) => complete);
  }

  /** Counts a record for its source: coverage is about what was read, also where a newer version of it wins. */
  #count(record: FeedRecord, modified: string | null): void {
    const source = this.#sources.at(-1);
    if (source === undefined) return;
    const stated = record.kind === 'statement' ? record.statement : null;
    const ecosystems = new Set(stated?.affected.map(({ body }) => body.ecosystem) ?? []);
    for (const ecosystem of ecosystems)
      source.ecosystems.set(ecosystem, (source.ecosystems.get(ecosystem) ?? 0) + 1);
    const concerned = record.kind === 'withdrawn' ? record.ecosystems : [...ecosystems];
    const days = [isoDay(modified ?? ''), stated?.published ?? null];
    for (const name of new Set(concerned.map(familyOf))) {
      const family = source.families.get(name) ?? { records: 0, newest: null };
      if (stated !== null) family.records++;
      for (const day of days)
        if (day !== null && day <= this.#today && day > (family.newest ?? '')) family.newest = day;
      source.families.set(name, family);
    }
  }

  /** Moves binaries to their table, for all versions of a record, and shares equal bodies. */
  #compact(statement: Statement): FeedRecord {
    const affected = statement.affected.map((element): AffectedStatement => {
      const key = JSON.stringify(element.body);
      const body = this.#bodies.get(key) ?? element.body;
      this.#bodies.set(key, body);
      for (const binary of element.binaries) this.#link(body.ecosystem, binary, body.name);
      return { ...element, body, binaries: [] };
    });
    return { kind: 'statement', statement: { ...statement, affected } };
  }

  #link(ecosystem: string, binary: string, source: string): void {
    const table = this.#binaries.get(ecosystem) ?? new Map<string, Set<string>>();
    this.#binaries.set(ecosystem, table);
    const sources = table.get(binary);
    if (sources === undefined) table.set(binary, new Set([source]));
    else sources.add(source);
  }
}

function modifiedOf(record: FeedRecord): string | null {
  return record.kind === 'statement' ? record.statement.modified : record.modified;
}

/** `Ubuntu:Pro:FIPS:20.04:LTS` → `Ubuntu`. */
function familyOf(ecosystem: string): string {
  const colon = ecosystem.indexOf(':');
  return colon === -1 ? ecosystem : ecosystem.slice(0, colon);
}
