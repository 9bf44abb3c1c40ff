import { be32 } from '../bytes.ts';
import { BASIC_BLOCK } from '../geometry.ts';
import { cycleOf, type LogDevice, RECORD_MAGIC } from './device.ts';
import { LogError } from './error.ts';
import { blocksOf, parseHeader, type RecordHeader, readRecord } from './record.ts';

/** Records that can be on their way to the disk at one time, each at most this large. */
export const MAX_IN_FLIGHT = 8;
const MAX_RECORD_BLOCKS = (256 * 1024) / BASIC_BLOCK + 8;
/** The first look for the last record: most records are smaller. */
const NEAR_BLOCKS = 72;
/** Into how many parts a step of the search divides what is left. */
const PARTS = 8;
const UNMOUNT_FLAG = 0x20;
const OPERATION_FLAGS_AT = 9;

/** Where the log ends, and what has to be replayed. */
export interface LogRange {
  /** The file system was unmounted: nothing has to be replayed. */
  readonly clean: boolean;
  /** The block behind the last record. */
  readonly head: number;
  /** The block of the first record that is still needed. */
  readonly tail: number;
  /** Records behind the head that were not written as a whole when the machine stopped. */
  readonly torn: boolean;
}

/**
 * Finds the head of the log by its cycle numbers, as the kernel does: the first block that is older than the ones
 * before it, moved back over gaps that records written out of order left, and over records not written as a whole.
 * @throws LogError; the errors of the block source
 */
export async function findRange(log: LogDevice, uuid: Uint8Array): Promise<LogRange> {
  const { head: edge, older } = await findEdge(log);
  const near =
    (await lastRecord(log, { head: edge, blocks: NEAR_BLOCKS, uuid })) ??
    (await lastRecord(log, { head: edge, blocks: MAX_RECORD_BLOCKS, uuid }));
  if (near !== null && near.end === edge && (await isUnmount(log, near.header))) {
    const torn = await newerBehind(log, { head: edge, window: NEAR_BLOCKS, older });
    return { clean: true, head: edge % log.blocks, tail: edge % log.blocks, torn };
  }
  // Only records of the mount that ended here can be missing, and their buffers are as large as the last one's.
  const size =
    near === null ? MAX_RECORD_BLOCKS : near.header.headers + near.header.bufferBytes / BASIC_BLOCK;
  const window = Math.min(MAX_IN_FLIGHT * size, log.blocks - 1);
  const head = await firstGap(log, { head: edge, window, older });
  const last = await lastRecord(log, { head, blocks: Math.min(MAX_RECORD_BLOCKS, log.blocks - 1), uuid });
  if (last === null) throw new LogError('there is no record before the end of the log');
  // A header whose record is not there as a whole is where the head is.
  const whole = last.end % log.blocks === head % log.blocks;
  const torn = !whole || head !== edge || (await newerBehind(log, { head: edge, window, older }));
  const found = await verifyHead(log, { head: (whole ? head : last.header.at) % log.blocks, uuid });
  return { ...found, torn: torn || found.torn };
}

/** The first block of an older cycle, by a search for the change; `older` is that cycle. */
async function findEdge(log: LogDevice): Promise<{ readonly head: number; readonly older: number }> {
  const ends = await Promise.all([log.block(0), log.block(log.blocks - 1)]);
  const [first, last] = ends.map((block) => cycleOf(block)) as [number, number];
  if (first === 0) throw new LogError('the log is empty: it was never written or it was overwritten');
  if (first === last) return { head: log.blocks, older: first - 1 };
  if (last !== first - 1)
    throw new LogError(`the log starts with cycle ${first} and ends with cycle ${last}`);
  let low = 0;
  let high = log.blocks - 1;
  while (high - low > 1) {
    const step = Math.max(1, Math.ceil((high - low) / PARTS));
    const places: number[] = [];
    for (let at = low + step; at < high; at += step) places.push(at);
    const cycles = await Promise.all(places.map(async (at) => cycleOf(await log.block(at))));
    const changed = cycles.findIndex((cycle) => cycle !== first);
    const since = places[changed];
    // Older blocks may lie before newer ones only as far as records are written out of order.
    const late = places.findLast((_, index) => cycles[index] === first);
    if (since !== undefined && late !== undefined && late - since > MAX_IN_FLIGHT * MAX_RECORD_BLOCKS)
      throw new LogError(`block ${since} of the log is older than block ${late}`);
    if (changed !== 0) low = places[(changed < 0 ? places.length : changed) - 1] ?? low;
    if (changed >= 0) high = places[changed] ?? high;
  }
  return { head: high, older: last };
}

/** Where the cycle changes, how many blocks around it are looked at, and the cycle of those behind it. */
interface Edge {
  readonly head: number;
  readonly window: number;
  readonly older: number;
}

/**
 * True where blocks behind the head are of its cycle. Records that were on their way when the machine stopped leave
 * such blocks, and so does a block before them that was lost later on.
 */
async function newerBehind(log: LogDevice, { head, window, older }: Edge): Promise<boolean> {
  const count = Math.min(window, log.blocks - head);
  const bytes = await log.read(head, count);
  for (let index = 0; index < count; index++)
    if (cycleOf(bytes, index * BASIC_BLOCK) === older + 1) return true;
  return false;
}

/** The first block in the window before the head that was not written in the cycle it should be of. */
async function firstGap(log: LogDevice, { head, window, older }: Edge): Promise<number> {
  const from = (head - window + log.blocks) % log.blocks;
  const bytes = await log.read(from, window);
  for (let index = 0; index < window; index++) {
    const cycle = cycleOf(bytes, index * BASIC_BLOCK);
    // Before the start of the ring lies its end, which is one cycle behind.
    const wrapped = index < window - head;
    if (cycle === (wrapped ? older - 1 : older)) return (from + index) % log.blocks;
  }
  return head;
}

/** The last record that starts before the head, and where it ends; null where none does within so many blocks. */
async function lastRecord(
  log: LogDevice,
  { head, blocks, uuid }: { readonly head: number; readonly blocks: number; readonly uuid: Uint8Array },
): Promise<{ readonly header: RecordHeader; readonly end: number } | null> {
  const count = Math.min(blocks, log.blocks - 1);
  const from = (head - count + log.blocks) % log.blocks;
  const bytes = await log.read(from, count);
  for (let index = count - 1; index >= 0; index--) {
    if (be32(bytes, index * BASIC_BLOCK) !== RECORD_MAGIC) continue;
    const at = (from + index) % log.blocks;
    const header = parseHeader(bytes.subarray(index * BASIC_BLOCK, (index + 1) * BASIC_BLOCK), at, uuid);
    const end = at + blocksOf(header);
    return { header, end: end > log.blocks ? end - log.blocks : end };
  }
  return null;
}

/** True for the record a file system writes last when it is unmounted. */
async function isUnmount(log: LogDevice, header: RecordHeader): Promise<boolean> {
  if (header.operations !== 1) return false;
  const data = await readRecord(log, header).catch((thrown: unknown) => {
    if (thrown instanceof LogError) return null;
    throw thrown;
  });
  return data !== null && ((data[OPERATION_FLAGS_AT] ?? 0) & UNMOUNT_FLAG) !== 0;
}

/** Moves the head back to the first of the last records that was not written as a whole. */
async function verifyHead(
  log: LogDevice,
  { head, uuid }: { readonly head: number; readonly uuid: Uint8Array },
): Promise<LogRange> {
  const headers = await headersBefore(log, { head, count: MAX_IN_FLIGHT + 1, uuid });
  // Records that the last one has no need of any more may be in any state.
  const needed = headers.at(-1)?.tailLsn ?? 0;
  let good: RecordHeader | null = null;
  let end = head;
  let torn = false;
  for (const header of headers) {
    const whole = await readRecord(log, header).catch((thrown: unknown) => {
      if (thrown instanceof LogError) return null;
      throw thrown;
    });
    const follows = good === null || header.at === (good.at + blocksOf(good)) % log.blocks;
    if ((whole === null || !follows) && header.lsn < needed) {
      good = whole === null ? null : header;
      continue;
    }
    if (whole === null || !follows) {
      torn = true;
      end = good === null ? header.at : (good.at + blocksOf(good)) % log.blocks;
      break;
    }
    good = header;
  }
  if (good === null) throw new LogError('none of the last records was written as a whole');
  const clean = await isUnmount(log, good);
  return { clean, head: end, tail: clean ? end : good.tailLsn % 2 ** 32, torn };
}

/** The headers of the last records before the head, oldest first. */
async function headersBefore(
  log: LogDevice,
  { head, count, uuid }: { readonly head: number; readonly count: number; readonly uuid: Uint8Array },
): Promise<RecordHeader[]> {
  const headers: RecordHeader[] = [];
  let before = head;
  for (let back = 0; headers.length < count && back < log.blocks; ) {
    const last = await lastRecord(log, { head: before, blocks: MAX_RECORD_BLOCKS, uuid }).catch(
      (thrown: unknown) => {
        // Beyond the records that are needed may lie anything.
        if (thrown instanceof LogError && headers.length > 0) return null;
        throw thrown;
      },
    );
    if (last === null) break;
    headers.unshift(last.header);
    back += (before - last.header.at + log.blocks) % log.blocks;
    before = last.header.at;
  }
  return headers;
}
