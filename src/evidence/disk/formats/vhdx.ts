import type { BlockSource } from '../sources/types.ts';
import { damaged, hasSignature, readStructure, uint64, unsupported } from './file.ts';
import { type BlockMap, type Extent, mappedDisk } from './mapped.ts';
import type { DiskFormat } from './types.ts';
import { type FileRegion, MIB, readHeader, readRegions } from './vhdx-header.ts';
import { replayLog } from './vhdx-log.ts';
import { type Metadata, readMetadata } from './vhdx-metadata.ts';

/**
 * [MS-VHDX]: Virtual Hard Disk v2. All numbers are little-endian. Writes that are in the log only are put over the
 * file in memory.
 */
export const vhdx: DiskFormat = {
  id: 'vhdx',
  detect: (file) => hasSignature(file, 0, 'vhdxfile'),
  async open(stored) {
    const log = await readHeader(stored);
    const file = log === null ? stored : await replayLog(stored, log);
    const { blocks, metadata } = await readRegions(file);
    const map = mapOf(file, blocks, await readMetadata(file, metadata));
    return { format: log === null ? 'vhdx' : 'vhdx (log replayed)', disk: mappedDisk(file, map) };
  },
};

/** Entries of the block allocation table read at a time. */
const SLICE = 512;
const ENTRY = 8;

/** States of a payload block: the first four have no content, or none that may be relied on. */
const EMPTY = new Set([0, 1, 2, 3]);
const PRESENT = 6;
const PARTIAL = 7;

function mapOf(file: BlockSource, blocks: FileRegion, { size, blockSize, sectorSize }: Metadata): BlockMap {
  // After so many entries of payload blocks there is one of a sector bitmap block.
  const chunk = (2 ** 23 * sectorSize) / blockSize;
  const count = Math.ceil(size / blockSize);
  const entries = count + Math.floor(Math.max(0, count - 1) / chunk);
  if (entries * ENTRY > blocks.length)
    throw damaged(file, blocks.offset, `the VHDX block allocation table is too small for ${size} bytes`);
  const slice = Math.min(SLICE, chunk);
  return {
    size,
    regionSize: slice * blockSize,
    packing: null,
    async load(region) {
      const first = region * slice;
      const at = blocks.offset + (first + Math.floor(first / chunk)) * ENTRY;
      const length = Math.min(slice, count - first) * ENTRY;
      const table = await readStructure(file, [at, length], 'VHDX block allocation table');
      return (start) => {
        const index = Math.floor(start / blockSize);
        return extentOf(file, table, { at, index, skip: start - index * blockSize, blockSize });
      };
    },
  };
}

function extentOf(
  file: BlockSource,
  table: DataView,
  { at, index, skip, blockSize }: Record<'at' | 'index' | 'skip' | 'blockSize', number>,
): Extent {
  const low = table.getUint32(index * ENTRY, true);
  const state = low & 7;
  const length = blockSize - skip;
  if (EMPTY.has(state)) return { kind: 'zeros', length };
  if (state === PARTIAL) throw unsupported(file, 'a VHDX block is partly in a parent, which is not opened');
  const offset = Math.floor(uint64(table, index * ENTRY, true) / MIB) * MIB;
  if (state !== PRESENT || offset < MIB)
    throw damaged(file, at + index * ENTRY, `a VHDX block has the state ${state} and the place ${offset}`);
  return { kind: 'stored', offset: offset + skip, length };
}
