import type { Gap } from '../../../model/gap.ts';
import type { ImageEvidence, NodeImage } from '../../../model/image.ts';
import type {
  Component,
  OsPackage,
  OsRelease,
  PackageFormat,
  RunningKernel,
} from '../../../model/software.ts';

/** What a catalogue holds and where it came from. */
export interface CatalogueInfo {
  readonly images: number;
  /** Distinct software lists. */
  readonly lists: number;
  readonly families: number;
  /** ISO day of the newest image. */
  readonly newest: string;
  /** ISO instant. */
  readonly importedAt: string;
  /** The folder or archive it was imported from. */
  readonly source: string;
}

/** A file of the import that became no image, and why. */
export interface ImportProblem {
  readonly path: string;
  readonly detail: string;
}

/** What is installed and cached, as ids for `packageAt` and `componentAt`, in ascending order. */
export interface CatalogueList {
  /** `digestOf` of the whole software list: `sha256:…`. */
  readonly digest: string;
  readonly packages: Uint32Array;
  readonly components: Uint32Array;
}

/** One image without its packages and components, which are in list number `list` of `lists()`. */
export interface CatalogueEntry {
  readonly image: NodeImage;
  readonly os: OsRelease | null;
  readonly format: PackageFormat;
  readonly fips: boolean | null;
  readonly runningKernel: RunningKernel;
  readonly gaps: readonly Gap[];
  readonly list: number;
}

/**
 * The node-image catalogue: every known image with what is on it. Images of one software list share it.
 * Every method throws NodewardError catalogue-unusable where the file turns out to be damaged.
 */
export interface Catalogue {
  readonly info: CatalogueInfo;
  readonly problems: readonly ImportProblem[];
  /** All images, by family, then from the oldest version to the newest. */
  images(): readonly NodeImage[];
  /** In order: `AKSAzureLinux-V3`, `AKSAzureLinux-V3fips`, … */
  families(): readonly string[];
  /**
   * The image of this name, in any case, with `-` or `:` between its parts, with or without the gallery where that is
   * unambiguous. Null where there is none.
   */
  find(name: string): ImageEvidence | null;
  /** Package ids run from 0 up to here. */
  readonly packageCount: number;
  packageAt(id: number): OsPackage;
  componentAt(id: number): Component;
  lists(): readonly CatalogueList[];
  /** In the order of `images()`. */
  entries(): Iterable<CatalogueEntry>;
  close(): void;
}
