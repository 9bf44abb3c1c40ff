import type { Collection } from '../ports.ts';

/** One change since the last commit: the row to write, or null for a row to delete. */
export interface RowChange {
  readonly row: number;
  readonly body: string | null;
}

/** A value and where it is stored. */
interface Entry<T> {
  readonly row: number;
  value: T;
}

/** Groups of a collection's values, by what each belongs to. */
interface GroupIndex<T> {
  readonly keyOf: (value: T) => string | null;
  readonly groups: Map<string, Group<T>>;
}

/** The values of one group, with an array of them that is made anew only after a change. */
class Group<T> {
  readonly #members = new Set<T>();
  #list: readonly T[] | null = null;

  get size(): number {
    return this.#members.size;
  }

  add(value: T): void {
    if (this.#members.has(value)) return;
    this.#members.add(value);
    this.#list = null;
  }

  remove(value: T): void {
    this.#members.delete(value);
    this.#list = null;
  }

  list(): readonly T[] {
    this.#list ??= [...this.#members];
    return this.#list;
  }
}

/**
 * Values by id, in the order in which they came. What changed is remembered until `settle`; each value keeps its
 * row, so that the order is the same after a restart.
 */
export class StoredCollection<T> implements Collection<T> {
  readonly #idOf: (value: T) => string;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #indexes: GroupIndex<T>[] = [];
  readonly #changed = new Set<string>();
  readonly #deletedRows: number[] = [];
  #nextRow = 1;

  constructor(idOf: (value: T) => string) {
    this.#idOf = idOf;
  }

  get size(): number {
    return this.#entries.size;
  }

  get changed(): boolean {
    return this.#changed.size > 0 || this.#deletedRows.length > 0;
  }

  get(id: string): T | undefined {
    return this.#entries.get(id.toLowerCase())?.value;
  }

  *values(): Iterable<T> {
    for (const { value } of this.#entries.values()) yield value;
  }

  put(value: T): void {
    const key = this.#idOf(value).toLowerCase();
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#insert(key, this.#nextRow++, value);
    else if (entry.value !== value) {
      this.#unindex(entry.value);
      entry.value = value;
      this.#index(value);
    }
    this.#changed.add(key);
  }

  delete(id: string): void {
    const key = id.toLowerCase();
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#changed.delete(key);
    this.#deletedRows.push(entry.row);
    this.#unindex(entry.value);
  }

  /** A way to ask for the values that belong to something, by its id in any case. Called before values are put. */
  index(keyOf: (value: T) => string | null): (key: string) => readonly T[] {
    const index: GroupIndex<T> = { keyOf, groups: new Map() };
    this.#indexes.push(index);
    return (key) => index.groups.get(key.toLowerCase())?.list() ?? [];
  }

  /** Takes in a stored row. Rows come in ascending order. */
  load(row: number, value: T): void {
    this.#insert(this.#idOf(value).toLowerCase(), row, value);
    this.#nextRow = row + 1;
  }

  /** What changed since `settle`: deleted rows, then written ones. */
  *changes(): Iterable<RowChange> {
    for (const row of this.#deletedRows) yield { row, body: null };
    for (const key of this.#changed) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) yield { row: entry.row, body: JSON.stringify(entry.value) };
    }
  }

  /** Forgets the changes, once they are on disk. */
  settle(): void {
    this.#deletedRows.length = 0;
    this.#changed.clear();
  }

  #insert(key: string, row: number, value: T): void {
    this.#entries.set(key, { row, value });
    this.#index(value);
  }

  #index(value: T): void {
    for (const { keyOf, groups } of this.#indexes) {
      const key = keyOf(value)?.toLowerCase();
      if (key === undefined) continue;
      let group = groups.get(key);
      if (group === undefined) {
        group = new Group();
        groups.set(key, group);
      }
      group.add(value);
    }
  }

  #unindex(value: T): void {
    for (const { keyOf, groups } of this.#indexes) {
      const key = keyOf(value)?.toLowerCase();
      const group = key === undefined ? undefined : groups.get(key);
      group?.remove(value);
      if (key !== undefined && group?.size === 0) groups.delete(key);
    }
  }
}
