import type { ListFinding, Occurrence } from '../model/recommendation.ts';

type Places = readonly Occurrence[];

/**
 * The occurrences of a CVE over lists. Lists share their sets of occurrences, so the same sets are joined to the same object:
 * what was found out of one need not be found out again.
 */
export class JoinedPlaces {
  readonly #joined = new WeakMap<Places, WeakMap<Places, Places>>();

  /** @param rows of one CVE; not empty */
  of(rows: readonly ListFinding[]): Places {
    const [first, ...others] = new Set(rows.map(({ occurrences }) => occurrences));
    return others.reduce((a, b) => this.#join(a, b), first ?? []);
  }

  #join(a: Places, b: Places): Places {
    let joinedWith = this.#joined.get(a);
    if (joinedWith === undefined) {
      joinedWith = new WeakMap();
      this.#joined.set(a, joinedWith);
    }
    let joined = joinedWith.get(b);
    if (joined === undefined) {
      joined = [...a, ...b];
      joinedWith.set(b, joined);
    }
    return joined;
  }
}
