import type { BlockSource } from '../sources/types.ts';
import { bytesOf, damaged, matches, powerOfTwo, readStructure, uint64, unsupported } from './file.ts';
import { guidAt } from './guid.ts';
import { type FileRegion, MIB } from './vhdx-header.ts';

/** What the metadata say of the disk, in bytes. */
export interface Metadata {
  readonly size: number;
  readonly blockSize: number;
  readonly sectorSize: number;
}

const FILE_PARAMETERS = 'caa16737-fa36-4d43-b3b6-33f0aa44e76b';
const DISK_SIZE = '2fa54224-cd1b-4876-b211-5dbed83bf4b8';
const SECTOR_SIZE = '8141bf1d-a96f-4709-ba47-f233a8faab5f';
/** Known, but nothing that reading needs: the disk's identity, its physical sector size, the parent's place. */
const OTHERS = new Set([
  'beca12ab-b2e6-4523-93ef-c309e000c746',
  'cda348c7-445d-4471-9cc9-e9885251c556',
  'a8d35f2d-b30b-454d-abf7-d3d84834ab0c',
]);
const NEEDED: ReadonlyMap<string, number> = new Map([
  [FILE_PARAMETERS, 8],
  [DISK_SIZE, 8],
  [SECTOR_SIZE, 4],
]);

const TABLE = 64 << 10;
const HEADER = 32;
const ENTRY = 32;
const MAX_ENTRIES = 2047;
const REQUIRED = 4;
const HAS_PARENT = 2;
const MAX_BLOCK = 256 * MIB;
/** The largest disk that the specification allows: 64 TiB. */
const MAX_SIZE = 2 ** 46;

export async function readMetadata(file: BlockSource, region: FileRegion): Promise<Metadata> {
  const places = await readTable(file, region);
  const items = await Promise.all(
    [...NEEDED].map(async ([guid, length]) => {
      const offset = places.get(guid);
      if (offset === undefined) throw damaged(file, region.offset, `the VHDX metadata lack an item, ${guid}`);
      return readStructure(file, [offset, length], 'VHDX metadata');
    }),
  );
  const [parameters, diskSize, sector] = items as [DataView, DataView, DataView];
  if ((parameters.getUint32(4, true) & HAS_PARENT) !== 0)
    throw unsupported(file, 'the VHDX is a differencing disk: it names a parent, which is not opened');
  const metadata = {
    size: uint64(diskSize, 0, true),
    blockSize: parameters.getUint32(0, true),
    sectorSize: sector.getUint32(0, true),
  };
  check(file, region.offset, metadata);
  return metadata;
}

function check(file: BlockSource, offset: number, { size, blockSize, sectorSize }: Metadata): void {
  const wrong = (what: string, value: number) =>
    damaged(file, offset, `the VHDX metadata give an impossible ${what}, ${value} bytes`);
  if (!powerOfTwo(blockSize, MIB, MAX_BLOCK)) throw wrong('block size', blockSize);
  if (sectorSize !== 512 && sectorSize !== 4096) throw wrong('sector size', sectorSize);
  if (!(size <= MAX_SIZE) || size % sectorSize !== 0) throw wrong('disk size', size);
}

/** Where in the file each of the needed items is. */
async function readTable(file: BlockSource, region: FileRegion): Promise<ReadonlyMap<string, number>> {
  const head = await readStructure(file, [region.offset, HEADER], 'VHDX metadata table');
  if (!matches(bytesOf(head), 0, 'metadata'))
    throw damaged(file, region.offset, 'the VHDX metadata table has no signature');
  const count = head.getUint16(10, true);
  if (count > MAX_ENTRIES)
    throw damaged(file, region.offset + 10, `the VHDX metadata table has ${count} entries`);
  const table = await readStructure(file, [region.offset + HEADER, count * ENTRY], 'VHDX metadata table');
  const places = new Map<string, number>();
  for (let entry = 0; entry < table.byteLength; entry += ENTRY) {
    const guid = guidAt(table, entry);
    const length = NEEDED.get(guid);
    const required = (table.getUint32(entry + 24, true) & REQUIRED) !== 0;
    if (length === undefined && required && !OTHERS.has(guid))
      throw unsupported(file, `the VHDX image has a metadata item that is not known, ${guid}`);
    if (length === undefined) continue;
    const offset = table.getUint32(entry + 16, true);
    const fits = offset >= TABLE && offset + length <= region.length;
    if (!fits || table.getUint32(entry + 20, true) < length || places.has(guid))
      throw damaged(file, region.offset + HEADER + entry, `the VHDX metadata item ${guid} is misplaced`);
    places.set(guid, region.offset + offset);
  }
  return places;
}
