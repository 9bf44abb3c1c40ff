import type { InodeKind } from '../../../filesystem/types.ts';
import { be16, be32, be64, checksumHolds, equalAt } from './bytes.ts';
import { damaged } from './damage.ts';
import type { Superblock } from './superblock.ts';

/** `IN` */
export const INODE_MAGIC = 0x494e;
/** Bytes before the data fork of inodes of version 3, and of the versions before. */
export const CORE_BYTES = { v3: 176, v2: 100 };
export const INODE_CRC_AT = 100;
/** di_flags2: the counters of extents are wide ones. */
export const NREXT64 = 0x10;
const REALTIME = 0x1;

/** How the data fork holds its content (di_format). */
export const FORMAT = { device: 0, local: 1, extents: 2, btree: 3 } as const;

/** An inode as it is on disk. */
export interface XfsInode {
  readonly number: number;
  readonly kind: InodeKind;
  /** Permission bits. */
  readonly mode: number;
  /** One of `FORMAT`. */
  readonly format: number;
  /** Bytes of its content. */
  readonly size: number;
  /** Extents of its data fork. */
  readonly extents: number;
  /** Content lies on the realtime device. */
  readonly realtime: boolean;
  /** The data fork's part of the inode. */
  readonly fork: Uint8Array;
}

const KINDS = new Map<number, InodeKind>([
  [0x8, 'file'],
  [0x4, 'directory'],
  [0xa, 'symlink'],
  [0x1, 'special'],
  [0x2, 'special'],
  [0x6, 'special'],
  [0xc, 'special'],
]);

const FORMATS: Readonly<Record<InodeKind, readonly number[]>> = {
  file: [FORMAT.extents, FORMAT.btree],
  directory: [FORMAT.local, FORMAT.extents, FORMAT.btree],
  symlink: [FORMAT.local, FORMAT.extents],
  special: [FORMAT.device],
};

/**
 * An inode in use, from its bytes. Checks everything it says about itself, on version 5 its checksum, number and UUID.
 * @throws NodewardError disk-damaged; a free inode is damage too, because something named it
 */
export function parseInode(bytes: Uint8Array, number: number, superblock: Superblock): XfsInode {
  const wrong = (what: string) => damaged(`inode ${number}`, what);
  checkIdentity(bytes, number, superblock);
  const mode = be16(bytes, 2);
  if (mode === 0) throw wrong('it is free, yet it is named by a directory');
  const kind = KINDS.get(mode >>> 12);
  if (kind === undefined) throw wrong(`mode 0${mode.toString(8)} is of no kind`);
  const format = bytes[5] ?? 0;
  if (!FORMATS[kind].includes(format)) throw wrong(`a ${kind} with a fork of format ${format}`);
  const size = be64(bytes, 56);
  if (!Number.isSafeInteger(size)) throw wrong('its size is out of range');
  const version = bytes[4] ?? 0;
  const core = version === 3 ? CORE_BYTES.v3 : CORE_BYTES.v2;
  const forkEnd = (bytes[82] ?? 0) * 8;
  const room = superblock.inodeSize - core;
  if (forkEnd >= room) throw wrong(`its attribute fork starts at ${forkEnd} of ${room} bytes`);
  const wide = version === 3 && (be32(bytes, 124) & NREXT64) !== 0;
  const extents = wide ? be64(bytes, 24) : be32(bytes, 76);
  return {
    number,
    kind,
    mode: mode & 0o7777,
    format,
    size,
    extents,
    realtime: (be16(bytes, 90) & REALTIME) !== 0,
    fork: bytes.subarray(core, forkEnd === 0 ? superblock.inodeSize : core + forkEnd),
  };
}

function checkIdentity(bytes: Uint8Array, number: number, superblock: Superblock): void {
  const wrong = (what: string) => damaged(`inode ${number}`, what);
  if (be16(bytes, 0) !== INODE_MAGIC) throw wrong('the signature is missing');
  const version = bytes[4] ?? 0;
  if (superblock.features.crc ? version !== 3 : version !== 1 && version !== 2)
    throw wrong(`version ${version} in a file system of version ${superblock.features.crc ? 5 : 4}`);
  if (!superblock.features.crc) return;
  if (!checksumHolds(bytes, INODE_CRC_AT)) throw wrong('the checksum is wrong');
  if (be64(bytes, 152) !== number) throw wrong(`it says it is inode ${be64(bytes, 152)}`);
  if (!equalAt(bytes, 160, superblock.metaUuid)) throw wrong('it belongs to another file system');
}
