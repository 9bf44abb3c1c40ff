import { type Clock, systemClock } from '../../base/clock.ts';
import { NodewardError, reasonOf } from '../../base/errors.ts';
import type { Progress } from '../../base/log.ts';
import { buildDatabase } from '../../base/sqlite.ts';
import { compareText } from '../../base/text.ts';
import { readTree, type TreeFile } from '../../base/tree.ts';
import type { GapCode } from '../../model/gap.ts';
import type { NodeImage } from '../../model/image.ts';
import { type CollectedImage, Collection } from './catalogue/collection.ts';
import { CATALOGUE_KIND } from './catalogue/layout.ts';
import type { ImportProblem } from './catalogue/types.ts';
import { writeCatalogue } from './catalogue/write.ts';
import { type ImagePlace, type PatchPlace, placeOf } from './place.ts';
import { parseReleaseNotes } from './release-notes/parse.ts';
import { type BaseImage, deriveImages, PATCHED_FAMILIES } from './security-patch/derive.ts';
import { parseSecurityPatch } from './security-patch/parse.ts';
import type { SecurityPatch } from './security-patch/types.ts';

/** Where upstream serves the repository with the release notes; a `tar.gz` that `importImages` reads as it is. */
export const downloadUrl = 'https://codeload.github.com/Azure/AgentBaker/tar.gz/refs/heads/main';

/** What to import. */
export interface ImportOptions {
  /** A folder or archive that holds AgentBaker's `vhdbuilder/release-notes` at any depth. */
  readonly from: string;
  /** The catalogue file to make or replace. */
  readonly catalogue: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** What came of an import. */
export interface ImportReport {
  /** Images in the catalogue, SecurityPatch states included. */
  readonly images: number;
  /** Distinct software lists. */
  readonly lists: number;
  /** Distinct packages. */
  readonly packages: number;
  /** How many images have a gap of each code. */
  readonly gapsByCode: Readonly<Partial<Record<GapCode, number>>>;
  /** Files that became no image, and why. */
  readonly problems: readonly ImportProblem[];
  /** ISO day of the newest image. */
  readonly newest: string;
}

/** The release notes to date are 2,400 files of at most 110 KB; an archive also holds the rest of the repository. */
const LIMITS = { maxFileBytes: 8 << 20, maxTotalBytes: 8 * 2 ** 30, maxFiles: 20_000 };

/**
 * Reads release notes and security patches and replaces the catalogue with what they hold. A file that cannot be read
 * is a problem of the report; the catalogue is only replaced when everything else is in it.
 * @throws NodewardError input-malformed where there are no images; file-not-found, file-unreadable, input-too-large,
 *   file-unwritable; interrupted by the signal
 */
export async function importImages(options: ImportOptions): Promise<ImportReport> {
  const { from, catalogue, progress, signal, clock = systemClock } = options;
  const importing = new Import();
  try {
    for await (const file of readTree(from, { want: (path) => placeOf(path) !== null, ...LIMITS })) {
      refuseWhenAborted(signal);
      importing.read(file);
      progress.step('release notes', importing.files, null);
    }
  } finally {
    progress.end();
  }
  const { collection, problems } = importing;
  if (collection.images.length === 0) {
    const first = problems[0] === undefined ? '' : `; ${problems[0].path}: ${problems[0].detail}`;
    throw new NodewardError('input-malformed', `no AKS release notes in ${from}${first}`);
  }
  importing.derive();
  refuseWhenAborted(signal);
  const images = collection.images.toSorted(byFamilyAndVersion);
  const newest =
    images
      .map(({ image }) => image.buildDate ?? '')
      .sort(compareText)
      .at(-1) ?? '';
  const meta = { importedAt: clock.now().toISOString(), source: from, newest, problems };
  await buildDatabase(catalogue, CATALOGUE_KIND, async (database) => {
    writeCatalogue(database, { collection, images }, meta);
  });
  return {
    images: images.length,
    lists: collection.lists.length,
    packages: collection.packages.size,
    gapsByCode: countGaps(images),
    problems,
    newest,
  };
}

function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new NodewardError('interrupted', 'the import was interrupted');
}

interface FoundPatch {
  readonly path: string;
  readonly patch: SecurityPatch;
}

/** Takes the files of a tree in, in any order. */
class Import {
  readonly collection = new Collection();
  readonly problems: ImportProblem[] = [];
  files = 0;
  readonly #patches = new Map<string, Map<string, FoundPatch>>();
  readonly #names = new Set<string>();

  read({ path, bytes }: TreeFile): void {
    this.files++;
    const place = placeOf(path);
    try {
      if (place?.kind === 'image') this.#readImage(place, path, bytes);
      else if (place?.kind === 'patch') this.#readPatch(place, path, bytes);
    } catch (thrown) {
      this.problems.push({ path, detail: reasonOf(thrown) });
    }
  }

  #readImage(place: ImagePlace, path: string, bytes: Uint8Array): void {
    const { folder, family, version, known } = place;
    if (family === null) throw refused(`the folder ${folder} is no known node image family`);
    if (!known) throw refused(`${JSON.stringify(version)} is not the version of a node image`);
    const evidence = parseReleaseNotes(bytes, { path });
    const name = evidence.image.name.toLowerCase();
    if (this.#names.has(name)) throw refused(`${evidence.image.name} is there twice`);
    this.#names.add(name);
    this.collection.add(evidence);
  }

  #readPatch({ stream, day }: PatchPlace, path: string, bytes: Uint8Array): void {
    const family = PATCHED_FAMILIES.get(stream);
    if (family === undefined) throw refused(`${JSON.stringify(stream)} is no known kind of patch`);
    if (day === null) throw refused('the folder is not named by the timestamp of a patch');
    const patches = this.#patches.get(family) ?? new Map<string, FoundPatch>();
    if (patches.has(day)) throw refused(`the patch of ${day} is there twice`);
    this.#patches.set(family, patches.set(day, { path, patch: parseSecurityPatch(bytes, { path, day }) }));
  }

  /** Adds the SecurityPatch states, when all images are in. */
  derive(): void {
    for (const [family, found] of this.#patches) {
      const sorted = [...found.values()].sort((a, b) => compareText(a.patch.day, b.patch.day));
      const { images, baseless } = deriveImages(
        this.#bases(family),
        sorted.map(({ patch }) => patch),
      );
      for (const image of images) this.collection.add(image);
      for (const { path, patch } of sorted) {
        if (!baseless.includes(patch)) continue;
        this.problems.push({ path, detail: `no image of ${family} is as old as the patch` });
      }
    }
  }

  #bases(family: string): readonly BaseImage[] {
    return this.collection.images
      .filter(({ image }) => image.family === family)
      .sort(byFamilyAndVersion)
      .flatMap((collected) => {
        const { name, version, buildDate } = collected.image;
        if (buildDate === null) return [];
        return [{ name, version, buildDate, read: () => this.collection.read(collected) }];
      });
  }
}

function refused(detail: string): NodewardError {
  return new NodewardError('input-unsupported', detail);
}

function byFamilyAndVersion(a: CollectedImage, b: CollectedImage): number {
  return compareText(a.image.family, b.image.family) || compareImageVersions(a.image, b.image);
}

/** Number by number: `2023.02.15` before `202303.06.0`, and an image before the SecurityPatch states of it. */
function compareImageVersions(a: NodeImage, b: NodeImage): number {
  const left = a.version.split(/[.-]/).map(Number);
  const right = b.version.split(/[.-]/).map(Number);
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function countGaps(images: readonly CollectedImage[]): Partial<Record<GapCode, number>> {
  const counts: Partial<Record<GapCode, number>> = {};
  for (const { gaps } of images) {
    for (const code of new Set(gaps.map((gap) => gap.code))) counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}
