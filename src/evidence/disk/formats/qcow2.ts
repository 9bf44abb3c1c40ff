import { constants, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { reasonOf } from '../../../base/errors.ts';
import type { BlockSource } from '../sources/types.ts';
import { damaged, hasSignature, readStructure, within } from './file.ts';
import { type BlockMap, type Extent, mappedDisk, type PackedCluster, type Region } from './mapped.ts';
import { type Header, readHeader } from './qcow2-header.ts';
import { Recent } from './recent.ts';
import type { DiskFormat } from './types.ts';
import { zstdFrameLength } from './zstd-frame.ts';

/**
 * QEMU's docs/interop/qcow2.txt, versions 2 and 3. All numbers are big-endian. Internal snapshots are not looked at:
 * the disk is its current state.
 */
export const qcow2: DiskFormat = {
  id: 'qcow2',
  detect: (file) => hasSignature(file, 0, 'QFI\xfb'),
  async open(file) {
    const header = await readHeader(file);
    const format = header.compression === 'zstd' ? 'qcow2 (zstd)' : 'qcow2';
    return { format, disk: mappedDisk(file, mapOf(file, header)) };
  },
};

/** Entries of a table read at a time. */
const SLICE = 512;
const KEPT_SLICES = 64;
/** Largest zstd window for clusters of at most 2 MiB; more would only be memory. */
const ZSTD_WINDOW_BITS = 22;

function mapOf(file: BlockSource, header: Header): BlockMap {
  const clusterSize = 2 ** header.clusterBits;
  const entrySize = header.subclusters ? 16 : 8;
  const entries = clusterSize / entrySize;
  const slice = Math.min(SLICE, entries);
  const regionSize = slice * clusterSize;
  const tables = levelOne(file, header);
  return {
    size: header.size,
    regionSize,
    packing: {
      clusterSize,
      unpack: (cluster) => unpack(file, header, cluster),
    },
    async load(region) {
      const index = Math.floor((region * slice) / entries);
      const offset = await tables(index);
      const first = region * slice - index * entries;
      if (offset === 0) return () => ({ kind: 'zeros', length: regionSize });
      const at = offset + first * entrySize;
      const table = await readStructure(file, [at, slice * entrySize], 'qcow2 level 2 table');
      return regionOf(file, header, { table, at, position: region * regionSize });
    },
  };
}

/** Gives the offset of a level 2 table; 0 where there is none and all it would map are zeros. */
function levelOne(file: BlockSource, header: Header): (index: number) => Promise<number> {
  const slices = new Recent<DataView>(KEPT_SLICES);
  return async (index) => {
    const number = Math.floor(index / SLICE);
    const start = header.tableOffset + number * SLICE * 8;
    const view = await slices.get(number, () => {
      const length = Math.min(SLICE, header.tableEntries - number * SLICE) * 8;
      return readStructure(file, [start, length], 'qcow2 level 1 table');
    });
    const at = (index % SLICE) * 8;
    const place = start + at;
    const high = view.getUint32(at);
    const low = view.getUint32(at + 4);
    if ((high & 0x7f000000) !== 0 || (low & 0x1ff) !== 0)
      throw damaged(file, place, 'an entry of the qcow2 level 1 table has bits set that must be 0');
    const offset = hostOffset(high, low);
    if (offset % 2 ** header.clusterBits !== 0 || !within(file, offset, 2 ** header.clusterBits))
      throw damaged(file, place, 'a qcow2 level 2 table does not lie in the file at a cluster boundary');
    return offset;
  };
}

/** Bits 9 to 55 of an entry. */
function hostOffset(high: number, low: number): number {
  return (high & 0x00ffffff) * 2 ** 32 + ((low & ~0x1ff) >>> 0);
}

/** A part of a level 2 table. */
interface Slice {
  readonly table: DataView;
  /** In the file. */
  readonly at: number;
  /** What it maps begins here on the disk. */
  readonly position: number;
}

function regionOf(file: BlockSource, header: Header, slice: Slice): Region {
  const clusterSize = 2 ** header.clusterBits;
  const entrySize = header.subclusters ? 16 : 8;
  return (start) => {
    const index = Math.floor(start / clusterSize);
    const at = index * entrySize;
    const skip = start - index * clusterSize;
    const high = slice.table.getUint32(at);
    const low = slice.table.getUint32(at + 4);
    const length = clusterSize - skip;
    const wrong = (message: string) => damaged(file, slice.at + at, message);
    if ((high & 0x40000000) !== 0) {
      if (header.subclusters && (slice.table.getUint32(at + 8) | slice.table.getUint32(at + 12)) !== 0)
        throw wrong('a compressed qcow2 cluster has subclusters');
      const position = slice.position + index * clusterSize;
      return { kind: 'packed', length, skip, cluster: packedCluster(file, header, { high, low, position }) };
    }
    if ((high & 0x3f000000) !== 0 || (low & 0x1fe) !== 0)
      throw wrong('an entry of a qcow2 level 2 table has bits set that must be 0');
    if ((low & 1) !== 0 && !header.zeroFlag) throw wrong('a qcow2 level 2 entry has a flag it cannot have');
    const offset = hostOffset(high, low);
    if (offset % clusterSize !== 0) throw wrong('a qcow2 cluster does not lie at a cluster boundary');
    if (header.subclusters) {
      const bitmaps = { zero: slice.table.getUint32(at + 8), stored: slice.table.getUint32(at + 12) };
      if ((bitmaps.zero & bitmaps.stored) !== 0) throw wrong('a qcow2 subcluster is both stored and zeros');
      if (bitmaps.stored !== 0 && offset === 0) throw wrong('qcow2 subclusters are stored nowhere');
      return subclusterExtent(bitmaps, { clusterSize, offset, skip });
    }
    return (low & 1) !== 0 || offset === 0
      ? { kind: 'zeros', length }
      : { kind: 'stored', offset: offset + skip, length };
  };
}

/** The 32 parts of a cluster: stored, zeros, or never written, which reads as zeros too. */
function subclusterExtent(
  { stored }: { readonly stored: number },
  { clusterSize, offset, skip }: Record<'clusterSize' | 'offset' | 'skip', number>,
): Extent {
  const size = clusterSize / 32;
  const first = Math.floor(skip / size);
  const isStored = (part: number) => ((stored >>> part) & 1) === 1;
  let end = first + 1;
  while (end < 32 && isStored(end) === isStored(first)) end += 1;
  const length = end * size - skip;
  return isStored(first) ? { kind: 'stored', offset: offset + skip, length } : { kind: 'zeros', length };
}

/** The offset of a compressed cluster counts bytes, its length sectors after the one it begins in. */
function packedCluster(
  file: BlockSource,
  { clusterBits }: Header,
  { high, low, position }: Record<'high' | 'low' | 'position', number>,
): PackedCluster {
  const offsetBits = 62 - (clusterBits - 8) - 32;
  const offset = (high & (2 ** offsetBits - 1)) * 2 ** 32 + low;
  const sectors = ((high & 0x3fffffff) >>> offsetBits) + 1;
  const length = sectors * 512 - (offset % 512);
  // The last sector need not be written to its end.
  return { offset, position, length: Math.max(1, Math.min(length, file.size - offset)) };
}

async function unpack(file: BlockSource, header: Header, cluster: PackedCluster): Promise<Uint8Array> {
  const size = 2 ** header.clusterBits;
  const packed = await file.read(cluster.offset, cluster.length);
  const what = `the compressed qcow2 cluster for byte ${cluster.position}`;
  let content: Uint8Array;
  try {
    content = header.compression === 'zlib' ? inflate(packed, size) : unpackZstd(packed, size);
  } catch (thrown) {
    throw damaged(file, cluster.offset, `${what} cannot be unpacked: ${reasonOf(thrown)}`);
  }
  if (content.length !== size)
    throw damaged(file, cluster.offset, `${what} gives ${content.length} bytes, not ${size}`);
  return content;
}

function inflate(packed: Uint8Array, size: number): Uint8Array {
  return inflateRawSync(packed, { maxOutputLength: size, chunkSize: size });
}

function unpackZstd(packed: Uint8Array, size: number): Uint8Array {
  const frame = zstdFrameLength(packed);
  if (frame === null) throw new Error('no whole Zstandard frame');
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_BITS };
  return zstdDecompressSync(packed.subarray(0, frame), { maxOutputLength: size, chunkSize: size, params });
}
