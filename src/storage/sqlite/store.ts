import { AsyncLocalStorage } from 'node:async_hooks';
import type { FindingsWriter } from '../findings-types.ts';
import type { GovernanceWriter } from '../governance-types.ts';
import type { InventoryReader, InventoryWriter, Store, StoreReader, StoreWriter } from '../types.ts';
import type { SqliteInventory } from './inventory.ts';

type Methods = Record<PropertyKey, unknown>;

/** The store on one connection: one transaction at a time, in the order they were asked for. */
export class SqliteStore implements Store {
  readonly database = 'sqlite';
  readonly installation: string;
  readonly inventory: InventoryReader;
  readonly findings = missing<FindingsWriter>();
  readonly governance = missing<GovernanceWriter>();
  readonly #inventory: SqliteInventory;
  readonly #inside = new AsyncLocalStorage<true>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(inventory: SqliteInventory) {
    this.#inventory = inventory;
    this.installation = inventory.installation;
    this.inventory = asynchronous<InventoryReader>([inventory], (work) => this.#next(work));
  }

  write<T>(change: (writer: StoreWriter) => Promise<T>): Promise<T> {
    return this.#transaction('BEGIN IMMEDIATE', () => {
      const { findings, governance } = this;
      const parts = [this.#inventory.writer(), this.#inventory];
      const inventory = asynchronous<InventoryWriter>(parts, async (work) => work());
      return change({ inventory, findings, governance });
    });
  }

  read<T>(look: (reader: StoreReader) => Promise<T>): Promise<T> {
    return this.#transaction('BEGIN', () => {
      const { findings, governance } = this;
      const inventory = asynchronous<InventoryReader>([this.#inventory], async (work) => work());
      return look({ inventory, findings, governance });
    });
  }

  async close(): Promise<void> {
    await this.#last;
    this.#inventory.close();
  }

  #transaction<T>(begin: string, work: () => Promise<T>): Promise<T> {
    return this.#next(async () => {
      this.#inventory.exec(begin);
      try {
        const result = await work();
        this.#inventory.exec('COMMIT');
        return result;
      } catch (thrown) {
        if (this.#inventory.isTransaction) this.#inventory.exec('ROLLBACK');
        throw thrown;
      }
    });
  }

  #next<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#inside.getStore()) throw new RangeError('the store was asked inside of its own transaction');
    const result = this.#last.then(() => this.#inside.run(true, work));
    this.#last = result.then(
      () => {},
      () => {},
    );
    return result;
  }
}

/** The methods of these objects, the first one that has a name goes first; each is run by `run`. */
function asynchronous<T extends object>(
  parts: readonly object[],
  run: (work: () => unknown) => Promise<unknown>,
): T {
  return new Proxy({} as T, {
    get(_, name) {
      const part = parts.find((each) => name in each) as Methods | undefined;
      const value = part?.[name];
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => run(() => value.apply(part, args));
    },
  });
}

function missing<T extends object>(): T {
  return new Proxy({} as T, {
    get(_, name) {
      return async () => {
        throw new RangeError(`${String(name)} is not there yet`);
      };
    },
  });
}
