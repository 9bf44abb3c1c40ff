import type { Workspace } from '../workspace.ts';

/** Which databases were replaced. */
export interface Replaced {
  readonly advisories: boolean;
  readonly catalogue: boolean;
}

/** Notices that the advisories or the catalogue of the data folder were replaced, whoever did it. */
export class Files {
  readonly #workspace: Workspace;
  #replaced: Replaced = { advisories: false, catalogue: false };

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** From here on the databases that are there now are used. */
  look(): void {
    const { advisories, catalogue } = this.#workspace.reopen();
    const before = this.#replaced;
    this.#replaced = {
      advisories: before.advisories || advisories,
      catalogue: before.catalogue || catalogue,
    };
  }

  /** What was replaced since this was last asked. */
  take(): Replaced {
    this.look();
    const replaced = this.#replaced;
    this.#replaced = { advisories: false, catalogue: false };
    // Only what was opened is found to be replaced.
    this.#workspace.advisories();
    this.#workspace.catalogue();
    return replaced;
  }
}
