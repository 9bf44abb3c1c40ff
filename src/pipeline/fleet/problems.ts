import { NodewardError, reasonOf } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { Problem } from '../../inventory/index.ts';
import type { CoverageReason } from '../../model/coverage.ts';
import type { SyncProblem } from '../../model/fleet-report.ts';

/** What a sync could not look at, with the names of what it is about. */
export class Problems {
  readonly #list: SyncProblem[] = [];
  readonly #names = new Map<string, string>();

  /** All of them, in the order they were met. */
  get list(): readonly SyncProblem[] {
    return this.#list;
  }

  /** Says what something is called in problems. */
  name(id: string, name: string): void {
    this.#names.set(id, name);
  }

  add({ scope, detail, remedy }: Pick<Problem, 'scope' | 'detail' | 'remedy'>): void {
    const name = this.#names.get(scope) ?? scope.slice(scope.lastIndexOf('/') + 1);
    this.#list.push({ scope: printable(name), detail: printable(detail), remedy: printable(remedy) });
  }
}

/** A provider's problem as the reason why a cluster is not known better. */
export function reasonOfProblem({ code, detail, remedy }: Problem): CoverageReason {
  const told = { detail: sentence(detail), remedy: sentence(remedy) };
  return { code: code === 'no-permission' ? 'no-permission' : 'unreachable', ...told };
}

/** Text from outside as a sentence among others. */
export function sentence(text: string): string {
  const shown = printable(text).trim();
  return /[.!?]$/.test(shown) ? shown : `${shown}.`;
}

/** What a provider threw about one part of the fleet, as a problem: the others go on. */
export function thrownProblem(scope: string, thrown: unknown): Problem {
  const remedy =
    thrown instanceof NodewardError
      ? thrown.remedy
      : 'Test the access with `nodeward config check`, and sync again.';
  const refused = thrown instanceof NodewardError && thrown.code === 'cloud-credentials';
  return { scope, code: refused ? 'no-permission' : 'failed', detail: reasonOf(thrown), remedy };
}
