import { hash } from 'node:crypto';

/** Gives ids to new exemptions. */
export interface ExemptionIds {
  /** @param content what makes it this one */
  next(content: string): string;
}

/**
 * Ids that none of these has: `x-` and eight hexadecimal digits, of the content. Among many, some contents have the same
 * digits; they are made anew until they are free.
 */
export function exemptionIds(taken: Iterable<{ readonly id: string }>): ExemptionIds {
  const ids = new Set(Array.from(taken, ({ id }) => id));
  return {
    next(content) {
      for (let attempt = 0; ; attempt++) {
        const id = `x-${hash('sha256', `${attempt}\n${content}`).slice(0, 8)}`;
        if (ids.has(id)) continue;
        ids.add(id);
        return id;
      }
    },
  };
}
