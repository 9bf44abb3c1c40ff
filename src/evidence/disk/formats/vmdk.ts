import { inflateSync } from 'node:zlib';
import { reasonOf } from '../../../base/errors.ts';
import type { BlockSource } from '../sources/types.ts';
import { damaged, hasSignature, quoted, readStructure, unsupported, within } from './file.ts';
import { type BlockMap, mappedDisk, type PackedCluster, type Region } from './mapped.ts';
import { Recent } from './recent.ts';
import type { DiskFormat } from './types.ts';
import { type Descriptor, parseDescriptor } from './vmdk-descriptor.ts';
import { type Header, readDescriptor, readHeader, SECTOR, SIGNATURE } from './vmdk-header.ts';

const TEXT = '# Disk DescriptorFile';
const ESX = 'COWD';
const MAX_TEXT = 64 << 10;

/**
 * VMware Virtual Disk Format 1.1 (and 5.0 Technical Note): disks of one sparse file, plain or stream-optimized. All
 * numbers are little-endian.
 */
export const vmdk: DiskFormat = {
  id: 'vmdk',
  async detect(file) {
    const found = await Promise.all([SIGNATURE, TEXT, ESX].map((text) => hasSignature(file, 0, text)));
    return found.includes(true);
  },
  async open(file) {
    if (await hasSignature(file, 0, TEXT)) throw await refusal(file);
    if (await hasSignature(file, 0, ESX)) throw unsupported(file, 'ESX sparse extents (COWD) are not read');
    const header = await readHeader(file);
    const descriptor = await readDescriptor(file, header);
    const size = sizeOf(file, header, descriptor);
    return { format: `vmdk (${descriptor.createType})`, disk: mappedDisk(file, mapOf(file, header, size)) };
  },
};

/** A descriptor alone holds no data, only the names of the files that do. */
async function refusal(file: BlockSource): Promise<Error> {
  const text = Buffer.from(await file.read(0, Math.min(file.size, MAX_TEXT))).toString('utf8');
  const named = parseDescriptor(text)?.extents.find((extent) => extent.file !== '');
  const name = named === undefined ? '' : `, ${quoted(named.file)}`;
  return unsupported(
    file,
    `the VMDK is only a description of a disk whose data are in other files${name}; those are not opened`,
  );
}

/** Bytes of the disk, after a check that all of it is in this file. */
function sizeOf(file: BlockSource, header: Header, descriptor: Descriptor): number {
  const { createType, extents, parent } = descriptor;
  if (parent !== null) throw unsupported(file, `the VMDK ${parent}, which is not opened`);
  if (createType !== 'monolithicSparse' && createType !== 'streamOptimized')
    throw unsupported(file, `VMDKs of the type ${quoted(createType)} are not read`);
  const [extent, second] = extents;
  if (extent === undefined)
    throw damaged(file, header.descriptorOffset, 'the VMDK descriptor names no extent');
  if (second !== undefined)
    throw unsupported(file, `the VMDK names another file, ${quoted(second.file)}, which is not opened`);
  // The one extent is this file, under whatever name it had when it was made.
  if (extent.type !== 'SPARSE' || extent.access === 'NOACCESS')
    throw unsupported(
      file,
      `the VMDK names a file as a ${extent.type} extent, ${quoted(extent.file)}: not opened`,
    );
  const size = extent.sectors * SECTOR;
  if (!Number.isSafeInteger(size) || size > header.capacity)
    throw damaged(
      file,
      header.descriptorOffset,
      `the VMDK has a disk of ${size} bytes but maps ${header.capacity}`,
    );
  return size;
}

/** Entries of the grain directory read at a time. */
const SLICE = 1024;
const KEPT_SLICES = 64;
const NO_TABLE: Region = () => ({ kind: 'zeros', length: Number.MAX_SAFE_INTEGER });

function mapOf(file: BlockSource, header: Header, size: number): BlockMap {
  const { grainSize, tableEntries, directoryOffset } = header;
  const regionSize = grainSize * tableEntries;
  const count = Math.ceil(size / regionSize);
  const slices = new Recent<DataView>(KEPT_SLICES);
  return {
    size,
    regionSize,
    packing: header.compressed
      ? { clusterSize: grainSize, unpack: (grain) => unpack(file, grain, grainSize) }
      : null,
    async load(region) {
      const number = Math.floor(region / SLICE);
      const start = directoryOffset + number * SLICE * 4;
      const slice = await slices.get(number, () =>
        readStructure(file, [start, Math.min(SLICE, count - number * SLICE) * 4], 'VMDK grain directory'),
      );
      const offset = slice.getUint32((region % SLICE) * 4, true) * SECTOR;
      if (offset === 0) return NO_TABLE;
      const table = await readStructure(file, [offset, tableEntries * 4], 'VMDK grain table');
      return regionOf(header, table, region * regionSize);
    },
  };
}

function regionOf(
  { grainSize, zeroedGrains, compressed }: Header,
  table: DataView,
  position: number,
): Region {
  return (start) => {
    const index = Math.floor(start / grainSize);
    const skip = start - index * grainSize;
    const length = grainSize - skip;
    const sector = table.getUint32(index * 4, true);
    const offset = sector * SECTOR;
    if (sector === 0 || (sector === 1 && zeroedGrains)) return { kind: 'zeros', length };
    if (!compressed) return { kind: 'stored', offset: offset + skip, length };
    const cluster = { offset, length: SECTOR, position: position + index * grainSize };
    return { kind: 'packed', length, skip, cluster };
  };
}

const MARKER = 12;

/**
 * A compressed grain: its first sector on the disk, its length in bytes, and a zlib stream (RFC 1950). The disk's last
 * grain may hold less than a whole one.
 */
async function unpack(file: BlockSource, grain: PackedCluster, grainSize: number): Promise<Uint8Array> {
  const what = `the compressed VMDK grain for byte ${grain.position}`;
  const marker = await readStructure(file, [grain.offset, MARKER], 'marker of a VMDK grain');
  const length = marker.getUint32(8, true);
  if (marker.getBigUint64(0, true) !== BigInt(grain.position / SECTOR))
    throw damaged(file, grain.offset, `${what} says that it is another one`);
  if (length === 0 || length > grainSize * 2 || !within(file, grain.offset + MARKER, length))
    throw damaged(file, grain.offset + 8, `${what} has an impossible length, ${length} bytes`);
  const packed = await file.read(grain.offset + MARKER, length);
  try {
    return inflateSync(packed, { maxOutputLength: grainSize, chunkSize: grainSize });
  } catch (thrown) {
    throw damaged(file, grain.offset, `${what} cannot be unpacked: ${reasonOf(thrown)}`);
  }
}
