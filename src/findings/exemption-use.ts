import type { Exemption, ExemptionUse } from '../model/exemption.ts';
import type { PoolHistory, Vulnerability } from '../model/recommendation.ts';
import { exemptionBook } from './exemptions.ts';
import type { ExemptionBook } from './types.ts';
import { vulnerabilityId } from './vulnerability-id.ts';

/** A book of exemptions that counts what its answers come to. */
export interface CountingBook {
  /** To be asked once for each open finding of each pool. */
  readonly book: ExemptionBook;
  /** What came of each exemption, by its id, and of what its CVE; those of which nothing did are left out. */
  uses(findings: PoolHistory['findings']): Readonly<Record<string, ExemptionUse>>;
}

/**
 * Makes a book of exemptions, as `exemptionBook` does, that counts.
 * @param now ISO 8601 instant
 */
export function countingBook(
  exemptions: readonly Exemption[],
  now: string,
  vulnerabilities: ReadonlyMap<string, Vulnerability>,
): CountingBook {
  const book = exemptionBook(exemptions, now, vulnerabilities.values());
  const suppresses = new Map<string, number>();
  const overrules = new Map<string, number>();
  return {
    book: {
      concerns: book.concerns,
      of(facts) {
        const { by, overruled, notes } = book.verdict(facts);
        for (const { id } of by) count(suppresses, id);
        if (by.length === 0) for (const { exemption } of overruled) count(overrules, exemption.id);
        return { exemption: by[0] ?? null, notes };
      },
    },
    uses(findings) {
      const gone = goneSince(exemptions, findings, vulnerabilities);
      const found = exemptions.flatMap(({ id }): [string, ExemptionUse][] => {
        const use = {
          suppresses: suppresses.get(id) ?? 0,
          overruled: overrules.get(id) ?? 0,
          goneSince: gone.get(id) ?? null,
        };
        return use.suppresses + use.overruled === 0 && use.goneSince === null ? [] : [[id, use]];
      });
      return Object.fromEntries(found);
    },
  };
}

function count(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}

/** Since when the CVEs of exemptions are in no list any more although they were, by the id of the exemption. */
function goneSince(
  exemptions: readonly Exemption[],
  findings: PoolHistory['findings'],
  vulnerabilities: ReadonlyMap<string, Vulnerability>,
): ReadonlyMap<string, string> {
  const names = namesOf(exemptions, vulnerabilities);
  const last = new Map<string, string | null>();
  if (names.size === 0) return new Map();
  for (const list of findings.values()) {
    for (const { cve, gone } of list) {
      for (const name of names.get(cve) ?? []) last.set(name, later(last.get(name), gone));
    }
  }
  return new Map(
    exemptions.flatMap(({ id, subject }) => {
      const gone = subject.cve === null ? null : (last.get(subject.cve) ?? null);
      return gone === null ? [] : [[id, gone]];
    }),
  );
}

/** The later of two ends; null where one of them never came. */
function later(a: string | null | undefined, b: string | null): string | null {
  if (a === undefined) return b;
  return a === null || b === null ? null : a > b ? a : b;
}

/** The names that exemptions have for a CVE, by the CVE: itself, and aliases. */
function namesOf(
  exemptions: readonly Exemption[],
  vulnerabilities: ReadonlyMap<string, Vulnerability>,
): ReadonlyMap<string, readonly string[]> {
  const wanted = new Set(exemptions.flatMap(({ subject }) => subject.cve ?? []));
  const names = new Map<string, readonly string[]>(Array.from(wanted, (name) => [name, [name]]));
  if (wanted.size === 0) return names;
  for (const { cve, aliases } of vulnerabilities.values()) {
    const known = aliases.map(vulnerabilityId).filter((id) => id !== null && id !== cve && wanted.has(id));
    if (known.length > 0)
      names.set(
        cve,
        [...new Set([...(names.get(cve) ?? []), ...known])].filter((id) => id !== null),
      );
  }
  return names;
}
