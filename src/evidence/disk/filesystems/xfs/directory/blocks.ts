import { be64, checksumHolds, equalAt } from '../bytes.ts';
import { damaged } from '../damage.ts';
import type { Extent } from '../extents.ts';
import { BASIC_BLOCK, directoryBlockSize } from '../geometry.ts';
import type { Volume } from '../volume.ts';

/** Reads of more than this gain nothing. */
const MAX_RUN = 256 * 1024;

/** Bytes on the disk. */
interface Piece {
  readonly at: number;
  readonly length: number;
}

/** One directory block: which it is, and where it lies, mostly in one piece. */
export interface DirectoryBlock {
  /** Counted from the start of the directory's own addresses. */
  readonly index: number;
  readonly pieces: readonly Piece[];
}

/**
 * The directory blocks that extents hold, in order.
 * @throws NodewardError disk-damaged where a block is there in part, or was never written
 */
export function directoryBlocks(volume: Volume, extents: readonly Extent[], place: string): DirectoryBlock[] {
  const { blockSize, directoryBlockLog } = volume.superblock;
  const per = 2 ** directoryBlockLog;
  const blocks: DirectoryBlock[] = [];
  let pieces: Piece[] = [];
  let next = 0;
  for (const extent of extents) {
    if (extent.unwritten) throw damaged(place, 'a block of the directory was never written');
    for (let done = 0; done < extent.count; ) {
      const from = extent.from + done;
      const within = from % per;
      if (within !== 0 && (pieces.length === 0 || from !== next))
        throw damaged(place, `only a part of the directory block at ${from} is there`);
      if (within === 0 && pieces.length > 0)
        throw damaged(place, `only a part of the directory block before ${from} is there`);
      const count = Math.min(per - within, extent.count - done);
      pieces.push({ at: extent.at + done * blockSize, length: count * blockSize });
      done += count;
      next = from + count;
      if (next % per !== 0) continue;
      blocks.push({ index: Math.floor(from / per), pieces });
      pieces = [];
    }
  }
  if (pieces.length > 0) throw damaged(place, 'the last directory block is there only in part');
  return blocks;
}

/** A block with its bytes. */
export interface LoadedBlock {
  readonly block: DirectoryBlock;
  readonly bytes: Uint8Array;
}

/** The bytes of one directory block. @throws the errors of the block source */
export async function readBlock(volume: Volume, { pieces }: DirectoryBlock): Promise<Uint8Array> {
  const parts = await Promise.all(pieces.map(({ at, length }) => volume.read(at, length)));
  return parts.length === 1 ? (parts[0] ?? new Uint8Array(0)) : Buffer.concat(parts);
}

/** The bytes of directory blocks in order; neighbours on the disk are read together, and some in advance. */
export async function* readBlocks(
  volume: Volume,
  blocks: readonly DirectoryBlock[],
): AsyncGenerator<LoadedBlock> {
  const size = directoryBlockSize(volume.superblock);
  const runs = runsOf(blocks, size);
  for (const [index, run] of runs.entries()) {
    for (const ahead of index === 0 ? runs.slice(1, 8) : runs.slice(index + 7, index + 8))
      for (const { at, length } of ahead.pieces) volume.prefetch(at, length);
    const [first] = run.pieces;
    if (run.blocks.length === 1 || first === undefined) {
      for (const block of run.blocks) yield { block, bytes: await readBlock(volume, block) };
      continue;
    }
    const bytes = await volume.read(first.at, first.length);
    for (const [at, block] of run.blocks.entries())
      yield { block, bytes: bytes.subarray(at * size, (at + 1) * size) };
  }
}

interface Run {
  readonly blocks: DirectoryBlock[];
  pieces: readonly Piece[];
}

function runsOf(blocks: readonly DirectoryBlock[], size: number): Run[] {
  const runs: Run[] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    const [before] = last?.pieces ?? [];
    const [piece] = block.pieces;
    const follows =
      last?.pieces.length === 1 &&
      block.pieces.length === 1 &&
      before !== undefined &&
      before.at + before.length === piece?.at &&
      before.length + size <= MAX_RUN;
    if (last === undefined || !follows) runs.push({ blocks: [block], pieces: block.pieces });
    else {
      last.blocks.push(block);
      last.pieces = [{ at: before.at, length: before.length + size }];
    }
  }
  return runs;
}

/** Where a header keeps what it says about its own block: bytes from its start. */
export interface HeaderLayout {
  readonly crc: number;
  readonly address: number;
  readonly uuid: number;
  readonly owner: number;
}

/** Headers of blocks of names and of free space, and of the index. */
export const DATA_HEADER: HeaderLayout = { crc: 4, address: 8, uuid: 24, owner: 40 };
export const INDEX_HEADER: HeaderLayout = { crc: 12, address: 16, uuid: 32, owner: 48 };

/**
 * What every directory block of version 5 says about itself: checksum, address, file system and owner.
 * @throws NodewardError disk-damaged
 */
export function checkHeader(
  volume: Volume,
  { block, bytes }: LoadedBlock,
  expected: { readonly layout: HeaderLayout; readonly owner: number },
): void {
  if (!volume.superblock.features.crc) return;
  const { layout, owner } = expected;
  const place = placeOf(owner, block);
  // The log holds a block in several pieces piece by piece, so that its checksum is as old as its first piece.
  const patched =
    block.pieces.length > 1 && block.pieces.some(({ at, length }) => volume.replayed(at, length));
  if (!patched && !checksumHolds(bytes, layout.crc)) throw damaged(place, 'the checksum is wrong');
  if (be64(bytes, layout.address) * BASIC_BLOCK !== block.pieces[0]?.at)
    throw damaged(place, 'it belongs to another place of the disk');
  if (!equalAt(bytes, layout.uuid, volume.superblock.metaUuid))
    throw damaged(place, 'it belongs to another file system');
  if (be64(bytes, layout.owner) !== owner)
    throw damaged(place, `it belongs to inode ${be64(bytes, layout.owner)}`);
}

/** How errors call a block of a directory. */
export function placeOf(owner: number, { index, pieces }: DirectoryBlock): string {
  return `inode ${owner}, directory block ${index} at byte ${pieces[0]?.at ?? 0}`;
}
