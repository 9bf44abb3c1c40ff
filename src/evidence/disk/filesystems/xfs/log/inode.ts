import { be16, be64, checksumHolds, checksumOf, le16, le32, putBe, putLe32 } from '../bytes.ts';
import { damaged } from '../damage.ts';
import { CORE_BYTES, INODE_CRC_AT, INODE_MAGIC, NREXT64 } from '../inode.ts';
import type { Superblock } from '../superblock.ts';
import type { InodeChange } from './items.ts';

/** XFS_ILOG_*: parts of an inode that were logged. */
const FIELD = { root: 0x008, data: 0x00e, device: 0x010, attributeRoot: 0x100, attributes: 0x1c0 };
const FLUSHES_AT = 30;
const MAX_FLUSHES = 0xffff;

/** Fields of the core by place and width; the log has them in the order of the machine. */
const CORE_FIELDS: readonly (readonly [at: number, width: 2 | 4 | 8])[] = [
  [0, 2],
  [2, 2],
  [8, 4],
  [12, 4],
  [16, 4],
  [20, 2],
  [22, 2],
  [56, 8],
  [64, 8],
  [72, 4],
  [84, 4],
  [88, 2],
  [90, 2],
  [92, 4],
];
/** Times, as two words each: seconds, then nanoseconds, or one wide number (bigtime). */
const TIMES = [32, 40, 48];
const V3_FIELDS: readonly (readonly [at: number, width: 2 | 4 | 8])[] = [
  [104, 8],
  [120, 8],
  [128, 4],
  [152, 8],
];
const CREATED_AT = 144;
const BIGTIME = 0x8;

/**
 * Applies the change of an inode to its bytes on the disk. Where those are no inode nothing is done: whoever reads it
 * meets the damage.
 * @throws NodewardError disk-damaged where the change does not fit into the inode
 */
export function applyInode(bytes: Uint8Array, change: InodeChange, superblock: Superblock): void {
  const { core } = change;
  if (be16(bytes, 0) !== INODE_MAGIC) return;
  const place = `inode ${change.inode}`;
  if (le16(core, 0) !== INODE_MAGIC) throw damaged(place, 'the log holds no inode for it');
  const { crc } = superblock.features;
  if ((core[4] === 3) !== crc) throw damaged(place, `the log holds an inode of version ${core[4] ?? 0}`);
  if (isNewer(bytes, change, crc)) return;
  const forkLogged = (change.fields & FIELD.data) !== 0;
  const spoiled = crc && !checksumHolds(bytes, INODE_CRC_AT);
  writeCore(bytes, change);
  const from = crc ? CORE_BYTES.v3 : CORE_BYTES.v2;
  const forkAt = from + (bytes[82] ?? 0) * 8;
  if (forkAt >= bytes.length) throw damaged(place, 'the log holds forks that do not fit into it');
  const dataEnd = forkAt === from ? bytes.length : forkAt;
  const forks = [...change.forks];
  if (forkLogged)
    writeFork(bytes.subarray(from, dataEnd), forks.shift(), { place, root: change.fields & FIELD.root, crc });
  if ((change.fields & FIELD.attributes) !== 0)
    writeFork(bytes.subarray(forkAt), forks.shift(), {
      place,
      root: change.fields & FIELD.attributeRoot,
      crc,
    });
  if ((change.fields & FIELD.device) !== 0) putBe(bytes, { at: from, width: 4 }, change.device);
  if (!crc) return;
  const sum = checksumOf(bytes, INODE_CRC_AT);
  // Of a damaged inode only what was logged is known.
  putLe32(bytes, INODE_CRC_AT, spoiled ? ~sum : sum);
}

/** True where the disk already has this change. */
function isNewer(bytes: Uint8Array, { core, lsn }: InodeChange, crc: boolean): boolean {
  if (crc) {
    const written = be64(bytes, 112);
    return written !== 0 && written < 2 ** 63 && written > lsn;
  }
  const onDisk = be16(bytes, FLUSHES_AT);
  const logged = le16(core, FLUSHES_AT);
  // The counter of version 2 inodes starts again after its greatest value.
  return logged < onDisk && !(onDisk === MAX_FLUSHES && logged < MAX_FLUSHES >>> 1);
}

function writeCore(bytes: Uint8Array, { core, lsn }: InodeChange): void {
  const copy = ([at, width]: readonly [number, 2 | 4 | 8]) => swap(bytes, core, { at, width });
  for (const field of CORE_FIELDS) copy(field);
  const version = core[4] ?? 0;
  bytes[4] = version;
  bytes[5] = core[5] ?? 0;
  putBe(bytes, { at: 6, width: 2 }, 0);
  bytes[82] = core[82] ?? 0;
  bytes[83] = core[83] ?? 0;
  const flags2 = version === 3 ? le32(core, 120) : 0;
  const times = version === 3 ? [...TIMES, CREATED_AT] : TIMES;
  for (const at of times) {
    if ((flags2 & BIGTIME) !== 0) copy([at, 8]);
    else for (const half of [at, at + 4]) copy([half, 4]);
  }
  bytes.fill(0, 24, 32);
  if ((flags2 & NREXT64) !== 0) copy([24, 8]);
  copy([76, 4]);
  copy([80, 2]);
  if (version !== 3) return;
  for (const field of V3_FIELDS) copy(field);
  putBe(bytes, { at: 112, width: 8 }, lsn);
  bytes.fill(0, 132, CREATED_AT);
  bytes.set(core.subarray(160, CORE_BYTES.v3), 160);
}

/** A field of the log's inode, least significant byte first, into the disk's. */
function swap(
  to: Uint8Array,
  core: Uint8Array,
  { at, width }: { readonly at: number; readonly width: number },
): void {
  for (let byte = 0; byte < width; byte++) to[at + byte] = core[at + width - 1 - byte] ?? 0;
}

interface ForkRules {
  readonly place: string;
  /** Not zero where it is the root of a tree. */
  readonly root: number;
  readonly crc: boolean;
}

function writeFork(to: Uint8Array, logged: Uint8Array | undefined, { place, root, crc }: ForkRules): void {
  const bytes = logged ?? new Uint8Array(0);
  if (root === 0) {
    if (bytes.length > to.length) throw damaged(place, 'the log holds a fork that does not fit into it');
    to.set(bytes);
    return;
  }
  // In memory, and so in the log, a root has the header of a block; on disk only its level and count.
  const header = crc ? 72 : 24;
  const records = be16(bytes, 6);
  const roomThere = Math.floor((bytes.length - header) / 16);
  const roomHere = Math.floor((to.length - 4) / 16);
  if (records > roomThere || records > roomHere)
    throw damaged(place, 'the log holds the root of a map that does not fit into it');
  to.set(bytes.subarray(4, 8), 0);
  to.set(bytes.subarray(header, header + records * 8), 4);
  const pointers = header + roomThere * 8;
  to.set(bytes.subarray(pointers, pointers + records * 8), 4 + roomHere * 8);
}
