import { NodewardError } from '../../../../base/errors.ts';
import type { BlockSource } from '../../sources/types.ts';
import { isDamage, le32 } from './bytes.ts';
import { hasMagic, parseSuperblock, SUPERBLOCK_SIZE, type Superblock } from './superblock.ts';

/** The groups that have a backup whatever the features; the last ones may be beyond a small disk. */
const GROUPS = [1, 3, 5, 7] as const;
const BLOCK_SIZES = [4096, 1024, 2048, 65536] as const;

/** Where a backup may be. */
interface Candidate {
  readonly group: number;
  readonly blockSize: number;
  readonly blocksPerGroup: number;
}

/**
 * A backup of a damaged superblock; null where none is found. `primary` is the damaged one: what it says about the
 * geometry is tried first, then what mke2fs(8) chooses. @throws NodewardError errors of the source
 */
export async function findBackup(source: BlockSource, primary: Uint8Array): Promise<Superblock | null> {
  for (const candidate of candidates(primary)) {
    const found = await backupAt(source, candidate);
    if (found !== null) return found;
  }
  return null;
}

function candidates(primary: Uint8Array): Candidate[] {
  const stated = { blockSize: 1024 << (le32(primary, 0x18) & 7), blocksPerGroup: le32(primary, 0x20) };
  const usual = BLOCK_SIZES.map((blockSize) => ({ blockSize, blocksPerGroup: blockSize * 8 }));
  return [stated, ...usual].flatMap((geometry) => GROUPS.map((group) => ({ group, ...geometry })));
}

async function backupAt(source: BlockSource, candidate: Candidate): Promise<Superblock | null> {
  const { group, blockSize, blocksPerGroup } = candidate;
  const first = blockSize === 1024 ? 1 : 0;
  const offset = (first + group * blocksPerGroup) * blockSize;
  if (offset < SUPERBLOCK_SIZE || offset + SUPERBLOCK_SIZE > source.size) return null;
  const bytes = await source.read(offset, SUPERBLOCK_SIZE);
  if (!hasMagic(bytes)) return null;
  try {
    const found = parseSuperblock(bytes, source.size);
    const fits = found.blockSize === blockSize && found.blocksPerGroup === blocksPerGroup;
    // A superblock in an image file within this file system says another group.
    return fits && found.group === group ? found : null;
  } catch (thrown) {
    if (isDamage(thrown) || !(thrown instanceof NodewardError)) return null;
    throw thrown;
  }
}
