import type { FileSystem, JournalState } from '../../../filesystem/types.ts';
import type { BlockSource } from '../../sources/types.ts';
import type { FileSystemDriver } from '../types.ts';
import { be32 } from './bytes.ts';
import { recoverLog } from './log/recover.ts';
import { readSuperblock } from './primary.ts';
import { SUPERBLOCK_BYTES, SUPERBLOCK_MAGIC, textOf, uuidText } from './superblock.ts';
import { Tree } from './tree.ts';
import { Volume } from './volume.ts';

/**
 * XFS of the versions 4 and 5, read-only: its log is replayed in memory, every checksum is verified
 * (XFS Algorithms & Data Structures, 3rd edition).
 */
export const xfs: FileSystemDriver = {
  id: 'xfs',
  async detect(partition) {
    if (partition.size < SUPERBLOCK_BYTES) return null;
    const sector = await partition.read(0, SUPERBLOCK_BYTES);
    if (be32(sector, 0) !== SUPERBLOCK_MAGIC) return null;
    return { type: 'xfs', label: textOf(sector.subarray(108, 120)), uuid: uuidText(sector.subarray(32, 48)) };
  },
  open,
};

async function open(partition: BlockSource): Promise<FileSystem> {
  const found = await readSuperblock(partition);
  const problems = [...found.problems];
  if (found.superblock.features.needsRepair)
    problems.push(
      'The file system is marked as needing repair (xfs_repair): what is read may be inconsistent.',
    );
  const recovered = await recoverLog(partition, found.superblock);
  problems.push(...recovered.problems);
  const volume = new Volume(partition, recovered.superblock, recovered.overlay);
  const { blocks, blockSize } = volume.superblock;
  if (blocks * blockSize > partition.size)
    problems.push(
      `The file system has ${blocks * blockSize} bytes and its partition ${partition.size}: the end is missing.`,
    );
  return fileSystem(volume, recovered.state, problems);
}

function fileSystem(volume: Volume, journal: JournalState, problems: readonly string[]): FileSystem {
  const tree = new Tree(volume);
  return { type: 'xfs', journal, problems, root: () => tree.root() };
}
