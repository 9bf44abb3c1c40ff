import { NodewardError } from '../../../../../base/errors.ts';
import type { JournalState } from '../../../../filesystem/types.ts';
import type { BlockSource } from '../../../sources/types.ts';
import { BASIC_BLOCK, byteOfBlocks } from '../geometry.ts';
import { parseSuperblock, type Superblock } from '../superblock.ts';
import type { Overlay } from '../volume.ts';
import { changesOf } from './changes.ts';
import { LogDevice } from './device.ts';
import { LogError } from './error.ts';
import { findRange, type LogRange, MAX_IN_FLIGHT } from './head.ts';
import { bufferFormat, ITEM } from './items.ts';
import { LogOverlay } from './overlay.ts';
import { blocksOf, parseHeader, type RecordHeader, readRecord } from './record.ts';
import { type LogItem, type Transaction, Transactions } from './transactions.ts';

/** More than this is not kept in memory. Logs are at most 2 GiB, and in use is rarely more than a part. */
const MAX_ACTIVE = 512 * 1024 * 1024;
const STALE = 'what is read may be older than what the machine had written';

/** What became of the log. */
export interface Recovered {
  readonly state: JournalState;
  /** As it is after the log: newer where the file system was grown. */
  readonly superblock: Superblock;
  /** Null where nothing is replayed. */
  readonly overlay: Overlay | null;
  readonly problems: readonly string[];
}

/**
 * Replays the log in memory. A log that cannot be replayed as a whole is not replayed at all, and a problem says so.
 * @throws the errors of the block source
 */
export async function recoverLog(source: BlockSource, superblock: Superblock): Promise<Recovered> {
  try {
    return await recover(source, superblock);
  } catch (thrown) {
    const damaged = thrown instanceof NodewardError && thrown.code === 'disk-damaged';
    if (!(thrown instanceof LogError) && !damaged) throw thrown;
    return {
      state: 'unreadable',
      superblock,
      overlay: null,
      problems: [`The log of the file system cannot be replayed (${thrown.message}): ${STALE}.`],
    };
  }
}

async function recover(source: BlockSource, superblock: Superblock): Promise<Recovered> {
  if (superblock.logStart === 0) throw new LogError('it is on another device');
  const start = byteOfBlocks(superblock, superblock.logStart, superblock.logBlocks);
  const blocks = (superblock.logBlocks * superblock.blockSize) / BASIC_BLOCK;
  if (start === null || blocks < 1024) throw new LogError('the superblock says it is where it cannot be');
  const log = new LogDevice(source, { start, blocks, checksums: superblock.features.crc });
  const range = await findRange(log, superblock.uuid);
  const problems = range.torn
    ? [
        `The last records of the log, from block ${range.head} on, are incomplete, as they are when a machine stops ` +
          'while it writes: they are not replayed.',
      ]
    : [];
  if (range.clean) return { state: 'clean', superblock, overlay: null, problems };
  if (superblock.features.unknownLogItems) throw new LogError('it may hold items of an unknown kind');
  const { committed } = await readTransactions(log, range, superblock);
  const newer = await replayedSuperblock(source, superblock, committed);
  const changes = changesOf(committed, newer);
  for (const inode of changes.unfinished)
    problems.push(
      `The log holds an unfinished change of the blocks of inode ${inode}: its content is not read.`,
    );
  return { state: 'replayed', superblock: newer, overlay: new LogOverlay(source, newer, changes), problems };
}

/** The superblock with its own changes: in a file system that was grown the other changes need the new sizes. */
async function replayedSuperblock(
  source: BlockSource,
  superblock: Superblock,
  transactions: readonly Transaction[],
): Promise<Superblock> {
  const own = transactions.map(({ lsn, items }) => ({ lsn, items: items.filter(isSuperblock) }));
  const overlay = new LogOverlay(source, superblock, changesOf(own, superblock));
  if (!overlay.covers(0, superblock.sectorSize)) return superblock;
  return parseSuperblock(await overlay.read(0, superblock.sectorSize));
}

function isSuperblock(item: LogItem): boolean {
  return item.type === ITEM.buffer && bufferFormat(item).block === 0;
}

async function readTransactions(
  log: LogDevice,
  range: LogRange,
  superblock: Superblock,
): Promise<Transactions> {
  const total = distance(log, range.tail, range.head);
  if (total * BASIC_BLOCK > MAX_ACTIVE)
    throw new LogError(`${total * BASIC_BLOCK} bytes of it are in use, more than are kept in memory`);
  const transactions = new Transactions();
  let at = await firstWhole(log, range, superblock.uuid);
  let before: RecordHeader | null = null;
  for (let left = distance(log, at, range.head); left > 0; left = distance(log, at, range.head)) {
    log.prefetch(at, left);
    const header = parseHeader(await log.read(at, 1), at, superblock.uuid);
    if (blocksOf(header) > left)
      throw new LogError(`block ${at} of the log: the record is longer than the log`);
    if (before !== null && header.lsn <= before.lsn)
      throw new LogError(`block ${at} of the log: the record is older than the one before it`);
    transactions.add(await readRecord(log, header), header);
    before = header;
    at = (at + blocksOf(header)) % log.blocks;
  }
  return transactions;
}

/**
 * The first record from the tail on that was not overwritten. When the log was nearly full, the last writes may have
 * gone over its tail, whose changes had reached the disk just before.
 */
async function firstWhole(log: LogDevice, { tail, head }: LogRange, uuid: Uint8Array): Promise<number> {
  const thrown = await readAt(log, tail, uuid);
  if (thrown === null || distance(log, tail, head) === 0) return tail;
  // Only so far as writes can have gone that were on their way at one time.
  const room = log.blocks - distance(log, tail, head);
  if (room > MAX_IN_FLIGHT * 512) throw thrown;
  for (let step = 1; step <= MAX_IN_FLIGHT * 512 && step < distance(log, tail, head); step++) {
    const at = (tail + step) % log.blocks;
    if ((await readAt(log, at, uuid)) === null) return at;
  }
  throw thrown;
}

/** Null where a whole record starts here, else why not. */
async function readAt(log: LogDevice, at: number, uuid: Uint8Array): Promise<LogError | null> {
  try {
    await readRecord(log, parseHeader(await log.read(at, 1), at, uuid));
    return null;
  } catch (thrown) {
    if (thrown instanceof LogError) return thrown;
    throw thrown;
  }
}

/** Blocks from one place of the ring to another. */
function distance(log: LogDevice, from: number, to: number): number {
  return (to - from + log.blocks) % log.blocks;
}
