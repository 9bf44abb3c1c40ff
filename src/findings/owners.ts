import { compareText } from '../base/text.ts';
import type { OwnerRule } from '../model/governance.ts';

/** The scope of everything. */
const EVERYTHING = 'all';

/** What owners are read from. */
export interface OwnerFacts {
  readonly poolTags: Readonly<Record<string, string>>;
  readonly clusterTags: Readonly<Record<string, string>>;
  /** Labels of the pool. */
  readonly labels: Readonly<Record<string, string>>;
  /** Ids. */
  readonly pool: string;
  readonly cluster: string;
  readonly subscription: string;
}

/** Who owns a pool: what the first rule says that says something. Null where none does. */
export function ownerOf(rules: readonly OwnerRule[], facts: OwnerFacts): string | null {
  return owning(rules, facts)?.owner ?? null;
}

/** The rule that decides who owns a pool, and whom it names; null where none does. */
export function owning(
  rules: readonly OwnerRule[],
  facts: OwnerFacts,
): { readonly rule: OwnerRule; readonly owner: string } | null {
  for (const rule of rules.toSorted(byOrder)) {
    const owner = said(rule, facts);
    if (owner !== null) return { rule, owner };
  }
  return null;
}

/** The order in which rules are tried. */
function byOrder(a: OwnerRule, b: OwnerRule): number {
  return a.order - b.order || compareText(a.id, b.id);
}

function said({ by, key, owner }: OwnerRule, facts: OwnerFacts): string | null {
  switch (by) {
    case 'tag':
      return lookUp(facts.poolTags, key) ?? lookUp(facts.clusterTags, key);
    case 'label':
      return lookUp(facts.labels, key);
    case 'scope':
      return [EVERYTHING, facts.subscription, facts.cluster, facts.pool].includes(key) ? owner : null;
  }
}

/** The value under a name in any case, as clouds compare the names of tags; null where it is empty. */
function lookUp(values: Readonly<Record<string, string>>, name: string): string | null {
  const wanted = name.toLowerCase();
  // Several labels may differ in case alone: the one that is spelled as asked goes first, then the first by name.
  const names = Object.keys(values).filter((each) => each.toLowerCase() === wanted);
  for (const each of names.toSorted((a, b) => Number(b === name) - Number(a === name) || compareText(a, b))) {
    const value = values[each]?.trim() ?? '';
    if (value !== '') return value;
  }
  return null;
}
