import type { BlockSource } from '../sources/types.ts';
import { bytesOf, damaged, matches, readStructure, uint64, unsupported, within } from './file.ts';
import { guidAt } from './guid.ts';
import { checksumOf } from './vhdx-checksum.ts';

export const MIB = 1 << 20;
const KIB64 = 64 << 10;
const HEADER = 4096;
const MAX_ENTRIES = 2047;
const NO_GUID = '00000000-0000-0000-0000-000000000000';
const BLOCK_TABLE = '2dc27766-f623-4200-9d64-115e9bfd4a08';
const METADATA = '8b7ca206-4790-4b9a-b8fe-575f050f886e';

/** Where the log is, if it holds writes that were not finished. */
export interface LogPlace {
  readonly guid: string;
  readonly offset: number;
  readonly length: number;
}

/** A region of the file, in bytes. */
export interface FileRegion {
  readonly offset: number;
  readonly length: number;
}

/** The log of the header in use; null where there is nothing to replay. */
export async function readHeader(file: BlockSource): Promise<LogPlace | null> {
  const views = await Promise.all(
    [1, 2].map(async (copy) => ({
      offset: copy * KIB64,
      view: await readStructure(file, [copy * KIB64, HEADER], 'VHDX header'),
    })),
  );
  const good = views.filter(({ view }) => isWhole(view, 'head'));
  const [first, second] = good;
  if (first === undefined) throw damaged(file, KIB64, 'both VHDX headers fail their checksum');
  if (second === undefined) return logPlace(file, first);
  const order = first.view.getBigUint64(8, true) - second.view.getBigUint64(8, true);
  if (order === 0n && Buffer.compare(bytesOf(first.view), bytesOf(second.view)) !== 0)
    throw damaged(file, KIB64, 'both VHDX headers claim to be the newer one');
  return logPlace(file, order >= 0n ? first : second);
}

function isWhole(view: DataView, signature: string): boolean {
  const bytes = bytesOf(view);
  return matches(bytes, 0, signature) && checksumOf(bytes) === view.getUint32(4, true);
}

function logPlace(
  file: BlockSource,
  { view, offset: at }: { view: DataView; offset: number },
): LogPlace | null {
  const version = view.getUint16(66, true);
  if (version !== 1) throw unsupported(file, `VHDX images of version ${version} are not read`);
  const guid = guidAt(view, 48);
  if (guid === NO_GUID) return null;
  const logVersion = view.getUint16(64, true);
  if (logVersion !== 0) throw unsupported(file, `VHDX logs of version ${logVersion} are not read`);
  const length = view.getUint32(68, true);
  const offset = uint64(view, 72, true);
  checkRegion(file, { offset, length }, { at: at + 68, what: 'log' });
  return { guid, offset, length };
}

/** The regions that hold the block allocation table and the metadata, by the first good copy of the region table. */
export async function readRegions(file: BlockSource): Promise<Record<'blocks' | 'metadata', FileRegion>> {
  for (const copy of [3, 4]) {
    const view = await readStructure(file, [copy * KIB64, KIB64], 'VHDX region table');
    if (isWhole(view, 'regi')) return parseRegions(file, view, copy * KIB64);
  }
  throw damaged(file, 3 * KIB64, 'both VHDX region tables fail their checksum');
}

function parseRegions(file: BlockSource, view: DataView, at: number) {
  const count = view.getUint32(8, true);
  if (count > MAX_ENTRIES) throw damaged(file, at + 8, `the VHDX region table has ${count} entries`);
  const found = new Map<string, FileRegion>();
  for (let index = 0; index < count; index += 1) {
    const entry = 16 + index * 32;
    const guid = guidAt(view, entry);
    const region = { offset: uint64(view, entry + 16, true), length: view.getUint32(entry + 24, true) };
    const known = guid === BLOCK_TABLE || guid === METADATA;
    if (!known && (view.getUint32(entry + 28, true) & 1) !== 0)
      throw unsupported(file, `the VHDX image has a region that is not known, ${guid}`);
    if (!known) continue;
    if (found.has(guid)) throw damaged(file, at + entry, 'the VHDX region table names a region twice');
    checkRegion(file, region, {
      at: at + entry,
      what: guid === METADATA ? 'metadata' : 'block allocation table',
    });
    found.set(guid, region);
  }
  const blocks = found.get(BLOCK_TABLE);
  const metadata = found.get(METADATA);
  if (blocks === undefined || metadata === undefined)
    throw damaged(file, at, 'the VHDX region table lacks the block allocation table or the metadata');
  return { blocks, metadata };
}

function checkRegion(
  file: BlockSource,
  { offset, length }: FileRegion,
  { at, what }: { at: number; what: string },
): void {
  const aligned = offset % MIB === 0 && length % MIB === 0 && offset >= MIB && length > 0;
  if (!aligned || !within(file, offset, length))
    throw damaged(file, at, `the VHDX ${what} does not lie in the file at a boundary of 1 MiB`);
}
