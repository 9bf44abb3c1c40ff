import { NodewardError, reasonOf } from '../../base/errors.ts';
import type { Found, Outcome, Problem } from './types.ts';

/** What ends the whole scan and is therefore never only the problem of one place. */
const ENDS_SCAN: ReadonlySet<string> = new Set(['limit-reached', 'interrupted']);

/**
 * What was thrown at a place of the tree, as a problem that travels with the outcome.
 * @throws NodewardError limit-reached, interrupted: as they came, since they end the whole scan
 */
export function problemOf(place: string, thrown: unknown): Problem {
  if (thrown instanceof NodewardError && ENDS_SCAN.has(thrown.code)) throw thrown;
  const why = reasonOf(thrown);
  return { place, why: why === '' ? 'it cannot be read' : why };
}

/**
 * The outcome of a reader: of what it found (null: nothing at all) and of what it could not read. Nothing found is
 * `absent` only where there was no problem on the way.
 */
export function outcomeOf(found: Found | null, problems: readonly Problem[]): Outcome {
  if (found === null) return problems.length === 0 ? { status: 'absent' } : { status: 'failed', problems };
  return problems.length === 0 ? { status: 'ok', found } : { status: 'partial', found, problems };
}

/** How many problems of one reader are told one by one. */
const MAX_PROBLEMS = 200;

/** The problems of one reader: a bounded number of them, and then how many more there are. */
export class ProblemList {
  readonly #problems: Problem[] = [];
  #more = 0;

  add(problem: Problem): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    else this.#more++;
  }

  all(): readonly Problem[] {
    const last = this.#problems.at(-1);
    if (this.#more === 0 || last === undefined) return this.#problems;
    return [...this.#problems, { place: last.place, why: `${this.#more} more problems like those before` }];
  }
}
