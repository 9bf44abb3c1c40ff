import { rangeFault } from '../sources/range.ts';
import type { BlockSource } from '../sources/types.ts';
import { damaged, within } from './file.ts';
import { Recent } from './recent.ts';

/** A part of a virtual disk and where its bytes are. `length` is in bytes of the disk and never 0. */
export type Extent =
  | { readonly kind: 'zeros'; readonly length: number }
  | {
      readonly kind: 'stored';
      readonly length: number;
      /** Of its first byte, in the file. */
      readonly offset: number;
    }
  | {
      readonly kind: 'packed';
      readonly length: number;
      readonly cluster: PackedCluster;
      /** Bytes of the unpacked cluster that come before the extent. */
      readonly skip: number;
    };

/** A compressed cluster. */
export interface PackedCluster {
  /** In the file. */
  readonly offset: number;
  /** Bytes in the file, as far as they are known before it is read. */
  readonly length: number;
  /** Where its content begins on the disk. */
  readonly position: number;
}

/**
 * The extent that begins at this byte of the region. It may end anywhere, at the region's end at the latest.
 * @throws NodewardError disk-damaged
 */
export type Region = (start: number) => Extent;

/** How a format says where the bytes of its disk are. */
export interface BlockMap {
  /** Bytes of the virtual disk. */
  readonly size: number;
  /** Bytes of the disk that a region has; the last one may have fewer. */
  readonly regionSize: number;
  /** Loads what maps the region with this number, from 0. Only the regions used last are kept. */
  load(region: number): Promise<Region>;
  /** Null where the format has no compression. */
  readonly packing: Packing | null;
}

/** How compressed clusters are read. */
export interface Packing {
  /** Bytes of a cluster once unpacked. */
  readonly clusterSize: number;
  /** The content of a cluster: as long as the extents in it need. */
  unpack(cluster: PackedCluster): Promise<Uint8Array>;
}

const KEPT_REGIONS = 256;
const KEPT_UNPACKED = 16 << 20;
const MAX_PREFETCH = 32 << 20;

/** An extent with its place in the bytes that were asked for. */
interface Part {
  readonly at: number;
  readonly extent: Extent;
}

/**
 * The disk inside an image file: holes are zeros without a read, neighbours in the file are read together, and parts
 * that lie apart in parallel.
 */
export function mappedDisk(file: BlockSource, map: BlockMap): BlockSource {
  return new MappedDisk(file, map);
}

class MappedDisk implements BlockSource {
  readonly name: string;
  readonly size: number;
  readonly #file: BlockSource;
  readonly #map: BlockMap;
  readonly #regions = new Recent<Region>(KEPT_REGIONS);
  readonly #unpacked: Recent<Uint8Array>;

  constructor(file: BlockSource, map: BlockMap) {
    this.name = file.name;
    this.size = map.size;
    this.#file = file;
    this.#map = map;
    this.#unpacked = new Recent(Math.max(2, Math.floor(KEPT_UNPACKED / this.#clusterSize)));
  }

  get #clusterSize(): number {
    return this.#map.packing?.clusterSize ?? KEPT_UNPACKED;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const fault = rangeFault(this, offset, length);
    if (fault !== null) throw fault;
    const regions = this.#kept(offset, length) ?? (await this.#loaded(offset, length));
    const parts = this.#parts(regions, offset, length);
    const [only] = parts;
    if (parts.length === 1 && only?.extent.kind === 'stored')
      return this.#file.read(only.extent.offset, length);
    this.#announce(parts);
    const bytes = new Uint8Array(length);
    await Promise.all(parts.map((part) => this.#fill(bytes, part)));
    return bytes;
  }

  prefetch(offset: number, length: number): void {
    const end = Math.min(this.size, offset + Math.min(length, MAX_PREFETCH));
    if (!Number.isSafeInteger(offset) || offset < 0 || !(offset < end)) return;
    const kept = this.#kept(offset, end - offset);
    if (kept !== null) this.#prefetch(kept, offset, end - offset);
    else
      this.#loaded(offset, end - offset).then(
        (regions) => this.#prefetch(regions, offset, end - offset),
        () => {},
      );
  }

  #prefetch(regions: readonly Region[], offset: number, length: number): void {
    try {
      const parts = this.#parts(regions, offset, length);
      this.#announce(parts);
      for (const { extent } of parts)
        if (extent.kind === 'stored') this.#file.prefetch(extent.offset, extent.length);
    } catch {
      // The read that needs it reports what is wrong.
    }
  }

  /** Compressed clusters are many, small and mostly neighbours: they are fetched by stretches of the file. */
  #announce(parts: readonly Part[]): void {
    let start = 0;
    let end = 0;
    for (const { extent } of parts) {
      if (extent.kind !== 'packed' || this.#unpacked.peek(extent.cluster.position) !== undefined) continue;
      const { offset, length } = extent.cluster;
      const after = Math.min(this.#file.size, offset + length);
      if (end > start && offset >= start && offset <= end + this.#clusterSize) {
        end = Math.max(end, after);
        continue;
      }
      if (end > start) this.#file.prefetch(start, end - start);
      start = offset;
      end = after;
    }
    if (end > start) this.#file.prefetch(start, end - start);
  }

  #numbers(offset: number, length: number): { first: number; count: number } {
    if (length === 0) return { first: 0, count: 0 };
    const first = Math.floor(offset / this.#map.regionSize);
    return { first, count: Math.floor((offset + length - 1) / this.#map.regionSize) - first + 1 };
  }

  #kept(offset: number, length: number): readonly Region[] | null {
    const { first, count } = this.#numbers(offset, length);
    const regions: Region[] = [];
    for (let index = 0; index < count; index += 1) {
      const region = this.#regions.peek(first + index);
      if (region === undefined) return null;
      regions.push(region);
    }
    return regions;
  }

  #loaded(offset: number, length: number): Promise<readonly Region[]> {
    const { first, count } = this.#numbers(offset, length);
    return Promise.all(
      Array.from({ length: count }, (_, index) =>
        this.#regions.get(first + index, () => this.#map.load(first + index)),
      ),
    );
  }

  #parts(regions: readonly Region[], offset: number, length: number): readonly Part[] {
    const { regionSize } = this.#map;
    const { first } = this.#numbers(offset, length);
    const parts: Part[] = [];
    for (let at = 0; at < length; ) {
      const position = offset + at;
      const number = Math.floor(position / regionSize);
      const start = position - number * regionSize;
      const extent = (regions[number - first] as Region)(start);
      const used = Math.min(extent.length, regionSize - start, length - at);
      this.#add(parts, { at, extent: { ...extent, length: used } }, position);
      at += used;
    }
    return parts;
  }

  #add(parts: Part[], part: Part, position: number): void {
    const { extent } = part;
    if (extent.kind === 'zeros') return void addZeros(parts, part);
    const place = extent.kind === 'stored' ? extent : extent.cluster;
    if (!within(this.#file, place.offset, place.length))
      throw damaged(
        this.#file,
        place.offset,
        `what the disk has at byte ${position} is said to lie beyond the end of the file`,
      );
    const last = parts.at(-1)?.extent;
    const joins =
      extent.kind === 'stored' && last?.kind === 'stored' && last.offset + last.length === extent.offset;
    if (joins) grow(parts, extent.length);
    else parts.push(part);
  }

  async #fill(bytes: Uint8Array, { at, extent }: Part): Promise<void> {
    if (extent.kind === 'stored') bytes.set(await this.#file.read(extent.offset, extent.length), at);
    if (extent.kind !== 'packed') return;
    const { cluster, skip, length } = extent;
    const content = await this.#unpacked.get(cluster.position, async () => this.#unpack(cluster));
    if (content.length < skip + length)
      throw damaged(
        this.#file,
        cluster.offset,
        `the compressed cluster for byte ${cluster.position} is too short`,
      );
    bytes.set(content.subarray(skip, skip + length), at);
  }

  async #unpack(cluster: PackedCluster): Promise<Uint8Array> {
    const { packing } = this.#map;
    if (packing === null) throw damaged(this.#file, cluster.offset, 'this format has no compressed clusters');
    return packing.unpack(cluster);
  }
}

function addZeros(parts: Part[], part: Part): void {
  if (parts.at(-1)?.extent.kind === 'zeros') grow(parts, part.extent.length);
  else parts.push(part);
}

function grow(parts: Part[], length: number): void {
  const { at, extent } = parts[parts.length - 1] as Part;
  parts[parts.length - 1] = { at, extent: { ...extent, length: extent.length + length } };
}
