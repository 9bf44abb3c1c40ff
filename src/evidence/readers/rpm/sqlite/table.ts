import { problemOf } from '../../outcome.ts';
import { damaged, MAX_BLOB_BYTES, type Report } from '../types.ts';
import type { PageFile } from './pages.ts';
import { readVarint } from './record.ts';

const LEAF = 0x0d;
const INTERIOR = 0x05;
/** Deeper than any table of 2^32 pages. */
const MAX_DEPTH = 20;
const MAX_ROWS = 4_000_000;
/** Overflow pages that are read at once. */
const RUN = 256;

/** One row of a table. */
export interface Row {
  readonly id: number;
  /** The whole of its record. @throws NodewardError disk-damaged; as inodes do */
  read(): Promise<Buffer>;
}

interface Node {
  readonly page: number;
  readonly depth: number;
  /** Row numbers are above `after` and not above `upTo`. */
  readonly after: number;
  readonly upTo: number;
}

/**
 * The rows of a table in the order of their numbers (SQLite's file format, 1.6 "B-tree Pages"). A page that cannot be
 * read is reported with what it belongs to, and the others are gone through.
 */
export async function* rowsOf(
  pages: PageFile,
  table: { readonly name: string; readonly root: number },
  report: Report,
): AsyncGenerator<Row> {
  const pending: Node[] = [
    { page: table.root, depth: 0, after: Number.NEGATIVE_INFINITY, upTo: Number.POSITIVE_INFINITY },
  ];
  let rows = 0;
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const place = `${pages.path} page ${node.page}`;
    try {
      pages.claim(node.page, `table ${table.name} (${node.depth}, ${node.upTo})`);
      const bytes = await pages.page(node.page);
      const kind = bytes[node.page === 1 ? 100 : 0];
      if (kind === INTERIOR) pending.push(...childrenOf(bytes, node, place).reverse());
      else if (kind === LEAF) {
        for (const cell of rowsIn({ pages, bytes, node }, place)) {
          if (++rows > MAX_ROWS) throw damaged(place, `the table has more than ${MAX_ROWS} rows`);
          yield cell;
        }
      } else throw damaged(place, `it is no page of the table ${table.name}`);
    } catch (thrown) {
      report(problemOf(place, thrown));
      if (rows > MAX_ROWS) return;
    }
  }
}

/** The places of the cells of a page. */
function cellsOf(bytes: Buffer, { page }: Node, place: string): number[] {
  const header = page === 1 ? 100 : 0;
  const start = header + (bytes[header] === INTERIOR ? 12 : 8);
  const count = bytes.readUInt16BE(header + 3);
  if (start + count * 2 > bytes.length) throw damaged(place, `it states ${count} cells`);
  return Array.from({ length: count }, (_, i) => {
    const cell = bytes.readUInt16BE(start + i * 2);
    if (cell < start + count * 2 || cell + 4 > bytes.length)
      throw damaged(place, `cell ${i} lies outside of it`);
    return cell;
  });
}

function childrenOf(bytes: Buffer, node: Node, place: string): Node[] {
  if (node.depth >= MAX_DEPTH) throw damaged(place, `the table is deeper than ${MAX_DEPTH} pages`);
  const depth = node.depth + 1;
  let after = node.after;
  const children = cellsOf(bytes, node, place).map((cell): Node => {
    const key = readVarint(bytes, cell + 4, (why) => damaged(place, why)).value;
    if (key <= after || key > node.upTo) throw damaged(place, 'the row numbers are not in order');
    const child = { page: bytes.readUInt32BE(cell), depth, after, upTo: key };
    after = key;
    return child;
  });
  const right = bytes.readUInt32BE((node.page === 1 ? 100 : 0) + 8);
  return [...children, { page: right, depth, after, upTo: node.upTo }];
}

interface Leaf {
  readonly pages: PageFile;
  readonly bytes: Buffer;
  readonly node: Node;
}

function rowsIn({ pages, bytes, node }: Leaf, place: string): Row[] {
  const fault = (why: string) => damaged(place, why);
  let before = node.after;
  const cells = cellsOf(bytes, node, place);
  // Only the root of an empty table is without rows.
  if (cells.length === 0 && node.depth > 0) throw fault('it has no rows');
  return cells.map((cell) => {
    const length = readVarint(bytes, cell, fault);
    const id = readVarint(bytes, length.end, fault);
    if (id.value <= before || id.value > node.upTo) throw fault('the row numbers are not in order');
    before = id.value;
    const payload = { page: node.page, at: id.end, length: length.value };
    if (payload.length > MAX_BLOB_BYTES || payload.length > pages.pageCount * pages.pageSize)
      throw fault(`row ${id.value} states ${payload.length} bytes`);
    if (payload.at + localBytes(payload.length, pages.usable) > pages.usable)
      throw fault(`row ${id.value} reaches beyond the page`);
    return { id: id.value, read: () => readPayload(pages, payload, `row ${id.value}`) };
  });
}

/** How many bytes of a row are in its own page; the rest, if any, in a chain that the 4 bytes after them begin. */
function localBytes(length: number, usable: number): number {
  const most = usable - 35;
  if (length <= most) return length;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}

interface Payload {
  readonly page: number;
  readonly at: number;
  readonly length: number;
}

async function readPayload(pages: PageFile, { page, at, length }: Payload, row: string): Promise<Buffer> {
  const own = await pages.page(page);
  const local = localBytes(length, pages.usable);
  const parts = [own.subarray(at, at + local)];
  let left = length - local;
  if (left === 0) return parts[0] ?? own;
  const room = pages.usable - 4;
  let next = own.readUInt32BE(at + local);
  let run = { bytes: own, first: 0, count: 0 };
  while (left > 0) {
    pages.claim(next, `${row} of page ${page}`);
    if (next < run.first || next >= run.first + run.count) {
      const read = await pages.run(next, Math.min(RUN, Math.ceil(left / room)));
      run = { ...read, first: next };
    }
    const start = (next - run.first) * pages.pageSize;
    const count = Math.min(left, room);
    parts.push(run.bytes.subarray(start + 4, start + 4 + count));
    left -= count;
    next = run.bytes.readUInt32BE(start);
  }
  if (next !== 0) throw damaged(pages.path, `${row} has more pages than it states bytes`);
  return Buffer.concat(parts, length);
}
