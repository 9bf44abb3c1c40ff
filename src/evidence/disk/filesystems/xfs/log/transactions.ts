import { be32, le16, le32 } from '../bytes.ts';
import { LogError } from './error.ts';

/** An item of a transaction: what kind it is, and the regions of bytes it was logged in. */
export interface LogItem {
  readonly type: number;
  /** The first one describes the item. Their order is that of the log. */
  readonly regions: readonly Uint8Array[];
}

/** A transaction that was committed. */
export interface Transaction {
  /** Of the record it starts in. */
  readonly lsn: number;
  readonly items: readonly LogItem[];
}

const OPERATION_BYTES = 12;
const FLAGS = { start: 0x01, commit: 0x02, continues: 0x04, continued: 0x08, end: 0x10, unmount: 0x20 };
/** `TRAN`, in the order of the machine. */
const HEADER_MAGIC = 0x5452414e;
const HEADER_BYTES = 16;
const CLIENTS = [0x69, 0x02, 0xaa];
/** As Linux (XLOG_MAX_REGIONS_IN_ITEM). */
const MAX_REGIONS = 64 * 1024 * 8;

interface Item {
  readonly total: number;
  readonly regions: Uint8Array[];
}

interface Open {
  readonly lsn: number;
  /** Bytes of the transaction's own header that have been seen. */
  header: number;
  readonly items: Item[];
}

/** Puts transactions together from the operations of records, which may cut them at any byte. */
export class Transactions {
  readonly committed: Transaction[] = [];
  readonly #open = new Map<number, Open>();

  /** The operations of one record. @throws LogError where they contradict themselves */
  add(
    data: Uint8Array,
    record: { readonly lsn: number; readonly at: number; readonly operations: number },
  ): void {
    let at = 0;
    for (let done = 0; done < record.operations && at < data.length; done++) {
      const length = be32(data, at + 4);
      const from = at + OPERATION_BYTES;
      if (from + length > data.length)
        throw new LogError(`block ${record.at} of the log: an operation is cut off`);
      if (!CLIENTS.includes(data[at + 8] ?? 0))
        throw new LogError(`block ${record.at} of the log: an operation of an unknown client`);
      try {
        this.#operation(
          { id: be32(data, at), flags: data[at + 9] ?? 0 },
          data.subarray(from, from + length),
          record.lsn,
        );
      } catch (thrown) {
        if (!(thrown instanceof LogError)) throw thrown;
        throw new LogError(`block ${record.at} of the log: ${thrown.message}`);
      }
      at = from + length;
    }
  }

  #operation(is: { readonly id: number; readonly flags: number }, bytes: Uint8Array, lsn: number): void {
    const open = this.#open.get(is.id);
    if (open === undefined) {
      // What belongs to a transaction that started before the tail is not needed.
      if ((is.flags & FLAGS.start) !== 0) this.#open.set(is.id, { lsn, header: 0, items: [] });
      return;
    }
    let flags = is.flags & ~FLAGS.end;
    if ((flags & FLAGS.continued) !== 0) flags &= ~FLAGS.continues;
    if (flags === 0 || flags === FLAGS.continues) addRegion(open, bytes);
    else if (flags === FLAGS.continued) continueRegion(open, bytes);
    else if (flags === FLAGS.commit) {
      this.#open.delete(is.id);
      this.committed.push({ lsn: open.lsn, items: open.items.map(finish) });
    } else if (flags === FLAGS.unmount) this.#open.delete(is.id);
    else throw new LogError(`an operation with flags 0x${is.flags.toString(16)}`);
  }
}

function addRegion(open: Open, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  if (open.header < HEADER_BYTES) {
    if (open.header > 0 || le32(bytes, 0) !== HEADER_MAGIC || bytes.length > HEADER_BYTES)
      throw new LogError('a transaction does not start with its header');
    open.header = bytes.length;
    return;
  }
  const last = open.items.at(-1);
  if (last !== undefined && last.regions.length < last.total) {
    last.regions.push(bytes);
    return;
  }
  const total = le16(bytes, 2);
  if (total === 0 || total > MAX_REGIONS) throw new LogError(`an item of ${total} regions`);
  open.items.push({ total, regions: [bytes] });
}

/** The rest of what the record before had no room for. */
function continueRegion(open: Open, bytes: Uint8Array): void {
  if (open.header < HEADER_BYTES) {
    if (open.header + bytes.length > HEADER_BYTES)
      throw new LogError('the header of a transaction is too long');
    open.header += bytes.length;
    return;
  }
  const regions = open.items.at(-1)?.regions;
  const before = regions?.pop();
  if (regions === undefined || before === undefined) {
    // An empty rest of the header.
    if (bytes.length === 0) return;
    throw new LogError('an operation continues nothing');
  }
  regions.push(Buffer.concat([before, bytes]));
}

function finish({ total, regions }: Item): LogItem {
  const [first] = regions;
  if (first === undefined || regions.length !== total)
    throw new LogError(`an item of ${total} regions has ${regions.length}`);
  return { type: le16(first, 0), regions };
}
