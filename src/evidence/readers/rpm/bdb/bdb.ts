import { problemOf } from '../../outcome.ts';
import {
  type DatabaseFile,
  damaged,
  type HeaderBlob,
  type HeaderStore,
  MAX_BLOB_BYTES,
  type Report,
  readExactly,
} from '../types.ts';
import { type HashFile, headerOf, openHash, PAGE, PAGE_HEADER_BYTES, readPage } from './pages.ts';

/** Kinds of items on hash pages. */
const ITEM = { inline: 1, offPage: 3 } as const;
/** Pages that are read at once. */
const RUN = 64;

/** Where one header is: in the hash page itself, or on a chain of pages. */
interface Item {
  readonly package: number;
  /** The page, and the byte of the item on it. */
  readonly page: number;
  readonly at: number;
  readonly end: number;
}

/**
 * Opens rpm's Berkeley DB backend, a hash of headers by number (Berkeley DB 4 and 5, either byte order). Number 0 is
 * rpm's own counter. The format has no checksums; the number of entries, and pages with data that
 * nothing leads to, show what was lost.
 * @throws NodewardError disk-damaged, disk-unsupported where the file is no such database; as inodes do
 */
export async function openBdb(file: DatabaseFile): Promise<HeaderStore> {
  const hash = await openHash(file);
  const used = new Map<number, string>([[0, 'the meta page']]);
  return {
    async *blobs(report) {
      const packages = new Set<number>();
      let keys = 0;
      for (let bucket = 0; bucket <= hash.maxBucket; bucket++)
        for (const item of await itemsOf({ hash, used }, bucket, report)) {
          keys++;
          if (item.package === 0) continue;
          const place = `${file.path} package ${item.package}`;
          if (packages.has(item.package)) report({ place, why: 'it is there twice' });
          packages.add(item.package);
          yield { place, read: () => readItem({ hash, used }, item, place) } satisfies HeaderBlob;
        }
      if (keys < hash.keys)
        report({ place: file.path, why: `it states ${hash.keys} entries and has ${keys}` });
    },
    check: (report) => checkUnused({ hash, used }, report),
  };
}

interface Database {
  readonly hash: HashFile;
  /** What each page is used for. */
  readonly used: Map<number, string>;
}

function claim({ hash, used }: Database, page: number, use: string): void {
  const place = hash.file.path;
  if (page < 1 || page > hash.lastPage)
    throw damaged(place, `${use} refers to page ${page} of ${hash.lastPage}`);
  const before = used.get(page);
  if (before !== undefined && before !== use)
    throw damaged(place, `page ${page} belongs to ${before} and to ${use}`);
  used.set(page, use);
}

/** The items of a bucket: on its page, and on those that it goes on with. */
async function itemsOf(database: Database, bucket: number, report: Report): Promise<Item[]> {
  const { hash, used } = database;
  const items: Item[] = [];
  // The pages of a bucket with the number n are behind as many pages of other kinds as its doubling found.
  let page = bucket + (hash.spares[Math.ceil(Math.log2(bucket + 1))] ?? 0);
  for (let first = true; first || page !== 0; first = false) {
    const place = `${hash.file.path} page ${page}`;
    try {
      if (used.has(page)) throw damaged(place, `page ${page} of bucket ${bucket} is used already`);
      claim(database, page, `bucket ${bucket}`);
      const { bytes, header } = await readPage(hash, page);
      if (header.blank) break;
      if (header.type !== PAGE.hash && header.type !== PAGE.unsortedHash)
        throw damaged(place, `page ${page} is no page of a bucket`);
      items.push(...itemsOn(hash, { bytes, page, entries: header.entries }));
      page = header.next;
    } catch (thrown) {
      report(problemOf(place, thrown));
      break;
    }
  }
  return items;
}

interface HashPage {
  readonly bytes: Buffer;
  readonly page: number;
  readonly entries: number;
}

/** Keys and data alternate; each item ends where the one before it begins, the first at the end of the page. */
function itemsOn(hash: HashFile, { bytes, page, entries }: HashPage): Item[] {
  const place = `${hash.file.path} page ${page}`;
  const indexEnd = PAGE_HEADER_BYTES + entries * 2;
  if (entries % 2 !== 0 || indexEnd > bytes.length)
    throw damaged(place, `page ${page} states ${entries} items`);
  const items: Item[] = [];
  let end = bytes.length;
  for (let i = 0; i < entries; i += 2) {
    const key = hash.u16(bytes, PAGE_HEADER_BYTES + i * 2);
    const at = hash.u16(bytes, PAGE_HEADER_BYTES + i * 2 + 2);
    if (key >= end || at >= key || at < indexEnd)
      throw damaged(place, `item ${i} of page ${page} lies outside of it`);
    if (bytes[key] !== ITEM.inline || end - key !== 5)
      throw damaged(place, `item ${i} of page ${page} is no number of a package`);
    const number = hash.u32(bytes, key + 1);
    items.push({ package: number, page, at, end: key });
    end = at;
  }
  return items;
}

async function readItem(database: Database, item: Item, place: string): Promise<Buffer> {
  const { hash } = database;
  const { bytes } = await readPage(hash, item.page);
  const kind = bytes[item.at];
  if (kind === ITEM.inline) return bytes.subarray(item.at + 1, item.end);
  if (kind !== ITEM.offPage || item.end - item.at !== 12)
    throw damaged(place, 'it is stored in an unknown way');
  const length = hash.u32(bytes, item.at + 8);
  if (length > MAX_BLOB_BYTES || length > hash.file.inode.size)
    throw damaged(place, `it states ${length} bytes`);
  return readChain(database, { first: hash.u32(bytes, item.at + 4), length }, place);
}

interface Chain {
  readonly first: number;
  readonly length: number;
}

async function readChain(database: Database, { first, length }: Chain, place: string): Promise<Buffer> {
  const { hash } = database;
  const { pageSize } = hash;
  const parts: Buffer[] = [];
  let left = length;
  let run: { bytes: Buffer; first: number; count: number } = { bytes: Buffer.alloc(0), first: 0, count: 0 };
  let page = first;
  while (page !== 0) {
    claim(database, page, place);
    if (page < run.first || page >= run.first + run.count) {
      const count = Math.min(
        RUN,
        Math.ceil(left / (pageSize - PAGE_HEADER_BYTES)) || 1,
        hash.lastPage - page + 1,
      );
      run = { bytes: await readExactly(hash.file, page * pageSize, count * pageSize), first: page, count };
    }
    const bytes = run.bytes.subarray((page - run.first) * pageSize, (page - run.first + 1) * pageSize);
    const header = headerOf(hash, bytes, page);
    const fits = header.length > 0 && header.length <= Math.min(left, pageSize - PAGE_HEADER_BYTES);
    if (header.type !== PAGE.overflow || !fits) throw damaged(place, `page ${page} is not one of its pages`);
    parts.push(bytes.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + header.length));
    left -= header.length;
    page = header.next;
  }
  if (left !== 0) throw damaged(place, `${left} of its ${length} bytes are missing`);
  return Buffer.concat(parts, length);
}

/** Reports pages that hold data though no bucket and no header leads to them. */
async function checkUnused({ hash, used }: Database, report: Report): Promise<void> {
  const lost: number[] = [];
  for (let page = 1; page <= hash.lastPage; page++) {
    if (used.has(page)) continue;
    try {
      const bytes = await readExactly(hash.file, page * hash.pageSize, PAGE_HEADER_BYTES);
      const { type, entries, blank } = headerOf(hash, bytes, page);
      const holds = type === PAGE.overflow || (type !== PAGE.free && entries > 0);
      if (!blank && holds) lost.push(page);
    } catch (thrown) {
      report(problemOf(`${hash.file.path} page ${page}`, thrown));
    }
  }
  if (lost.length > 0)
    report({
      place: `${hash.file.path} page ${lost[0]}`,
      why: `${lost.length} pages hold data that no package leads to`,
    });
}
