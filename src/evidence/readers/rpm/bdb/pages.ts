import { NodewardError } from '../../../../base/errors.ts';
import { type DatabaseFile, damaged, readExactly } from '../types.ts';

const HASH_MAGIC = 0x0006_1561;
const META_BYTES = 512;
export const PAGE_HEADER_BYTES = 26;
/** Of pages that rpm's file of 1 GiB can have. */
const MAX_PAGES = 1 << 21;
const SPARES = 32;

/** What the kinds of pages are called (Berkeley DB, db_page.h). */
export const PAGE = { free: 0, unsortedHash: 2, overflow: 7, meta: 8, hash: 13 } as const;

/** The header of a page. */
export interface PageHeader {
  readonly next: number;
  readonly entries: number;
  /** Of overflow pages: bytes of data on the page. */
  readonly length: number;
  readonly type: number;
  /** Whether the whole header is zeros: a page that was made room for and never written. */
  readonly blank: boolean;
}

/** A Berkeley DB hash database. */
export interface HashFile {
  readonly file: DatabaseFile;
  readonly pageSize: number;
  readonly lastPage: number;
  readonly maxBucket: number;
  /** How many keys it states; 0 where it does not count. */
  readonly keys: number;
  /** By the logarithm of the bucket: what is added to a bucket's number to get the number of its page. */
  readonly spares: readonly number[];
  u16(bytes: Buffer, at: number): number;
  u32(bytes: Buffer, at: number): number;
}

/** Reads the meta page. @throws NodewardError disk-damaged, disk-unsupported; as inodes do */
export async function openHash(file: DatabaseFile): Promise<HashFile> {
  const meta = await readExactly(file, 0, META_BYTES);
  const little = meta.readUInt32LE(12) === HASH_MAGIC;
  if (!little && meta.readUInt32BE(12) !== HASH_MAGIC)
    throw damaged(file.path, 'it is no Berkeley DB hash database');
  const u16 = (bytes: Buffer, at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (bytes: Buffer, at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const pageSize = u32(meta, 20);
  const lastPage = u32(meta, 32);
  const maxBucket = u32(meta, 72);
  if (meta[24] !== 0 || meta[26] !== 0)
    throw new NodewardError(
      'disk-unsupported',
      'it is encrypted, partitioned or has page checksums, which is not read',
    );
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0 || meta[25] !== PAGE.meta)
    throw damaged(file.path, 'its meta page is damaged');
  if (lastPage >= MAX_PAGES || maxBucket > lastPage || (lastPage + 1) * pageSize > file.inode.size)
    throw damaged(file.path, `it states ${lastPage + 1} pages of ${pageSize} bytes; the file is shorter`);
  const spares = Array.from({ length: SPARES }, (_, i) => u32(meta, 96 + i * 4));
  return { file, pageSize, lastPage, maxBucket, keys: u32(meta, 88), spares, u16, u32 };
}

/** One page, with its header. @throws NodewardError disk-damaged; as inodes do */
export async function readPage(
  hash: HashFile,
  number: number,
): Promise<{ bytes: Buffer; header: PageHeader }> {
  const bytes = await readExactly(hash.file, number * hash.pageSize, hash.pageSize);
  return { bytes, header: headerOf(hash, bytes, number) };
}

/** The header of the page that `bytes` begin with. @throws NodewardError disk-damaged */
export function headerOf(hash: HashFile, bytes: Buffer, number: number): PageHeader {
  const blank = bytes.subarray(0, PAGE_HEADER_BYTES).every((byte) => byte === 0);
  const place = `${hash.file.path} page ${number}`;
  if (!blank && hash.u32(bytes, 8) !== number)
    throw damaged(place, `page ${number} has the number of another one`);
  return {
    next: hash.u32(bytes, 16),
    entries: hash.u16(bytes, 20),
    length: hash.u16(bytes, 22),
    type: bytes[25] ?? PAGE.free,
    blank,
  };
}
