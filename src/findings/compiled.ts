import { compareText } from '../base/text.ts';
import { SEVERITIES, type Severity } from '../model/advisory.ts';
import type { PoolHistory, StoredListFinding } from '../model/recommendation.ts';
import type { Instants } from './spans.ts';
import { standingOf, standingRank, TRAITS, traitsOf } from './traits.ts';
import type { ExemptionBook } from './types.ts';

/** Packages a standing has room for. */
const PACKAGES = 2 ** 24;

/** The findings of one list as numbers, in the order of their CVEs and times. */
export interface CompiledList {
  readonly rows: readonly StoredListFinding[];
  /** Numbers of their CVEs. */
  readonly cves: Int32Array;
  /** Milliseconds; Infinity for the second where they are still there. */
  readonly first: Float64Array;
  readonly gone: Float64Array;
  /** The lower, the earlier it stands for its CVE: rank, then package. */
  readonly standing: Float64Array;
  readonly traits: Uint8Array;
  /** Whether exemptions speak about it, in any pool. */
  readonly concerned: Uint8Array;
  /** By the number of a CVE: whether the list has it now. */
  readonly has: Uint8Array;
  /** When the list was assessed for the first time. */
  readonly assessed: number;
  /** Whether programs were looked into. */
  readonly programs: boolean;
}

/** A history as numbers: CVEs and packages go by their place in the order of their names. */
export interface Compiled {
  readonly cves: readonly string[];
  readonly packages: readonly string[];
  /** By digest; lists that were never assessed are not there. */
  readonly lists: ReadonlyMap<string, CompiledList>;
}

/** Makes numbers of a history. */
export function compile(history: PoolHistory, exemptions: ExemptionBook, instants: Instants): Compiled {
  const ids = new Set<string>();
  const names = new Set<string>();
  for (const rows of history.findings.values()) {
    for (const row of rows) {
      ids.add(row.cve);
      names.add(standingOf(row).package);
    }
  }
  const cves = [...ids].sort(compareText);
  const packages = [...names].sort(compareText);
  const numbers = { cves: numbered(cves), packages: numbered(packages) };
  const lists = new Map<string, CompiledList>();
  for (const [digest, rows] of history.findings) {
    const assessed = history.assessed.get(digest);
    const list = compileList(rows, numbers, { exemptions, instants });
    const at = assessed === undefined ? Number.NEGATIVE_INFINITY : instants.read(assessed);
    lists.set(digest, { ...list, assessed: at });
  }
  return { cves, packages, lists };
}

/** The severity in a standing. */
export function severityIn(standing: number): Severity {
  return SEVERITIES[Math.floor(standing / PACKAGES / 2) % 8] ?? 'unknown';
}

/** Whether a standing is of software that is in use. */
export function isUsedIn(standing: number): boolean {
  return standing < 16 * PACKAGES;
}

/** The number of the package in a standing. */
export function packageIn(standing: number): number {
  return standing % PACKAGES;
}

interface Numbers {
  readonly cves: ReadonlyMap<string, number>;
  readonly packages: ReadonlyMap<string, number>;
}

function numbered(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, index]));
}

function compileList(
  unsorted: readonly StoredListFinding[],
  { cves, packages }: Numbers,
  { exemptions, instants }: { readonly exemptions: ExemptionBook; readonly instants: Instants },
): Omit<CompiledList, 'assessed'> {
  const rows = unsorted.toSorted(
    (a, b) => compareText(a.cve, b.cve) || compareText(a.firstSeen, b.firstSeen),
  );
  const { length } = rows;
  const list = {
    rows,
    cves: new Int32Array(length),
    first: new Float64Array(length),
    gone: new Float64Array(length),
    standing: new Float64Array(length),
    traits: new Uint8Array(length),
    concerned: new Uint8Array(length),
    has: new Uint8Array(cves.size),
    programs: false,
  };
  for (const [index, row] of rows.entries()) {
    const cve = cves.get(row.cve) ?? 0;
    const { begin, end } = instants.span(row.firstSeen, row.gone);
    const traits = traitsOf(row.occurrences);
    const first = standingOf(row);
    list.cves[index] = cve;
    list.first[index] = begin;
    list.gone[index] = end;
    list.standing[index] = standingRank(row, first, traits) * PACKAGES + (packages.get(first.package) ?? 0);
    list.traits[index] = traits;
    if (row.gone !== null) continue;
    list.concerned[index] = exemptions.concerns(row) ? 1 : 0;
    list.has[cve] = 1;
    if (!list.programs) list.programs = row.occurrences.some(({ kind }) => kind === 'go-module');
  }
  return list;
}

/** The rows of a CVE in a list, as the first and the one behind the last. */
export function rowsOf({ cves }: CompiledList, cve: number): readonly [from: number, to: number] {
  let low = 0;
  let high = cves.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cves[middle] ?? 0) < cve) low = middle + 1;
    else high = middle;
  }
  let to = low;
  while (cves[to] === cve) to++;
  return [low, to];
}

/** Traits of rows as they are seen, so that those in use can be told from others in the end. */
export function joinedTraits(used: number, unused: number): number {
  return (used & TRAITS.inUse) !== 0 ? used : unused;
}
