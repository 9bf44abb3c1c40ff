import { NodewardError, reasonOf } from '../../base/errors.ts';

const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IO = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** Which kind of SQLite's failures it is; null where it is none. */
function kindOf(thrown: unknown): number | null {
  const errcode = (thrown as { errcode?: unknown } | null)?.errcode;
  // The low byte is the kind of failure, the rest says more of it.
  return typeof errcode === 'number' ? errcode & 0xff : null;
}

/** Whether another connection writes right now. */
export function isBusy(thrown: unknown): boolean {
  return kindOf(thrown) === BUSY;
}

/** What SQLite threw, as a user can act on it. What is none of its failures stays as it is: a defect. */
export function sqliteFailure(thrown: unknown, path: string): unknown {
  if (thrown instanceof NodewardError) return thrown;
  const more = { place: path, cause: thrown };
  switch (kindOf(thrown)) {
    case BUSY:
    case LOCKED:
      return new NodewardError('store-busy', `${path} is in use by another process`, more);
    case FULL:
      return new NodewardError('file-unwritable', `${path} cannot grow: the disk is full`, more);
    case READONLY:
    case IO:
    case CANNOT_OPEN:
      return new NodewardError('file-unwritable', `${path} cannot be written: ${reasonOf(thrown)}`, more);
    case CORRUPT:
    case NOT_A_DATABASE:
      return new NodewardError('store-unusable', `${path} is damaged: ${reasonOf(thrown)}`, more);
    default:
      return thrown;
  }
}
