import { be32, be64, checksumHolds, equalAt } from './bytes.ts';
import { damaged } from './damage.ts';
import { BASIC_BLOCK } from './geometry.ts';
import { FORMAT, type XfsInode } from './inode.ts';
import { extentsOf } from './mapping.ts';
import type { Volume } from './volume.ts';

/** As Linux and XFS: no target is longer. */
const MAX_TARGET = 1024;
/** `XSLM`, before each extent of a target on version 5. */
const MAGIC = 0x58534c4d;
const HEADER = 56;
const CRC_AT = 12;

/**
 * Where a symbolic link points to.
 * @throws NodewardError disk-damaged; the errors of the block source
 */
export async function readTarget(volume: Volume, inode: XfsInode): Promise<string> {
  const place = `inode ${inode.number}`;
  if (inode.size < 1 || inode.size > MAX_TARGET) throw damaged(place, `a link of ${inode.size} bytes`);
  const bytes =
    inode.format === FORMAT.local ? inode.fork.subarray(0, inode.size) : await readRemote(volume, inode);
  if (bytes.length !== inode.size) throw damaged(place, 'the target of the link is cut off');
  if (bytes.includes(0)) throw damaged(place, 'the target of the link holds a zero byte');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

async function readRemote(volume: Volume, inode: XfsInode): Promise<Uint8Array> {
  const { blockSize, features } = volume.superblock;
  const to = Math.ceil((MAX_TARGET * 2) / blockSize) + 1;
  const extents = await extentsOf(volume, inode, { from: 0, to });
  const header = features.crc ? HEADER : 0;
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const { at, count, unwritten } of extents) {
    if (done >= inode.size) break;
    const place = `inode ${inode.number}, link at byte ${at}`;
    if (unwritten || count > to) throw damaged(place, 'it is no link of this size');
    const bytes = await volume.read(at, count * blockSize);
    const length = Math.min(inode.size - done, bytes.length - header);
    if (features.crc) check(volume, bytes, { at, place, owner: inode.number, done, length });
    parts.push(bytes.subarray(header, header + length));
    done += length;
  }
  return Buffer.concat(parts);
}

interface Expected {
  readonly at: number;
  readonly place: string;
  readonly owner: number;
  /** Bytes of the target before these, and in these. */
  readonly done: number;
  readonly length: number;
}

function check(volume: Volume, bytes: Uint8Array, is: Expected): void {
  const { place } = is;
  if (be32(bytes, 0) !== MAGIC) throw damaged(place, 'the signature is missing');
  if (!checksumHolds(bytes, CRC_AT)) throw damaged(place, 'the checksum is wrong');
  if (!equalAt(bytes, 16, volume.superblock.metaUuid))
    throw damaged(place, 'it belongs to another file system');
  if (be64(bytes, 32) !== is.owner) throw damaged(place, `it belongs to inode ${be64(bytes, 32)}`);
  if (be64(bytes, 40) * BASIC_BLOCK !== is.at)
    throw damaged(place, 'it belongs to another place of the disk');
  if (be32(bytes, 4) !== is.done || be32(bytes, 8) !== is.length)
    throw damaged(place, 'its part of the target does not fit the others');
}
