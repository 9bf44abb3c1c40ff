import type { CsvCell } from '../csv.ts';
import type { RenderContext } from '../types.ts';

/** What rendering the fleet needs beside it. */
export interface FleetContext extends RenderContext {
  /** The time that ages are told from: the sandbox's in a sandbox. */
  readonly now: Date;
  readonly sandbox: boolean;
}

/** How one kind of list is written. */
export interface ListForm<T> {
  /** Its name in JSON: `clusters`. */
  readonly name: string;
  readonly json: (item: T) => unknown;
  readonly csvColumns: readonly string[];
  readonly csv: (item: T) => readonly (readonly CsvCell[])[];
  /** In parts, each ending with a line break. */
  readonly table: (items: AsyncIterable<T>, context: FleetContext) => AsyncIterable<string>;
}
