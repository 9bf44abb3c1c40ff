import type { Gap } from '../../model/gap.ts';
import type { OsRelease, PackageSource } from '../../model/software.ts';

/** One component of an SBOM in the terms both formats share. */
export interface SbomEntry {
  /** How a gap names it. */
  readonly label: string;
  readonly name: string;
  readonly version: string | null;
  readonly purl: string | null;
  /** The source package by the maker's own fields beside the purl; null where there are none. */
  readonly source: PackageSource | null;
  /** Whether the SBOM calls it a program, not a library. */
  readonly isApplication: boolean;
  /** The files it was found in. */
  readonly paths: readonly string[];
}

/** An SBOM as read, before its entries are judged. */
export interface SbomDocument {
  readonly subject: string | null;
  readonly entries: readonly SbomEntry[];
  /** The operating systems it names. */
  readonly systems: readonly OsRelease[];
  readonly gaps: readonly Gap[];
}
