/**
 * Why a result is not complete. A gap never hides: it travels with the result to every output.
 * - `no-package-list`      the evidence lists no packages for this image
 * - `unknown-os`           the operating system could not be identified
 * - `no-coverage`          no loaded feed covers this OS release (or this stream of it)
 * - `stale-advisories`     the image is newer than the newest advisory that could concern it
 * - `sample-advisories`    the feed that covers this release is only a sample of the vendor's advisories
 * - `unparsable-version`   a version could not be read, so one comparison could not be made
 * - `unknown-source`       the source package of a binary package is not known, so its advisories cannot be found
 * - `third-party-package`  the package is not the distribution's and no loaded feed covers it
 * - `unknown-component`    no loaded feed covers this node component
 * - `vendor-patch-level`   the vendor's own patches hide whether the upstream fix is in
 * - `derived-evidence`     the software list was computed from another image and a published difference
 * - `bad-evidence`         a line or record of the evidence could not be read
 * - `unreadable-files`     files, folders or parts of the disk could not be read, so what they hold is not known
 * - `stale-files`          the journal could not be replayed, so files may be older than what the machine had written
 * - `unsupported-disk`     a file system or volume was recognised that is not read
 * - `limit-reached`        a limit of the scan was reached before everything was read
 * - `not-searched`         kinds of software, or places, that the scan does not look at
 * - `heuristic-version`    the version was read from a text in the program that looks like one
 * - `bad-record`           an advisory record could not be read and was left out
 */
export type GapCode =
  | 'no-package-list'
  | 'unknown-os'
  | 'no-coverage'
  | 'stale-advisories'
  | 'sample-advisories'
  | 'unparsable-version'
  | 'unknown-source'
  | 'third-party-package'
  | 'unknown-component'
  | 'vendor-patch-level'
  | 'derived-evidence'
  | 'bad-evidence'
  | 'unreadable-files'
  | 'stale-files'
  | 'unsupported-disk'
  | 'limit-reached'
  | 'not-searched'
  | 'heuristic-version'
  | 'bad-record';

/** One reason why a result is not complete. */
export interface Gap {
  readonly code: GapCode;
  /** One sentence that names what is missing and what it means for the result. */
  readonly detail: string;
  /** The packages, components or records it is about, sorted; empty where it is about the whole subject. */
  readonly subjects: readonly string[];
}
