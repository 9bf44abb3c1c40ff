import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { crc32, createGunzip, inflateRawSync } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { NodewardError, reasonOf } from './errors.ts';
import { fileError, isDirectory, readBounded, tooLarge } from './files.ts';

/** One file of a tree: its path inside the tree with `/` between parts, and its whole content. */
export interface TreeFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** What to read of a tree and how much of it at the most. */
export interface TreeOptions {
  /** Whether a file is wanted, by its path inside the tree. Others are passed over unread. */
  readonly want: (path: string) => boolean;
  readonly maxFileBytes: number;
  /** Bound on all wanted files together, after decompression; archives also stop at it for unwanted ones. */
  readonly maxTotalBytes: number;
  readonly maxFiles: number;
}

/**
 * The wanted files of a folder, a `zip`, a `tar`, a `tar.gz` or a `tar.xz`, told apart by their first bytes.
 * Links are never followed; names that lead outside the tree are refused.
 * @throws NodewardError file-not-found, file-unreadable, input-too-large, input-malformed, input-unsupported
 */
export async function* readTree(path: string, options: TreeOptions): AsyncGenerator<TreeFile> {
  const budget = new Budget(path, options);
  try {
    if (isDirectory(path)) yield* readDirectory(path, '', { options, budget });
    else yield* readArchive(path, options, budget);
  } catch (thrown) {
    if (thrown instanceof NodewardError) throw thrown;
    const detail = `${path} is damaged: ${reasonOf(thrown)}`;
    throw new NodewardError('input-malformed', detail, { cause: thrown, place: path });
  }
}

/** Counts what has been read and refuses what goes beyond the bounds. */
class Budget {
  #bytes = 0;
  #files = 0;
  readonly #path: string;
  readonly #options: TreeOptions;

  constructor(path: string, options: TreeOptions) {
    this.#path = path;
    this.#options = options;
  }

  file(name: string, size: number): void {
    this.#files++;
    if (this.#files > this.#options.maxFiles) {
      throw new NodewardError(
        'input-too-large',
        `${this.#path} holds more than ${this.#options.maxFiles} files`,
      );
    }
    if (size > this.#options.maxFileBytes)
      throw tooLarge(`${this.#path}: ${name}`, this.#options.maxFileBytes);
    this.bytes(size);
  }

  bytes(size: number): void {
    this.#bytes += size;
    if (this.#bytes > this.#options.maxTotalBytes) throw tooLarge(this.#path, this.#options.maxTotalBytes);
  }
}

const MAX_DEPTH = 32;

async function* readDirectory(
  root: string,
  under: string,
  context: { options: TreeOptions; budget: Budget },
): AsyncGenerator<TreeFile> {
  if (under.split('/').length > MAX_DEPTH) {
    throw new NodewardError('input-too-large', `${root} is nested deeper than ${MAX_DEPTH} folders`, {
      place: under,
    });
  }
  const names: { name: string; folder: boolean }[] = [];
  const folder = await opendir(join(root, under)).catch((thrown: unknown) => {
    throw fileError(thrown, join(root, under));
  });
  for await (const entry of folder) {
    if (entry.isDirectory()) names.push({ name: entry.name, folder: true });
    else if (entry.isFile()) names.push({ name: entry.name, folder: false });
  }
  names.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, folder: isFolder } of names) {
    const path = posix.join(under, name);
    if (isFolder) yield* readDirectory(root, path, context);
    else if (context.options.want(path)) {
      const bytes = await readBounded(join(root, path), context.options.maxFileBytes);
      context.budget.file(path, bytes.length);
      yield { path, bytes };
    }
  }
}

async function* readArchive(path: string, options: TreeOptions, budget: Budget): AsyncGenerator<TreeFile> {
  const head = await firstBytes(path);
  if (head.subarray(0, 2).toString('latin1') === 'PK') return yield* readZip(path, options, budget);
  const stream = createReadStream(path);
  try {
    if (head[0] === 0x1f && head[1] === 0x8b)
      return yield* readTar(gunzip(stream), { path, options, budget });
    if (head.subarray(0, 6).equals(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]))) {
      const { default: xz } = await import('xz-decompress');
      const unpacked = new xz.XzReadableStream(Readable.toWeb(stream) as ReadableStream<Uint8Array>);
      return yield* readTar(Readable.fromWeb(unpacked as never), { path, options, budget });
    }
    if (head.subarray(257, 262).toString('latin1') === 'ustar')
      return yield* readTar(stream, { path, options, budget });
  } finally {
    stream.destroy();
  }
  throw new NodewardError(
    'input-unsupported',
    `${path} is neither a folder nor a zip, tar, tar.gz or tar.xz archive`,
  );
}

function gunzip(stream: Readable): Readable {
  const unpacked = createGunzip();
  stream.on('error', (thrown) => unpacked.destroy(thrown));
  return stream.pipe(unpacked);
}

async function firstBytes(path: string): Promise<Buffer> {
  const handle = await open(path, 'r').catch((thrown: unknown) => {
    throw fileError(thrown, path);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(262), 0, 262, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

interface ArchiveContext {
  readonly path: string;
  readonly options: TreeOptions;
  readonly budget: Budget;
}

async function* readTar(unpacked: Readable, context: ArchiveContext): AsyncGenerator<TreeFile> {
  const { extract } = await import('tar-stream');
  const entries = extract();
  let ended = false;
  unpacked.on('data', (chunk: Buffer) => {
    try {
      // Every unpacked byte counts, wanted or not: a bomb must not be inflated to its end.
      context.budget.bytes(chunk.length);
    } catch (thrown) {
      unpacked.destroy(thrown as Error);
    }
  });
  unpacked.on('end', () => {
    ended = true;
  });
  unpacked.on('error', (thrown) => entries.destroy(thrown));
  unpacked.pipe(entries);
  for await (const entry of entries) {
    const name = safeName(entry.header.name, context.path);
    if (entry.header.type !== 'file' || !context.options.want(name)) {
      entry.resume();
      continue;
    }
    const size = entry.header.size ?? 0;
    if (size > context.options.maxFileBytes)
      throw tooLarge(`${context.path}: ${name}`, context.options.maxFileBytes);
    context.budget.file(name, 0);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    yield { path: name, bytes: Buffer.concat(chunks) };
  }
  if (!ended) throw new NodewardError('input-malformed', `${context.path} ends in the middle of the archive`);
}

/** A name inside the archive, refused where it leads outside. */
function safeName(name: string, archive: string): string {
  const normal = posix.normalize(name.replaceAll('\\', '/'));
  if (normal.startsWith('/') || normal === '..' || normal.startsWith('../') || normal.includes('\0')) {
    throw new NodewardError(
      'input-malformed',
      `${archive} holds a name that leads outside of it: ${JSON.stringify(name)}`,
    );
  }
  return normal;
}

async function* readZip(path: string, options: TreeOptions, budget: Budget): AsyncGenerator<TreeFile> {
  const { openPromise } = await import('yauzl');
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  const file = openSync(path, 'r');
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/') || !options.want(entry.fileName)) continue;
      budget.file(entry.fileName, Math.max(entry.uncompressedSize, entry.compressedSize));
      yield { path: entry.fileName, bytes: await inflateEntry(zip, entry, file) };
    }
  } finally {
    closeSync(file);
    zip.close();
  }
}

/** One entry, inflated in one call: a stream for each of the 100,000 small files of a feed takes ten times as long. */
async function inflateEntry(zip: ZipFile, entry: Entry, file: number): Promise<Buffer> {
  const place = `entry ${entry.fileName}`;
  if (entry.isEncrypted()) throw new NodewardError('input-unsupported', `${place} is encrypted`);
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const packed = Buffer.allocUnsafe(entry.compressedSize);
  let read = 0;
  while (read < packed.length) {
    const got = readSync(file, packed, read, packed.length - read, fileDataStart + read);
    if (got === 0) throw new NodewardError('input-malformed', `${place} ends in the middle`);
    read += got;
  }
  const bytes = unpack(entry, packed, place);
  if (bytes.length !== entry.uncompressedSize || crc32(bytes) !== entry.crc32) {
    throw new NodewardError(
      'input-malformed',
      `${place} is damaged: its size or checksum is not the stated one`,
    );
  }
  return bytes;
}

function unpack(entry: Entry, packed: Buffer, place: string): Buffer {
  if (entry.compressionMethod === 0) return packed;
  if (entry.compressionMethod !== 8) {
    throw new NodewardError(
      'input-unsupported',
      `${place} uses compression method ${entry.compressionMethod}`,
    );
  }
  // One byte more than stated, so that a larger one is told apart by its size, without inflating it all.
  return inflateRawSync(packed, { maxOutputLength: entry.uncompressedSize + 1 });
}
