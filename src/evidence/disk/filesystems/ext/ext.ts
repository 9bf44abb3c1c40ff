import { NodewardError } from '../../../../base/errors.ts';
import type { FileSystem } from '../../../filesystem/types.ts';
import type { BlockSource } from '../../sources/types.ts';
import type { DetectedFileSystem, FileSystemDriver } from '../types.ts';
import { findBackup } from './backups.ts';
import { Blocks } from './blocks.ts';
import { damaged, isDamage } from './bytes.ts';
import { COMPAT, INCOMPAT, typeOf, unsupported } from './features.ts';
import { ROOT_INODE } from './inodes.ts';
import { type Replay, replayJournal } from './journal/replay.ts';
import { OpenedVolume } from './opened.ts';
import {
  featuresOf,
  hasMagic,
  labelOf,
  parseSuperblock,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
  type Superblock,
  uuidOf,
} from './superblock.ts';

/** ext2, ext3 and ext4, with the journal replayed in memory. */
export const ext: FileSystemDriver = { id: 'ext', detect, open };

async function detect(partition: BlockSource): Promise<DetectedFileSystem | null> {
  if (partition.size < SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE) return null;
  const bytes = await partition.read(SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE);
  if (!hasMagic(bytes)) return null;
  const features = featuresOf(bytes);
  const journalOnly = (features.incompat & INCOMPAT.journalDevice) !== 0;
  return { type: journalOnly ? 'jbd' : typeOf(features), label: labelOf(bytes), uuid: uuidOf(bytes) };
}

async function open(partition: BlockSource): Promise<FileSystem> {
  const { superblock: first, problem } = await readSuperblock(partition);
  refuse(first);
  const hasJournal = (first.features.compat & COMPAT.hasJournal) !== 0;
  const replay: Replay = hasJournal
    ? await replayJournal({ source: partition, superblock: first, fromBackup: problem !== null })
    : { state: 'absent', overlay: new Map(), problems: [] };
  const replayed = await replayedSuperblock(partition, first, replay);
  const { superblock } = replayed;
  refuse(superblock);
  const problems = [problem, ...replay.problems, replayed.problem, ...noted(superblock, hasJournal)];
  const volume = new OpenedVolume({ source: partition, superblock, overlay: replay.overlay });
  return {
    type: typeOf(superblock.features),
    journal: replay.state,
    problems: problems.filter((text) => text !== null),
    async root() {
      const root = await volume.open(ROOT_INODE, 'directory');
      if (root.kind !== 'directory') throw damaged('the root', `is a ${root.kind}`);
      return root;
    },
  };
}

/** A superblock, and what was wrong with another one. */
interface FoundSuperblock {
  readonly superblock: Superblock;
  readonly problem: string | null;
}

/** The primary superblock, or a backup where it is damaged. @throws NodewardError disk-damaged */
async function readSuperblock(partition: BlockSource): Promise<FoundSuperblock> {
  if (partition.size < SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE)
    throw damaged('the superblock', `is not there: the partition has ${partition.size} bytes`);
  const bytes = await partition.read(SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE);
  try {
    return { superblock: parseSuperblock(bytes, partition.size), problem: null };
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    const backup = await findBackup(partition, bytes);
    if (backup === null) throw thrown;
    return {
      superblock: backup,
      problem: `${thrown.message}; the backup in block group ${backup.group} was used`,
    };
  }
}

/** The superblock is a block like others: the journal may hold a newer one. */
async function replayedSuperblock(
  partition: BlockSource,
  superblock: Superblock,
  { overlay }: Replay,
): Promise<FoundSuperblock> {
  const { blockSize } = superblock;
  if (!overlay.has(Math.floor(SUPERBLOCK_OFFSET / blockSize))) return { superblock, problem: null };
  try {
    const blocks = new Blocks(partition, superblock, overlay);
    const bytes = await blocks.readBytes(SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE);
    const newer = parseSuperblock(bytes, partition.size);
    if (newer.blockSize !== blockSize)
      throw damaged('the superblock', `says blocks of ${newer.blockSize} bytes`);
    return { superblock: newer, problem: null };
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    return { superblock, problem: `the journal's copy was not used: ${thrown.message}` };
  }
}

/** @throws NodewardError disk-unsupported */
function refuse({ features }: Superblock): void {
  const names = unsupported(features);
  if (names.length > 0)
    throw new NodewardError('disk-unsupported', `the ext file system uses ${names.join(', ')}`);
}

/** What the machine itself has noted in the superblock. */
function noted({ errorsFound, cleanlyUnmounted }: Superblock, hasJournal: boolean): string[] {
  const notes: string[] = [];
  if (errorsFound) notes.push('the file system is marked as having errors, which the machine has found');
  if (!hasJournal && !cleanlyUnmounted)
    notes.push('the file system has no journal and was in use: what was being written may be missing');
  return notes;
}
