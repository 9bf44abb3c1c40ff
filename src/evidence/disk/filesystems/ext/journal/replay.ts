import type { JournalState } from '../../../../filesystem/types.ts';
import type { JournalCopy, Overlay } from '../blocks.ts';
import { damaged, isDamage, le16, le32 } from '../bytes.ts';
import { INCOMPAT } from '../features.ts';
import { mapOf } from '../map.ts';
import { OpenedVolume, type Parts } from '../opened.ts';
import { Log } from './log.ts';
import { LogScan, type ScannedLog } from './scan.ts';
import { type JournalSuperblock, parseJournalSuperblock } from './superblock.ts';

/** The tag a fast commit starts with, and the bytes of its content. */
const FAST_COMMIT_HEAD = 9;
const FAST_COMMIT_HEAD_SIZE = 8;
/** Four times what mke2fs(8) makes for the largest disks. */
const MAX_JOURNAL_BLOCKS = 2 ** 20;

/** What became of the journal. */
export interface Replay {
  readonly state: JournalState;
  /** Blocks that are newer in the journal than on the disk. */
  readonly overlay: Overlay;
  readonly problems: readonly string[];
}

/** A file system whose journal is to be replayed. */
export interface Unreplayed extends Omit<Parts, 'overlay'> {
  /** The superblock is a backup, which is not told when the journal comes into use. */
  readonly fromBackup: boolean;
}

/** A journal that was found and whose superblock is in order. */
interface OpenedJournal {
  readonly journal: JournalSuperblock;
  readonly log: Log;
  readonly volume: OpenedVolume;
}

const NOTHING: Overlay = new Map();

/**
 * Replays the journal (jbd2) in memory: nothing is written, blocks that the journal holds are later read from there.
 * A damaged journal is no error but state `unreadable`; what came before the damage is used. Inodes that were
 * deleted or cut while still open ("orphans") need no work after it: the deleted have no name, and the others have
 * their final size already.
 * @throws NodewardError limit-reached, errors of the source; never disk-damaged
 */
export async function replayJournal(unreplayed: Unreplayed): Promise<Replay> {
  const { superblock, fromBackup } = unreplayed;
  const needed = (superblock.features.incompat & INCOMPAT.recover) !== 0;
  const unreadable = (why: string): Replay => ({ state: 'unreadable', overlay: NOTHING, problems: [why] });
  if (superblock.journalInode === 0)
    return needed
      ? unreadable('the journal is on another device and was not replayed')
      : { state: 'clean', overlay: NOTHING, problems: [] };
  try {
    const opened = await openJournal(unreplayed);
    const { start } = opened.journal;
    if (start !== 0 && !needed && !fromBackup)
      return unreadable('the journal holds transactions, though the superblock says that it is not in use');
    return start === 0
      ? { state: 'clean', overlay: NOTHING, problems: [] }
      : await replay(opened, unreplayed);
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    return unreadable(`the journal was not replayed: ${thrown.message}`);
  }
}

async function openJournal({ source, superblock }: Unreplayed): Promise<OpenedJournal> {
  const volume = new OpenedVolume({ source, superblock, overlay: NOTHING });
  const inode = await volume.inodes.read(superblock.journalInode);
  if (inode.kind !== 'file') throw damaged('the journal', `is in a ${inode.kind}`);
  const { blockSize } = superblock;
  const blockCount = Math.floor(inode.size / blockSize);
  if (blockCount < 2 || blockCount > MAX_JOURNAL_BLOCKS)
    throw damaged('the journal', `is of ${inode.size} bytes`);
  const log = new Log(volume.blocks, await mapOf(volume, inode).runs(0, blockCount), blockCount);
  const journal = parseJournalSuperblock(await volume.blocks.read(log.blockOf(0), 1), {
    blockSize,
    blockCount,
  });
  return { journal, log, volume };
}

async function replay({ journal, log, volume }: OpenedJournal, { source }: Unreplayed): Promise<Replay> {
  const scanned = await new LogScan(journal, log).run();
  const overlay = overlayOf(scanned, log, source.size);
  const notes =
    journal.errorNumber === 0 ? [] : [`the machine has noted error ${journal.errorNumber} in the journal`];
  const problems: string[] = [];
  if (scanned.damage !== null) problems.push(`the journal is damaged: ${scanned.damage}`);
  const failed = [...overlay].filter(([, copy]) => copy.failed).map(([block]) => block);
  if (failed.length > 0)
    problems.push(
      `the journal is damaged: its copies of ${failed.length} blocks (${failed[0]}, …) fail their checksums`,
    );
  if (await hasFastCommits({ journal, log, volume }, scanned.next))
    problems.push('the journal holds fast commits, which are not replayed: the latest changes are missing');
  if (problems.length > 0) return { state: 'unreadable', overlay, problems: [...problems, ...notes] };
  return { state: scanned.transactions.length > 0 ? 'replayed' : 'clean', overlay, problems: notes };
}

/** The newest copy of each block, but none from before the block was revoked. @throws NodewardError disk-damaged */
function overlayOf({ transactions }: ScannedLog, log: Log, size: number): Overlay {
  const { blockSize } = log;
  const revoked = new Map<number, number>();
  // Transactions are in order, so the last one that revokes a block stays.
  for (const [n, transaction] of transactions.entries())
    for (const block of transaction.revoked) revoked.set(block, n);
  const overlay = new Map<number, JournalCopy>();
  for (const [n, { sequence, logged }] of transactions.entries())
    for (const { block, index, escaped, fits } of logged) {
      if ((revoked.get(block) ?? -1) >= n) continue;
      // The journal may be what makes the file system larger: only the disk itself is a limit.
      if ((block + 1) * blockSize > size)
        throw damaged(
          'the journal',
          `has a copy of block ${block}, outside of the disk, in transaction ${sequence}`,
        );
      overlay.set(block, { offset: log.blockOf(index) * blockSize, escaped, failed: !fits });
    }
  return overlay;
}

/** Whether changes after the last full commit were noted the short way (`fast_commit`). */
async function hasFastCommits({ journal, log, volume }: OpenedJournal, next: number): Promise<boolean> {
  if (journal.fastCommits === null) return false;
  const block = await volume.blocks.read(log.blockOf(journal.fastCommits), 1);
  const head = le16(block, 0) === FAST_COMMIT_HEAD && le16(block, 2) >= FAST_COMMIT_HEAD_SIZE;
  return head && le32(block, 8) === next;
}
