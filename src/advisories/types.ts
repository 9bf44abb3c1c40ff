import type { Progress } from '../base/log.ts';
import type { AffectedPackage, FeedId, Severity } from '../model/advisory.ts';

/** What a vendor says of one package for one set of versions, without the vulnerabilities it is about. */
export type AffectedBody = Omit<AffectedPackage, 'advisories'>;

/** How a vendor rates one CVE of a notice. */
export interface Rating {
  readonly cve: string;
  readonly severity: Severity;
  readonly cvss: readonly string[];
}

/** One package a record speaks about. */
export interface AffectedStatement {
  readonly body: AffectedBody;
  /** Binary packages the record says are built from this source package. */
  readonly binaries: readonly string[];
  /** Severity of this package alone (Debian's urgency); null where the record's own holds. */
  readonly severity: Severity | null;
  /** The CVEs of a notice that concern this package, with their ratings; null: all of the notice's. */
  readonly ratings: readonly Rating[] | null;
}

/** One record of a feed as its parser understands it, before records about one vulnerability are joined. */
export interface Statement {
  readonly id: string;
  /**
   * `vulnerability`: about one vulnerability, and the last word on the packages it names.
   * `notice`: an update that fixes all of `cves`; gives way to `vulnerability` records of the same feed.
   */
  readonly kind: 'vulnerability' | 'notice';
  /** CVEs it is about; may be empty. Several in a `vulnerability` are still different vulnerabilities. */
  readonly cves: readonly string[];
  /** Identifiers people know it by, its own id among them, and the notices about it; never CVEs. */
  readonly aliases: readonly string[];
  /** ISO 8601 instant of its last change, to tell the newer of two versions of it; null where not said. */
  readonly modified: string | null;
  /** ISO 8601 day. */
  readonly published: string | null;
  readonly severity: Severity;
  readonly cvss: readonly string[];
  readonly affected: readonly AffectedStatement[];
}

/**
 * A record that was read well. Only `statement` leads to advisories:
 * - `withdrawn`     the feed took it back
 * - `livepatch`     about a kernel live patch: no package fixes it, but its id names the CVEs
 * - `out-of-scope`  about no package of an ecosystem Nodeward matches
 */
export type FeedRecord =
  | { readonly kind: 'statement'; readonly statement: Statement }
  | { readonly kind: 'out-of-scope'; readonly id: string; readonly modified: string | null }
  | {
      readonly kind: 'withdrawn';
      readonly id: string;
      /** When it was taken back or last changed, whichever is later. */
      readonly modified: string | null;
      /** The ecosystems it was about: taking it back is news on them too. */
      readonly ecosystems: readonly string[];
    }
  | {
      readonly kind: 'livepatch';
      readonly id: string;
      readonly modified: string | null;
      readonly cves: readonly string[];
    };

/** Where a parser delivers what it reads. Nothing delivered counts before the whole source was read. */
export interface FeedSink {
  /**
   * Starts a file, archive or folder; what follows is from it.
   * @param asOf ISO 8601 day the source was made; null where only its records tell
   */
  source(name: string, asOf: string | null): void;
  record(record: FeedRecord): void;
  /** A record that was left out, where it is and why. */
  bad(place: string, detail: string): void;
  /** A record left out because a newer version of all of the source was read. */
  superseded(count: number): void;
  /** A CVE in a catalogue of exploited vulnerabilities since an ISO 8601 day. */
  exploited(cve: string, day: string): void;
  /** The probability that a CVE is exploited and its rank, both 0…1. */
  scored(cve: string, score: number, percentile: number): void;
  /** States how many records the source itself says it holds. */
  announced(records: number): void;
}

/** What a parser is given besides its input. */
export interface ParseContext {
  readonly progress: Progress;
  readonly signal: AbortSignal | null;
}

/** Where a feed is published: the URL and the file it is kept as, below the feed's folder. */
export interface Upstream {
  readonly url: string;
  /** Relative path with `/`, such as `Ubuntu/all.zip`. */
  readonly file: string;
  readonly maxBytes: number;
}

/** One advisory feed: where it is published, and how its files are read. */
export interface Feed {
  readonly id: FeedId;
  /** For people: `Open Source Vulnerabilities`. */
  readonly title: string;
  readonly upstream: readonly Upstream[];
  /**
   * Reads a file or folder of the feed.
   * @throws NodewardError where the source as a whole cannot be read; a single bad record goes to `sink.bad`
   */
  parse(path: string, sink: FeedSink, context: ParseContext): Promise<void>;
}

/** One advisory record about one vulnerability with all it states: the unit the database stores and gives back. */
export interface Entry {
  readonly feed: FeedId;
  /** The record's own id. */
  readonly id: string;
  /** The canonical name of the vulnerability. */
  readonly cve: string;
  /** All other identifiers this feed knows for `cve`, sorted. */
  readonly aliases: readonly string[];
  readonly severity: Severity;
  readonly cvss: readonly string[];
  readonly published: string | null;
  readonly affected: readonly AffectedBody[];
}

/** A record that was left out. */
export interface BadRecord {
  /** File and record: `Ubuntu/all.zip: UBUNTU-CVE-2024-1.json`. */
  readonly place: string;
  readonly detail: string;
}

/** Records that were left out: how many, and the first of them. */
export interface BadRecords {
  readonly count: number;
  readonly examples: readonly BadRecord[];
}
