import { type Fleet, lockSync } from '../fleet/index.ts';

/**
 * The turn to look at the fleet and to read disks. On SQLite it is the one that `nodeward sync` takes too: held while any
 * job of this process looks. Processes that share a database have no turns: their jobs are different ones.
 */
export class SyncTurn {
  readonly #fleet: Fleet;
  #looking = 0;
  #reading = 0;
  #unlock: (() => void) | null = null;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Whether nobody is reading disks for the store: nobody else may, and this process does not. */
  get idle(): boolean {
    return this.#fleet.store.database === 'sqlite' && this.#reading === 0;
  }

  /** @throws NodewardError store-busy where another process has the turn; what `look` throws */
  async look<T>(look: () => Promise<T>): Promise<T> {
    if (this.#fleet.store.database === 'sqlite') this.#unlock ??= lockSync(this.#fleet);
    this.#looking++;
    try {
      return await look();
    } finally {
      this.#looking--;
      if (this.#looking === 0) {
        this.#unlock?.();
        this.#unlock = null;
      }
    }
  }

  /** Looks at a disk. @throws as `look` */
  async read<T>(read: () => Promise<T>): Promise<T> {
    this.#reading++;
    try {
      return await this.look(read);
    } finally {
      this.#reading--;
    }
  }
}
