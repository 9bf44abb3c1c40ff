import { hash } from 'node:crypto';
import type { Occurrence } from '../../model/recommendation.ts';

/** An occurrence as it is stored: its fields in this order. */
type Packed = [
  package_: string,
  source: string,
  kind: Occurrence['kind'],
  installed: string,
  fixed: string | null,
  vendor: Occurrence['vendor'],
  presence: Occurrence['presence'],
  feed: Occurrence['feed'],
  advisory: string | PackedAdvisory,
];

/** What is before and behind the CVE in the id of its advisory. */
type PackedAdvisory = [before: string, behind: string];

/**
 * A set of occurrences as it is stored. The CVE is left out of the ids of advisories, `UBUNTU-CVE-2024-6387`, as it is the
 * only thing in which the thousands of CVEs of a kernel differ.
 */
export function packOccurrences(occurrences: readonly Occurrence[], cve: string): string {
  return JSON.stringify(
    occurrences.map(
      (each): Packed => [
        each.package,
        each.source,
        each.kind,
        each.installed,
        each.fixed,
        each.vendor,
        each.presence,
        each.feed,
        packAdvisory(each.advisory, cve),
      ],
    ),
  );
}

/** What tells a stored set from others. */
export function hashOf(body: string): string {
  return hash('sha256', body, 'base64url');
}

function packAdvisory(advisory: string, cve: string): string | PackedAdvisory {
  const at = cve === '' ? -1 : advisory.indexOf(cve);
  return at < 0 ? advisory : [advisory.slice(0, at), advisory.slice(at + cve.length)];
}

/** A stored set, read once: the findings of a CVE that have it share one array. */
export class OccurrenceSet {
  readonly #packed: readonly Packed[];
  readonly #byCve = new Map<string, readonly Occurrence[]>();

  /** @param body what `packOccurrences` made */
  constructor(body: string) {
    this.#packed = JSON.parse(body) as Packed[];
  }

  of(cve: string): readonly Occurrence[] {
    let occurrences = this.#byCve.get(cve);
    if (occurrences === undefined) {
      occurrences = unpack(this.#packed, cve);
      this.#byCve.set(cve, occurrences);
    }
    return occurrences;
  }
}

function unpack(packed: readonly Packed[], cve: string): readonly Occurrence[] {
  const advisories = new Map<string, string>();
  return packed.map(([package_, source, kind, installed, fixed, vendor, presence, feed, advisory]) => {
    let id = typeof advisory === 'string' ? advisory : advisory.join(cve);
    // One string for all: most occurrences are by the same advisory.
    const known = advisories.get(id);
    if (known === undefined) advisories.set(id, id);
    else id = known;
    return { package: package_, source, kind, installed, fixed, vendor, presence, feed, advisory: id };
  });
}
