import { NodewardError } from '../../../../base/errors.ts';
import type { BlockSource } from '../../sources/types.ts';
import { be32, be64, equalAt } from './bytes.ts';
import { damaged } from './damage.ts';
import { parseSuperblock, SUPERBLOCK_BYTES, type Superblock, sectorSizeOf } from './superblock.ts';

/** What mkfs chooses for small disks where nothing else tells. */
const DEFAULT_GROUPS = 4;
const BLOCK_SIZES = [4096, 1024, 2048, 512, 8192, 16384, 32768, 65536];

/** A superblock, and what was worked around to have it. */
export interface FoundSuperblock {
  readonly superblock: Superblock;
  readonly problems: readonly string[];
}

/**
 * The superblock at the start of the partition; where it is damaged, the copy in another allocation group.
 * @throws NodewardError disk-damaged, disk-unsupported; the errors of the block source
 */
export async function readSuperblock(partition: BlockSource): Promise<FoundSuperblock> {
  if (partition.size < SUPERBLOCK_BYTES) throw damaged('superblock', 'the partition is smaller than one');
  const first = await partition.read(0, SUPERBLOCK_BYTES);
  try {
    return { superblock: await parseAt(partition, first, 0), problems: [] };
  } catch (thrown) {
    if (!(thrown instanceof NodewardError) || thrown.code !== 'disk-damaged') throw thrown;
    const copy = await findCopy(partition, first);
    if (copy === null) throw thrown;
    return {
      superblock: copy.superblock,
      problems: [`${thrown.message}; its copy at byte ${copy.at} is used.`],
    };
  }
}

async function parseAt(partition: BlockSource, sector: Uint8Array, at: number): Promise<Superblock> {
  const size = sectorSizeOf(sector);
  const which = at === 0 ? 'first' : 'copy';
  if (size === SUPERBLOCK_BYTES) return parseSuperblock(sector, which);
  if (at + size > partition.size) throw damaged('superblock', `a sector of ${size} bytes`);
  return parseSuperblock(await partition.read(at, size), which);
}

/**
 * Copies lie at the start of every allocation group. How large those are the damaged superblock may still tell; else
 * they are as mkfs makes them.
 */
async function findCopy(
  partition: BlockSource,
  sector: Uint8Array,
): Promise<{ readonly superblock: Superblock; readonly at: number } | null> {
  const places = new Set<number>();
  for (const blockSize of BLOCK_SIZES) {
    const groups = be32(sector, 88);
    const blocks = Math.floor(partition.size / blockSize);
    const counts = [
      be32(sector, 84),
      Math.ceil(be64(sector, 8) / DEFAULT_GROUPS),
      Math.ceil(blocks / DEFAULT_GROUPS),
    ];
    // Only the last copy and the middle one name the root directory.
    for (const count of counts)
      for (const group of [1, 2, 3, Math.floor((groups - 1) / 2), groups - 1])
        places.add(group * count * blockSize);
  }
  for (const at of places) {
    if (!(at > 0) || !Number.isSafeInteger(at) || at + SUPERBLOCK_BYTES > partition.size) continue;
    const bytes = await partition.read(at, SUPERBLOCK_BYTES);
    const superblock = await parseAt(partition, bytes, at).catch((thrown: unknown) => {
      if (thrown instanceof NodewardError && /^disk-/.test(thrown.code)) return null;
      throw thrown;
    });
    if (superblock === null || !isGroupStart(superblock, at)) continue;
    if (
      Number.isSafeInteger(superblock.rootInode) &&
      superblock.rootInode > 0 &&
      sameFile(superblock, sector)
    )
      return { superblock, at };
  }
  return null;
}

function isGroupStart({ groupBlocks, blockSize }: Superblock, at: number): boolean {
  return at % (groupBlocks * blockSize) === 0;
}

/** A copy that an older file system left behind has another UUID; which one is damaged nobody can tell. */
function sameFile({ uuid, groupBlocks }: Superblock, sector: Uint8Array): boolean {
  return equalAt(sector, 32, uuid) || be32(sector, 84) === groupBlocks;
}
