import { type FileHandle, open } from 'node:fs/promises';

/** A part of a disk that is not zeros: bytes at hand, or those of a file from an offset on. Ends are exclusive. */
export type Extent = { readonly start: number; readonly end: number } & (
  | { readonly bytes: Buffer }
  | { readonly path: string; readonly offset: number }
);

/** A disk of which nothing but its extents is kept; they are in order and do not overlap. */
export interface VirtualDisk {
  /** Bytes. */
  readonly size: number;
  readonly extents: readonly Extent[];
  /** Names its content. */
  readonly digest: string;
}

const CHUNK = 2 ** 20;
/** Granularity in which the parts of a file that are not zeros are told. */
const PAGE = 4096;

/** The bytes of a disk from `start` up to `end`, in chunks. */
export async function* readDisk(disk: VirtualDisk, start: number, end: number): AsyncGenerator<Buffer> {
  const files = new Map<string, FileHandle>();
  try {
    for (let at = start; at < end; at += CHUNK) {
      const chunk = Buffer.alloc(Math.min(CHUNK, end - at));
      for (const extent of extentsWithin(disk, at, at + chunk.length)) {
        const from = Math.max(extent.start, at);
        const to = Math.min(extent.end, at + chunk.length);
        await copyExtent(extent, { from, into: chunk.subarray(from - at, to - at) }, files);
      }
      yield chunk;
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
}

async function copyExtent(
  extent: Extent,
  { from, into }: { readonly from: number; readonly into: Buffer },
  files: Map<string, FileHandle>,
): Promise<void> {
  const skip = from - extent.start;
  if ('bytes' in extent) {
    extent.bytes.copy(into, 0, skip, skip + into.length);
    return;
  }
  const file = files.get(extent.path) ?? (await open(extent.path, 'r'));
  files.set(extent.path, file);
  const { bytesRead } = await file.read(into, 0, into.length, extent.offset + skip);
  if (bytesRead !== into.length) throw new Error(`${extent.path} has become shorter`);
}

/** The extents that reach into a range. */
export function extentsWithin({ extents }: VirtualDisk, start: number, end: number): readonly Extent[] {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((extents[middle]?.end ?? 0) <= start) low = middle + 1;
    else high = middle;
  }
  const first = low;
  while (low < extents.length && (extents[low]?.start ?? end) < end) low++;
  return extents.slice(first, low);
}

/** The pages of a file of whole pages that are not zeros, as the extents of a disk on which the file begins at `at`. */
export async function fileExtents(path: string, at: number): Promise<Extent[]> {
  const runs: { start: number; end: number }[] = [];
  const zeros = Buffer.alloc(PAGE);
  const file = await open(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    let offset = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK, offset);
      if (bytesRead === 0) break;
      for (let page = 0; page < bytesRead; page += PAGE) {
        if (chunk.compare(zeros, 0, PAGE, page, page + PAGE) === 0) continue;
        const last = runs.at(-1);
        if (last?.end === offset + page) last.end += PAGE;
        else runs.push({ start: offset + page, end: offset + page + PAGE });
      }
      offset += bytesRead;
    }
  } finally {
    await file.close();
  }
  return runs.map(({ start, end }) => ({ start: at + start, end: at + end, path, offset: start }));
}
