import { problemOf } from '../../outcome.ts';
import { readAhead } from '../../read-ahead.ts';
import { type DatabaseFile, damaged, type Report, readExactly } from '../types.ts';
import { readJournal } from './journal.ts';
import { type Overlay, readWal } from './wal.ts';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const UTF8 = 1;
/** Pages that are kept: the rows of one page are read one by one. */
const KEPT_PAGES = 16;
/** A log or journal of a genuine rpm database has some MB. */
const MAX_LOG_BYTES = 1 << 30;

/** The pages of a database as the machine would see them: with its write-ahead log, or its rollback journal undone. */
export class PageFile {
  readonly path: string;
  /** Bytes of a page, and how many of them are used. */
  readonly pageSize: number;
  readonly usable: number;
  readonly pageCount: number;
  readonly #file: DatabaseFile;
  readonly #overlays: readonly Overlay[];
  readonly #kept = new Map<number, Promise<Buffer>>();
  /** What each page is used for, so that no page is used for two things. */
  readonly #used = new Map<number, string>();

  private constructor(file: DatabaseFile, header: Buffer, overlays: readonly Overlay[]) {
    const { path, inode } = file;
    if (header.toString('latin1', 0, 16) !== MAGIC) throw damaged(path, 'it is no SQLite database');
    const stated = header.readUInt16BE(16);
    this.pageSize = stated === 1 ? 65_536 : stated;
    this.usable = this.pageSize - header.readUInt8(20);
    if (this.pageSize < 512 || (this.pageSize & (this.pageSize - 1)) !== 0 || this.usable < 480)
      throw damaged(path, `it states pages of ${stated} bytes`);
    if (overlays.some(({ pageSize }) => pageSize !== this.pageSize))
      throw damaged(path, 'its pages and those of its log differ in size');
    if (header.readUInt32BE(56) !== UTF8) throw damaged(path, 'it is not in UTF-8');
    const inHeader = header.readUInt32BE(24) === header.readUInt32BE(92) ? header.readUInt32BE(28) : 0;
    const inFile = Math.floor(inode.size / this.pageSize);
    this.pageCount = overlays.find(({ pageCount }) => pageCount > 0)?.pageCount || inHeader || inFile;
    this.path = path;
    this.#file = file;
    this.#overlays = overlays;
  }

  /** @throws NodewardError disk-damaged where the file is no database; as inodes do */
  static async open(file: DatabaseFile, report: Report): Promise<PageFile> {
    // A log is written after a journal was undone, so its pages are the newer ones.
    const overlays = [
      await overlayOf(file, { suffix: '-wal', read: readWal }, report),
      await overlayOf(file, { suffix: '-journal', read: readJournal }, report),
    ].filter((overlay) => overlay !== null);
    const own = await readExactly(file, 0, HEADER_BYTES);
    const [first] = overlays.filter(({ pages }) => pages.has(1));
    const header = first && (await readExactly(first.file, first.pages.get(1) ?? 0, HEADER_BYTES));
    return new PageFile(file, header ?? own, overlays);
  }

  /** One page. @throws NodewardError disk-damaged; as inodes do */
  page(number: number): Promise<Buffer> {
    const kept = this.#kept.get(number);
    if (kept !== undefined) return kept;
    const page = this.run(number, 1).then(({ bytes }) => bytes);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT_PAGES && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(number, page);
    return page;
  }

  /**
   * Pages that lie one after another in one file, read at once: `most` of them or fewer, but one at least.
   * @throws NodewardError disk-damaged; as inodes do
   */
  async run(number: number, most: number): Promise<{ bytes: Buffer; count: number }> {
    if (number < 1 || number > this.pageCount)
      throw damaged(this.path, `it refers to page ${number}; it has ${this.pageCount} pages`);
    const overlay = this.#overlays.find(({ pages }) => pages.has(number));
    const { pageSize } = this;
    if (overlay !== undefined)
      return { bytes: await readExactly(overlay.file, overlay.pages.get(number) ?? 0, pageSize), count: 1 };
    const inFile = Math.floor(this.#file.inode.size / pageSize);
    const last = Math.min(number + most - 1, this.pageCount, Math.max(number, inFile));
    let count = 1;
    while (number + count <= last && !this.#overlays.some(({ pages }) => pages.has(number + count))) count++;
    return { bytes: await readExactly(this.#file, (number - 1) * pageSize, count * pageSize), count };
  }

  /** Notes what a page is used for. @throws NodewardError disk-damaged where it is used for something else */
  claim(number: number, use: string): void {
    const before = this.#used.get(number);
    if (before !== undefined && before !== use)
      throw damaged(this.path, `page ${number} belongs to ${before} and to ${use}`);
    this.#used.set(number, use);
  }
}

interface Log {
  readonly suffix: string;
  readonly read: (file: Pick<DatabaseFile, 'path' | 'inode'>) => Promise<Overlay | null>;
}

/** A log that cannot be read is a problem: the database is then read as it was before. */
async function overlayOf({ tree, path }: DatabaseFile, log: Log, report: Report): Promise<Overlay | null> {
  const place = `${path}${log.suffix}`;
  try {
    const found = await tree.file(place);
    if (found === null) return null;
    if (found.inode.size > MAX_LOG_BYTES)
      throw damaged(place, `it is larger than ${MAX_LOG_BYTES >> 20} MiB`);
    const overlay = await log.read({ path: place, inode: readAhead(found.inode) });
    if (overlay?.doubt) report({ place, why: overlay.doubt });
    return overlay;
  } catch (thrown) {
    report(problemOf(place, thrown));
    return null;
  }
}
