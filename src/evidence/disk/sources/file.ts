import { constants, fstatSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { NodewardError } from '../../../base/errors.ts';
import { fileError } from '../../../base/files.ts';
import { PageCache } from './cache.ts';
import { FILE_TUNING } from './defaults.ts';
import type { RangeReader } from './fetcher.ts';
import { Meter } from './meter.ts';
import type { SourceOptions } from './options.ts';
import type { OpenSource } from './types.ts';

const SECTOR = 512;
/** Beyond any disk: 4 PiB. */
const MAX_DEVICE_SECTORS = 2 ** 43;

/**
 * A local file or block device. A file that is written to during the scan ends it; a device does not tell.
 * @throws NodewardError file-not-found, file-unreadable for what is neither a file nor a block device, disk-damaged
 *   where it is empty
 */
export async function openFileSource(path: string, options: SourceOptions = {}): Promise<OpenSource> {
  const handle = await openPath(path);
  try {
    const file = new FileReader(path, handle, options);
    const tuning = { ...FILE_TUNING, ...options.cache };
    const source = new PageCache(file, { ...tuning, cacheBytes: file.meter.cacheBytes });
    return {
      source,
      counters: () => file.meter.counters(),
      close: () => {
        source.clear();
        return file.close();
      },
    };
  } catch (thrown) {
    await handle.close();
    throw fileError(thrown, path);
  }
}

class FileReader implements RangeReader {
  readonly name: string;
  readonly size: number;
  readonly meter: Meter;
  readonly #handle: FileHandle;
  readonly #signal: AbortSignal | null;
  readonly #before: Stats;
  #closing: Promise<void> | null = null;

  constructor(path: string, handle: FileHandle, options: SourceOptions) {
    this.name = path;
    this.meter = new Meter(path, options.limits);
    this.#handle = handle;
    this.#signal = options.signal ?? null;
    this.#before = fstatSync(handle.fd);
    this.size = sizeOf(path, handle.fd, this.#before);
  }

  isHole(): boolean {
    return false;
  }

  async fill(offset: number, targets: readonly Uint8Array[]): Promise<void> {
    this.#checkOpen();
    const length = targets.reduce((total, target) => total + target.length, 0);
    this.meter.begin(length);
    try {
      await this.#readAll(offset, targets);
    } catch (thrown) {
      throw fileError(thrown, `${this.name} at offset ${offset}`);
    } finally {
      this.meter.end(length);
    }
    if (this.#closing === null) this.#checkUnchanged();
  }

  /** Waits for the reads under way. */
  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }

  async #readAll(offset: number, targets: readonly Uint8Array[]): Promise<void> {
    let rest = targets;
    for (let at = offset; rest.length > 0; ) {
      const { bytesRead } = await this.#handle.readv(rest, at);
      if (bytesRead === 0) throw this.#changed('became shorter');
      this.meter.add(bytesRead);
      at += bytesRead;
      rest = without(rest, bytesRead);
      if (rest.length > 0) this.#checkOpen();
    }
  }

  #checkOpen(): void {
    if (this.#signal?.aborted) throw new NodewardError('interrupted', `Reading ${this.name} was interrupted`);
    if (this.#closing !== null) throw new NodewardError('file-unreadable', `${this.name} has been closed`);
  }

  #checkUnchanged(): void {
    if (!this.#before.isFile()) return;
    const { mtimeMs, size } = fstatSync(this.#handle.fd);
    if (mtimeMs !== this.#before.mtimeMs || size !== this.#before.size) throw this.#changed('was written to');
  }

  #changed(what: string): NodewardError {
    return new NodewardError('disk-changed', `${this.name} ${what} while it was read`, { place: this.name });
  }
}

async function openPath(path: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK, opening a pipe waits for a writer.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (thrown) {
    throw fileError(thrown, path);
  }
}

/** What is left to fill after `got` bytes. */
function without(targets: readonly Uint8Array[], got: number): readonly Uint8Array[] {
  let skip = got;
  for (const [index, target] of targets.entries()) {
    if (skip < target.length) return [target.subarray(skip), ...targets.slice(index + 1)];
    skip -= target.length;
  }
  return [];
}

function sizeOf(path: string, fd: number, stat: Stats): number {
  if (!stat.isFile() && !stat.isBlockDevice())
    throw new NodewardError('file-unreadable', `${path} is neither a file nor a block device`);
  const size = stat.isFile() ? stat.size : deviceSize(fd);
  if (size === 0) throw new NodewardError('disk-damaged', `${path} is empty`, { place: path });
  return size;
}

/** The size of a device, which its file does not tell: the first sector that cannot be read, found by halving. */
function deviceSize(fd: number): number {
  const sector = Buffer.alloc(SECTOR);
  const exists = (number: number) => readSync(fd, sector, 0, SECTOR, number * SECTOR) === SECTOR;
  if (!exists(0)) return 0;
  let low = 0;
  let high = 2 ** 21;
  while (high < MAX_DEVICE_SECTORS && exists(high)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (exists(middle)) low = middle;
    else high = middle;
  }
  return high * SECTOR;
}
