import { sliceSource } from '../sources/slice.ts';
import type { BlockSource } from '../sources/types.ts';
import { damaged, hasSignature, powerOfTwo, readStructure, uint64, within } from './file.ts';
import { type BlockMap, mappedDisk, type Region } from './mapped.ts';
import { Recent } from './recent.ts';
import type { DiskFormat } from './types.ts';
import { checksum, type Footer, hasFooter, readFooter, SECTOR } from './vhd-footer.ts';

/** Virtual Hard Disk Image Format Specification, version 1.0 (Microsoft, 2006). All numbers are big-endian. */
export const vhd: DiskFormat = {
  id: 'vhd',
  detect: hasFooter,
  async open(file) {
    const footer = await readFooter(file);
    const disk =
      footer.kind === 'fixed' ? fixedDisk(file, footer) : mappedDisk(file, await mapOf(file, footer));
    return { format: `vhd (${footer.kind})`, disk };
  },
};

const HEADER = 1024;
const UNUSED = 0xffffffff;
const MAX_BLOCK = 256 << 20;
/** Entries of the block allocation table read at a time. */
const SLICE = 1024;
const KEPT_SLICES = 64;

const zeros: Region = () => ({ kind: 'zeros', length: Number.MAX_SAFE_INTEGER });

/** The bytes of the disk as they are, then the footer. */
function fixedDisk(file: BlockSource, { size }: Footer): BlockSource {
  if (size > file.size - SECTOR)
    throw damaged(file, file.size, `the fixed VHD has a disk of ${size} bytes: it is cut off`);
  return sliceSource(file, { offset: 0, size, name: file.name });
}

interface Header {
  readonly tableOffset: number;
  readonly blockSize: number;
}

async function mapOf(file: BlockSource, { size, headerOffset }: Footer): Promise<BlockMap> {
  const { tableOffset, blockSize } = await readHeader(file, headerOffset, size);
  const count = Math.ceil(size / blockSize);
  const slices = new Recent<DataView>(KEPT_SLICES);
  const sliceOf = (number: number) =>
    slices.get(number, () => {
      const length = Math.min(SLICE, count - number * SLICE) * 4;
      return readStructure(file, [tableOffset + number * SLICE * 4, length], 'VHD block allocation table');
    });
  return {
    size,
    regionSize: blockSize,
    packing: null,
    async load(block) {
      const slice = await sliceOf(Math.floor(block / SLICE));
      const sector = slice.getUint32((block % SLICE) * 4);
      return sector === UNUSED ? zeros : blockRegion(file, sector * SECTOR, blockSize);
    },
  };
}

async function readHeader(file: BlockSource, offset: number, size: number): Promise<Header> {
  const view = await readStructure(file, [offset, HEADER], 'VHD dynamic header');
  if (!(await hasSignature(file, offset, 'cxsparse')))
    throw damaged(file, offset, 'the VHD dynamic header has no signature');
  if (checksum(view, 36) !== view.getUint32(36))
    throw damaged(file, offset + 36, 'the VHD dynamic header fails its checksum');
  const tableOffset = uint64(view, 16);
  const entries = view.getUint32(28);
  const blockSize = view.getUint32(32);
  if (!powerOfTwo(blockSize, SECTOR, MAX_BLOCK))
    throw damaged(file, offset + 32, `the VHD dynamic header gives an impossible block size, ${blockSize}`);
  if (entries < Math.ceil(size / blockSize))
    throw damaged(
      file,
      offset + 28,
      `the VHD maps ${entries} blocks, fewer than a disk of ${size} bytes has`,
    );
  if (!within(file, tableOffset, entries * 4))
    throw damaged(file, offset + 16, 'the VHD block allocation table lies beyond the end of the file');
  return { tableOffset, blockSize };
}

/** A block begins with a bitmap, padded to whole sectors, that says which of its sectors were ever written. */
async function blockRegion(file: BlockSource, offset: number, blockSize: number): Promise<Region> {
  const sectors = blockSize / SECTOR;
  const bitmapSize = Math.ceil(sectors / 8 / SECTOR) * SECTOR;
  const bitmap = await readStructure(file, [offset, bitmapSize], 'sector bitmap of a VHD block');
  const data = offset + bitmapSize;
  const written = (sector: number) => (bitmap.getUint8(sector >> 3) & (0x80 >> (sector & 7))) !== 0;
  const runFrom = (sector: number) => {
    const kind = written(sector);
    let end = sector + 1;
    while (end < sectors && written(end) === kind) end += 1;
    return end * SECTOR;
  };
  const whole = written(0) && runFrom(0) === blockSize;
  return (start) => {
    const sector = Math.floor(start / SECTOR);
    const length = (whole ? blockSize : runFrom(sector)) - start;
    return whole || written(sector)
      ? { kind: 'stored', offset: data + start, length }
      : { kind: 'zeros', length };
  };
}
