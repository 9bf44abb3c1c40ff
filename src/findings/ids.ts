import { createHash } from 'node:crypto';
import { compareText } from '../base/text.ts';
import type { Recommendation } from '../model/recommendation.ts';

/**
 * Gives recommendations their ids: `r-` and eight hexadecimal digits of the SHA-256 of kind and scope. Of two that would
 * have the same, the one whose kind and scope come first keeps it and the other is numbered on.
 */
export function withIds(recommendations: readonly Omit<Recommendation, 'id'>[]): readonly Recommendation[] {
  const taken = new Set<string>();
  const keyed = recommendations.map((each) => ({ key: `${each.kind}\n${each.scope}`, each }));
  return keyed
    .sort((a, b) => compareText(a.key, b.key))
    .map(({ key, each }) => {
      let id = idOf(key);
      for (let number = 2; taken.has(id); number++) id = idOf(`${key}\n${number}`);
      taken.add(id);
      return { ...each, id };
    });
}

function idOf(text: string): string {
  return `r-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}
