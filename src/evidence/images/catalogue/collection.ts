import type { Gap } from '../../../model/gap.ts';
import type { ImageEvidence, NodeImage } from '../../../model/image.ts';
import type { Component, OsPackage, SoftwareList } from '../../../model/software.ts';
import { sortSoftware } from '../../sorting.ts';
import { digestOf } from '../digest.ts';

/** A software list without its packages and components: what the catalogue keeps as JSON. */
export type ListHead = Omit<SoftwareList, 'packages' | 'components' | 'binaries'>;

/** A distinct software list. Its packages and components are ids in the collection. */
export interface CollectedList {
  readonly digest: string;
  readonly head: ListHead;
  readonly packages: Uint32Array;
  readonly components: Uint32Array;
}

/** An image and the number of its list. */
export interface CollectedImage {
  readonly image: NodeImage;
  readonly gaps: readonly Gap[];
  readonly list: number;
}

/** Keeps images with each distinct list, package and component once. */
export class Collection {
  readonly images: CollectedImage[] = [];
  readonly lists: CollectedList[] = [];
  readonly packages = new Dictionary<OsPackage>(({ name, version, arch, source }) =>
    JSON.stringify([name, version, arch, source?.name, source?.version]),
  );
  readonly components = new Dictionary<Component>(({ name, version, role }) =>
    JSON.stringify([name, version, role]),
  );
  readonly #byDigest = new Map<string, number>();

  add({ image, software, gaps }: ImageEvidence): void {
    const sorted = sortSoftware(software);
    const digest = digestOf(sorted);
    let list = this.#byDigest.get(digest);
    if (list === undefined) {
      // What is published about images does not look into programs, so there are none to keep.
      const { packages, components, binaries: _, ...head } = sorted;
      list = this.lists.length;
      this.lists.push({
        digest,
        head,
        packages: Uint32Array.from(packages, (item) => this.packages.idOf(item)),
        components: Uint32Array.from(components, (item) => this.components.idOf(item)),
      });
      this.#byDigest.set(digest, list);
    }
    this.images.push({ image, gaps, list });
  }

  /** The image as it was added. */
  read({ image, gaps, list }: CollectedImage): ImageEvidence {
    const collected = this.lists[list];
    if (collected === undefined) throw new RangeError(`no list ${list}`);
    const packages = Array.from(collected.packages, (id) => this.packages.at(id));
    const components = Array.from(collected.components, (id) => this.components.at(id));
    return { image, software: { ...collected.head, packages, components, binaries: [] }, gaps };
  }
}

/** Gives each distinct item an id, counted from 0. */
class Dictionary<T> {
  readonly #ids = new Map<string, number>();
  readonly #items: T[] = [];
  readonly #keyOf: (item: T) => string;

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf;
  }

  idOf(item: T): number {
    const key = this.#keyOf(item);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.#items.length);
    return this.#items.push(item) - 1;
  }

  at(id: number): T {
    const item = this.#items[id];
    if (item === undefined) throw new RangeError(`no item ${id}`);
    return item;
  }

  get size(): number {
    return this.#items.length;
  }
}
