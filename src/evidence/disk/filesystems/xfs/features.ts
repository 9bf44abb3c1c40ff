import { be16, be32 } from './bytes.ts';
import { unsupported } from './damage.ts';

/** What the superblock says about the formats in use (XFS Algorithms & Data Structures, "Superblocks"). */
export interface Features {
  /** Version 5: every metadata block has a checksum, its own address and its owner. */
  readonly crc: boolean;
  /** Directory entries say the kind of their inode. */
  readonly ftype: boolean;
  /** Names are looked up without regard to ASCII case. */
  readonly asciiCi: boolean;
  /** Metadata blocks carry another UUID than the one the file system shows. */
  readonly metaUuid: boolean;
  /** A tool or the kernel marked the file system as inconsistent. */
  readonly needsRepair: boolean;
  /** The log may hold items beyond the known ones: not replayed. */
  readonly unknownLogItems: boolean;
}

/** Bits of sb_versionnum. */
const VERSION = { mask: 0x000f, dirV2: 0x2000, asciiCi: 0x4000, moreBits: 0x8000 };
/** Bits of sb_features2 (version 4). */
const FEATURES2 = { ftype: 0x200 };
/** Bits of sb_features_incompat (version 5): what a reader has to know. */
const INCOMPAT = { ftype: 0x1, metaUuid: 0x4, needsRepair: 0x10 };
/** ftype, sparse inodes, meta UUID, bigtime, needsrepair, 64-bit extent counters, exchange-range, parent pointers. */
const INCOMPAT_READ = 0xff;
const INCOMPAT_REFUSED: readonly (readonly [bit: number, name: string])[] = [
  [0x100, 'metadata directories (metadir)'],
  [0x200, 'zoned realtime devices (zoned)'],
  [0x400, 'gaps in zones (zone_gaps)'],
];
/** Logged extended attributes; attributes are not read. */
const LOG_INCOMPAT_READ = 0x1;

/**
 * The features of a superblock.
 * @throws NodewardError disk-unsupported, naming the version or feature
 */
export function readFeatures(sector: Uint8Array): Features {
  const bits = be16(sector, 100);
  const version = bits & VERSION.mask;
  if (version !== 4 && version !== 5)
    throw unsupported('superblock', `version ${version} is not read; versions 4 and 5 are`);
  if ((bits & VERSION.dirV2) === 0) throw unsupported('superblock', 'directories of version 1 are not read');
  const asciiCi = (bits & VERSION.asciiCi) !== 0;
  if (version === 4) {
    const features2 = (bits & VERSION.moreBits) === 0 ? 0 : be32(sector, 200);
    const ftype = (features2 & FEATURES2.ftype) !== 0;
    return { crc: false, ftype, asciiCi, metaUuid: false, needsRepair: false, unknownLogItems: false };
  }
  const incompat = be32(sector, 216);
  refuseUnknown(incompat);
  return {
    crc: true,
    ftype: (incompat & INCOMPAT.ftype) !== 0,
    asciiCi,
    metaUuid: (incompat & INCOMPAT.metaUuid) !== 0,
    needsRepair: (incompat & INCOMPAT.needsRepair) !== 0,
    unknownLogItems: (be32(sector, 220) & ~LOG_INCOMPAT_READ) !== 0,
  };
}

function refuseUnknown(incompat: number): void {
  const unread = incompat & ~INCOMPAT_READ;
  if (unread === 0) return;
  const named = INCOMPAT_REFUSED.filter(([bit]) => (unread & bit) !== 0).map(([, name]) => name);
  const known = INCOMPAT_REFUSED.reduce((all, [bit]) => all | bit, 0);
  const rest = (unread & ~known) >>> 0;
  if (rest !== 0) named.push(`incompatible features 0x${rest.toString(16)}`);
  throw unsupported('superblock', `${named.join(', ')} not supported`);
}
