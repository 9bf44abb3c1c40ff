import { rangeFault } from '../sources/range.ts';
import type { BlockSource } from '../sources/types.ts';

/** Bytes of the pages that are put over a file. */
export const PAGE = 4096;

/** Pages by their number, in the place of what the file has. Null for a page of zeros. */
export type Pages = ReadonlyMap<number, Uint8Array | null>;

/**
 * A file with pages of memory over it. Where it is longer than the file, what no page covers is zeros. The caller
 * gives no page that begins at `size` or later.
 */
export function overlaid(file: BlockSource, pages: Pages, size: number): BlockSource {
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  for (const page of pages.keys()) {
    first = Math.min(first, page);
    last = Math.max(last, page);
  }
  const source: BlockSource = {
    name: file.name,
    size,
    prefetch(offset, length) {
      const end = Math.min(file.size, offset + length);
      if (offset >= 0 && offset < end) file.prefetch(offset, end - offset);
    },
    async read(offset, length) {
      const fault = rangeFault(source, offset, length);
      if (fault !== null) throw fault;
      const end = offset + length;
      const from = Math.max(first, Math.floor(offset / PAGE));
      const to = Math.min(last, Math.floor((end - 1) / PAGE));
      if (from > to && end <= file.size) return file.read(offset, length);
      const bytes = new Uint8Array(length);
      const stored = Math.min(end, file.size) - offset;
      if (stored > 0) bytes.set(await file.read(offset, stored));
      for (let page = from; page <= to; page += 1) {
        const content = pages.get(page);
        if (content !== undefined) put(bytes, page * PAGE - offset, content);
      }
      return bytes;
    },
  };
  return source;
}

/** Puts a page at `at`, which may be before the start of the bytes, as far as it meets them. */
function put(bytes: Uint8Array, at: number, content: Uint8Array | null): void {
  const start = Math.max(0, at);
  const end = Math.min(bytes.length, at + PAGE);
  if (content === null) bytes.fill(0, start, end);
  else bytes.set(content.subarray(start - at, end - at), start);
}
