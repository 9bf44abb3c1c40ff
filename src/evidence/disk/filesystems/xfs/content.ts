import { NodewardError } from '../../../../base/errors.ts';
import { unsupported } from './damage.ts';
import type { Extent } from './extents.ts';
import type { XfsInode } from './inode.ts';
import { extentsOf } from './mapping.ts';
import type { Volume } from './volume.ts';

/** More than this is not given in one piece. */
const MAX_READ = 2 ** 31 - 1;

/** Bytes that lie side by side in the file and on the disk. */
interface Piece {
  /** Where they go, from the start of what was asked for. */
  readonly to: number;
  readonly at: number;
  readonly length: number;
}

/**
 * Bytes of a regular file; fewer than asked for only at its end. Holes and unwritten extents are zeros.
 * @throws NodewardError disk-damaged, disk-unsupported (realtime files), limit-reached; the errors of the block source
 */
export async function readContent(
  volume: Volume,
  inode: XfsInode,
  asked: { readonly offset: number; readonly length: number },
): Promise<Uint8Array> {
  const offset = Math.max(0, asked.offset);
  const length = Math.max(0, Math.min(asked.length, inode.size - offset));
  if (length === 0) return new Uint8Array(0);
  if (length > MAX_READ)
    throw new NodewardError(
      'limit-reached',
      `${length} bytes of inode ${inode.number} are too many for one read`,
    );
  const pieces = await piecesOf(volume, inode, { offset, length });
  const [only] = pieces;
  if (only?.length === length) return volume.read(only.at, length);
  const bytes = new Uint8Array(length);
  await Promise.all(
    pieces.map(async (piece) => bytes.set(await volume.read(piece.at, piece.length), piece.to)),
  );
  return bytes;
}

/** Asks for the blocks of a range of a file. Never fails: what is wrong is told by the read. */
export function prefetchContent(
  volume: Volume,
  inode: XfsInode,
  asked: { readonly offset: number; readonly length: number },
): void {
  const offset = Math.max(0, asked.offset);
  const length = Math.min(asked.length, inode.size - offset);
  if (!(length > 0)) return;
  piecesOf(volume, inode, { offset, length }).then(
    (pieces) => {
      for (const piece of pieces) volume.prefetch(piece.at, piece.length);
    },
    () => {},
  );
}

async function piecesOf(
  volume: Volume,
  inode: XfsInode,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<Piece[]> {
  if (inode.realtime)
    throw unsupported(`inode ${inode.number}`, 'its content lies on the realtime device, which is not read');
  const { blockSize } = volume.superblock;
  const from = Math.floor(offset / blockSize);
  const to = Math.ceil((offset + length) / blockSize);
  const extents = await extentsOf(volume, inode, { from, to });
  const end = offset + length;
  return extents
    .filter(({ unwritten }) => !unwritten)
    .map((extent) => pieceOf(extent, blockSize, [offset, end]));
}

function pieceOf(extent: Extent, blockSize: number, [offset, end]: readonly [number, number]): Piece {
  const first = extent.from * blockSize;
  const start = Math.max(first, offset);
  const length = Math.min(first + extent.count * blockSize, end) - start;
  return { to: start - offset, at: extent.at + (start - first), length };
}
