import type { BlockSource } from '../sources/types.ts';
import { damaged, quoted, readStructure, uint64, unsupported, within } from './file.ts';

/** What reading needs of a qcow2 header. */
export interface Header {
  /** Bytes of the virtual disk. */
  readonly size: number;
  readonly clusterBits: number;
  /** The level 1 table: entries of 8 bytes, each for one level 2 table. */
  readonly tableOffset: number;
  readonly tableEntries: number;
  readonly compression: 'zlib' | 'zstd';
  /** Clusters are mapped in 32 parts each. */
  readonly subclusters: boolean;
  /** Level 2 entries may say that a cluster reads as zeros. */
  readonly zeroFlag: boolean;
}

const V2_LENGTH = 72;
const V3_LENGTH = 104;
/** As much as QEMU accepts: 32 MiB of level 1 table. */
const MAX_TABLE_ENTRIES = (32 << 20) / 8;
const MAX_NAME = 1023;

/** Bits of the incompatible features. A dirty image has inexact reference counts, which reading does not use. */
const DIRTY = 1;
const CORRUPT = 2;
const DATA_FILE = 4;
const COMPRESSION_TYPE = 8;
const EXTENDED_L2 = 16;
const KNOWN = DIRTY | CORRUPT | DATA_FILE | COMPRESSION_TYPE | EXTENDED_L2;

/** Reads and checks the header; images that name other files or are encrypted are refused. */
export async function readHeader(file: BlockSource): Promise<Header> {
  const view = await readStructure(
    file,
    [0, Math.min(V3_LENGTH + 8, Math.max(V2_LENGTH, file.size))],
    'qcow2 header',
  );
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3)
    throw unsupported(file, `qcow images of version ${version} are not read`);
  if (version === 3 && view.byteLength < V3_LENGTH)
    throw damaged(file, 0, 'the file ends within its qcow2 header');
  const clusterBits = view.getUint32(20);
  if (clusterBits < 9 || clusterBits > 21)
    throw damaged(file, 20, `the qcow2 header gives impossible clusters of 2^${clusterBits} bytes`);
  await refuseBacking(file, view);
  if (view.getUint32(32) !== 0) throw unsupported(file, 'the qcow2 image is encrypted');
  const features =
    version === 2 ? { compression: 'zlib' as const, subclusters: false } : readFeatures(file, view);
  const header = {
    size: uint64(view, 24),
    clusterBits,
    tableOffset: uint64(view, 40),
    tableEntries: view.getUint32(36),
    zeroFlag: version === 3 && !features.subclusters,
    ...features,
  };
  checkTable(file, header);
  return header;
}

async function refuseBacking(file: BlockSource, view: DataView): Promise<void> {
  const offset = uint64(view, 8);
  if (offset === 0) return;
  const length = view.getUint32(16);
  const known = length <= MAX_NAME && within(file, offset, length);
  const name = known ? ` ${quoted(Buffer.from(await file.read(offset, length)).toString('utf8'))}` : '';
  throw unsupported(file, `the qcow2 image names a backing file${name}, which is not opened`);
}

function readFeatures(file: BlockSource, view: DataView): Pick<Header, 'compression' | 'subclusters'> {
  const bits = view.getUint32(76);
  if (view.getUint32(72) !== 0 || (bits & ~KNOWN) !== 0)
    throw unsupported(file, 'the qcow2 image has incompatible features that are not known');
  if ((bits & CORRUPT) !== 0) throw damaged(file, 79, 'the qcow2 image is marked as corrupt');
  if ((bits & DATA_FILE) !== 0)
    throw unsupported(file, 'the data of the qcow2 image are in another file, which is not opened');
  const length = view.getUint32(100);
  if (length < V3_LENGTH || length % 8 !== 0)
    throw damaged(file, 100, `the qcow2 header gives an impossible length of its own, ${length}`);
  const type = length > V3_LENGTH && view.byteLength > V3_LENGTH ? view.getUint8(104) : 0;
  if ((type !== 0) !== ((bits & COMPRESSION_TYPE) !== 0))
    throw damaged(file, 104, 'the qcow2 compression type contradicts the feature bits');
  if (type > 1) throw unsupported(file, `the qcow2 compression type ${type} is not known`);
  return { compression: type === 1 ? 'zstd' : 'zlib', subclusters: (bits & EXTENDED_L2) !== 0 };
}

function checkTable(file: BlockSource, header: Header): void {
  const { size, clusterBits, tableOffset, tableEntries, subclusters } = header;
  if (!Number.isSafeInteger(size))
    throw damaged(file, 24, `the qcow2 header gives an impossible disk size, ${size}`);
  if (subclusters && clusterBits < 14)
    throw damaged(file, 20, 'the qcow2 clusters are too small for subclusters');
  if (tableEntries > MAX_TABLE_ENTRIES)
    throw damaged(file, 36, `the qcow2 level 1 table has ${tableEntries} entries, more than can be`);
  const reach = 2 ** (clusterBits * 2 - (subclusters ? 4 : 3));
  if (tableEntries * reach < size)
    throw damaged(file, 36, `the qcow2 level 1 table is too small for a disk of ${size} bytes`);
  const aligned = tableOffset % 2 ** clusterBits === 0;
  if (!aligned || !within(file, tableOffset, tableEntries * 8))
    throw damaged(file, 40, 'the qcow2 level 1 table does not lie in the file at a cluster boundary');
}
