import { closeSync, constants, fstatSync, openSync, readSync, readvSync, type Stats } from 'node:fs';
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
 * A local file or block device. Calls are synchronous, for a thread of its own: the thread pool costs more than most
 * of these reads.
 * @throws NodewardError file-not-found, file-unreadable for what is neither a file nor a block device, disk-damaged
 *   where it is empty
 */
export async function openFileSource(path: string, options: SourceOptions = {}): Promise<OpenSource> {
  const file = new FileReader(path, options);
  try {
    const tuning = { ...FILE_TUNING, ...options.cache };
    const source = new PageCache(file, { ...tuning, cacheBytes: file.meter.cacheBytes });
    return {
      source,
      counters: () => file.meter.counters(),
      close: async () => {
        source.clear();
        file.close();
      },
    };
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}

class FileReader implements RangeReader {
  readonly name: string;
  readonly size: number;
  readonly meter: Meter;
  readonly #signal: AbortSignal | null;
  readonly #before: Stats;
  #fd: number | null;

  constructor(path: string, options: SourceOptions) {
    this.name = path;
    this.meter = new Meter(path, options.limits);
    this.#signal = options.signal ?? null;
    this.#fd = openPath(path);
    try {
      this.#before = fstatSync(this.#fd);
      this.size = sizeOf(path, this.#fd, this.#before);
    } catch (thrown) {
      this.close();
      throw fileError(thrown, path);
    }
  }

  isHole(): boolean {
    return false;
  }

  async fill(offset: number, targets: readonly Uint8Array[]): Promise<void> {
    if (this.#signal?.aborted) throw new NodewardError('interrupted', `Reading ${this.name} was interrupted`);
    const fd = this.#fd;
    if (fd === null) throw new NodewardError('file-unreadable', `${this.name} has been closed`);
    const length = targets.reduce((total, { length }) => total + length, 0);
    this.meter.begin(length);
    try {
      this.#readAll(fd, offset, targets);
    } catch (thrown) {
      throw fileError(thrown, `${this.name} at offset ${offset}`);
    } finally {
      this.meter.end(length);
    }
    this.#checkUnchanged(fd);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #readAll(fd: number, offset: number, targets: readonly Uint8Array[]): void {
    let rest = targets;
    let at = offset;
    while (rest.length > 0) {
      const got = readvSync(fd, rest, at);
      if (got === 0)
        throw new NodewardError('disk-changed', `${this.name} became shorter while it was read`, {
          place: `${this.name}, offset ${at}`,
        });
      this.meter.add(got);
      at += got;
      rest = without(rest, got);
    }
  }

  /** A device does not tell that it was written to, a file does. */
  #checkUnchanged(fd: number): void {
    if (!this.#before.isFile()) return;
    const { mtimeMs, size } = fstatSync(fd);
    if (mtimeMs !== this.#before.mtimeMs || size !== this.#before.size)
      throw new NodewardError('disk-changed', `${this.name} was written to while it was read`, {
        place: this.name,
      });
  }
}

function openPath(path: string): number {
  try {
    // Without O_NONBLOCK, opening a pipe waits for a writer.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (thrown) {
    throw fileError(thrown, path);
  }
}

/** What is left to fill after `got` bytes. */
function without(targets: readonly Uint8Array[], got: number): readonly Uint8Array[] {
  let skip = got;
  for (let index = 0; index < targets.length; index++) {
    const length = targets[index]?.length ?? 0;
    if (skip < length)
      return [targets[index]?.subarray(skip) ?? new Uint8Array(0), ...targets.slice(index + 1)];
    skip -= length;
  }
  return [];
}

function sizeOf(path: string, fd: number, stat: Stats): number {
  if (!stat.isFile() && !stat.isBlockDevice())
    throw new NodewardError('file-unreadable', `${path} is neither a file nor a block device`);
  const size = stat.isFile() ? stat.size : deviceSize(fd);
  if (size === 0) throw new NodewardError('disk-damaged', `${path} is empty`, { place: path });
  if (!Number.isSafeInteger(size)) throw new NodewardError('file-unreadable', `${path} has no valid size`);
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
