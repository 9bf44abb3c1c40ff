/** Features a reader may ignore (`s_feature_compat`). */
export const COMPAT = { hasJournal: 0x4, dirIndex: 0x20, sparseSuper2: 0x200 } as const;

/** Features a reader must know (`s_feature_incompat`). */
export const INCOMPAT = {
  compression: 0x1,
  filetype: 0x2,
  recover: 0x4,
  journalDevice: 0x8,
  metaBg: 0x10,
  extents: 0x40,
  bits64: 0x80,
  mmp: 0x100,
  flexBg: 0x200,
  eaInode: 0x400,
  dirdata: 0x1000,
  checksumSeed: 0x2000,
  largedir: 0x4000,
  inlineData: 0x8000,
  encrypt: 0x10000,
  casefold: 0x20000,
} as const;

/** Features a writer must know (`s_feature_ro_compat`). */
export const RO_COMPAT = {
  sparseSuper: 0x1,
  largeFile: 0x2,
  btreeDir: 0x4,
  hugeFile: 0x8,
  groupChecksum: 0x10,
  bigalloc: 0x200,
  metadataChecksum: 0x400,
} as const;

/** The three feature words of a superblock. */
export interface Features {
  readonly compat: number;
  readonly incompat: number;
  readonly roCompat: number;
}

/** What a reader of ext has to know and this one does not, by the names of mke2fs(8). */
const REFUSED = new Map<number, string>([
  [INCOMPAT.compression, 'compression'],
  [INCOMPAT.journalDevice, 'journal_dev (an external journal, not a file system)'],
  [INCOMPAT.dirdata, 'dirdata'],
]);

const KNOWN = Object.values(INCOMPAT).reduce((all, bit) => all | bit, 0);

/** The names of the features that stand in the way of reading; empty where there are none. */
export function unsupported({ incompat }: Features): string[] {
  const names = [...REFUSED].filter(([bit]) => (incompat & bit) !== 0).map(([, name]) => name);
  const unknown = (incompat & ~KNOWN) >>> 0;
  return unknown === 0 ? names : [...names, `unknown incompatible features 0x${unknown.toString(16)}`];
}

const EXT3_RO_COMPAT = RO_COMPAT.sparseSuper | RO_COMPAT.largeFile | RO_COMPAT.btreeDir;
const EXT3_INCOMPAT = INCOMPAT.filetype | INCOMPAT.recover | INCOMPAT.metaBg;

/** Which of the family the features make it; the rule of blkid(8). */
export function typeOf({ compat, incompat, roCompat }: Features): 'ext2' | 'ext3' | 'ext4' {
  if ((roCompat & ~EXT3_RO_COMPAT) !== 0 || (incompat & ~EXT3_INCOMPAT) !== 0) return 'ext4';
  if ((compat & COMPAT.hasJournal) !== 0) return 'ext3';
  return (incompat & INCOMPAT.recover) !== 0 ? 'ext4' : 'ext2';
}
