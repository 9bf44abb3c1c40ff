import type { Exemption } from '../model/exemption.ts';
import type { ExemptionView } from '../model/findings-report.ts';
import type { Vulnerability } from '../model/recommendation.ts';
import { ExemptionIndex } from './exemption-index.ts';
import { type ExemptionVerdict, exemptionVerdict } from './exemption-verdict.ts';
import { subjectKey } from './subjects.ts';
import type { ExemptionBook, FindingFacts } from './types.ts';

/** A book of exemptions that also gives its whole answer. */
export interface Exemptions extends ExemptionBook {
  verdict(facts: FindingFacts): ExemptionVerdict;
}

const OPEN = { exemption: null, notes: [] } as const;

/**
 * Makes a book of exemptions and statements as they count at an instant.
 * @param now ISO 8601 instant
 * @param vulnerabilities what is known of the CVEs of findings: exemptions may name an alias
 */
export function exemptionBook(
  exemptions: readonly Exemption[],
  now: string,
  vulnerabilities: Iterable<Vulnerability>,
): Exemptions {
  const active = exemptions.filter((each) => ['active', 'statement'].includes(exemptionState(each, now)));
  const index = new ExemptionIndex(active, vulnerabilities);
  return {
    concerns: (finding) => index.concerns(finding),
    verdict: (facts) => exemptionVerdict(index.of(facts), facts.occurrences),
    of(facts) {
      const candidates = index.of(facts);
      if (candidates.length === 0) return OPEN;
      const { by, notes } = exemptionVerdict(candidates, facts.occurrences);
      return { exemption: by[0] ?? null, notes };
    },
  };
}

/**
 * How an exemption stands at an instant. One that was withdrawn never counts, whatever the clock of who withdrew it said.
 * @param now ISO 8601 instant
 */
export function exemptionState(exemption: Exemption, now: string): ExemptionView['state'] {
  const { withdrawnAt, expiresAt, reason } = exemption;
  if (withdrawnAt !== null) return 'withdrawn';
  if (expiresAt !== null && Date.parse(expiresAt) <= Date.parse(now)) return 'expired';
  return reason === null ? 'statement' : 'active';
}

/** Of those that contradict one, how many it tells. */
const SHOWN = 3;

/**
 * What exemptions that count now say against each other of the very same subject, by the id of each. Which of them holds
 * is decided all the same.
 */
export function contradictions(
  exemptions: readonly Exemption[],
  now: string,
): ReadonlyMap<string, readonly string[]> {
  const notes = new Map<string, readonly string[]>();
  const active = exemptions.filter((each) => exemptionState(each, now) === 'active');
  for (const those of Map.groupBy(active, ({ subject }) => subjectKey(subject)).values()) {
    for (const [reason, alike] of Map.groupBy(those, (each) => each.reason)) {
      if (alike.length === those.length) continue;
      const others = those.filter((each) => each.reason !== reason).slice(0, SHOWN);
      for (const { id } of alike) notes.set(id, others.map(contradiction));
    }
  }
  return notes;
}

function contradiction({ id, reason, author }: Exemption): string {
  return `${id} of ${author} exempts the same as ${reason}.`;
}
