import { mergedPath } from '../usr-merge.ts';
import { RpmHeader, TAG } from './header.ts';
import type { HeaderBlob } from './types.ts';

/** How many hashes of file names are kept for all packages; of packages beyond, all files are looked at. */
const MAX_HASHES = 8_000_000;
const BATCH = 8;

/** What is kept of one package to find it again by a file. */
interface Known {
  readonly name: string;
  readonly blob: HeaderBlob;
  /** Hashes of the names of its files, sorted; null where they are not kept. */
  readonly hashes: Uint32Array | null;
}

/**
 * Finds the packages that own files. Only a hash of each file's name is kept (4 bytes); headers with a fitting one are
 * read again and decide.
 */
export class FileOwners {
  readonly #known: Known[] = [];
  #kept = 0;

  /** @throws NodewardError disk-damaged where the header's list of files cannot be read */
  add(name: string, header: RpmHeader, blob: HeaderBlob): void {
    const names = header.texts(TAG.baseNames);
    this.#kept += names.length;
    const hashes = this.#kept > MAX_HASHES ? null : Uint32Array.from(names, hashOf).sort();
    this.#known.push({ name, blob, hashes });
  }

  /**
   * Which package owns each of the paths; paths that none owns are left out.
   * @throws NodewardError as reading the database does
   */
  async of(paths: readonly string[]): Promise<Map<string, string>> {
    const owners = new Map<string, string>();
    const hashes = new Set(paths.map((path) => hashOf(path.slice(path.lastIndexOf('/') + 1))));
    const fitting = this.#known.filter((known) => known.hashes?.some((hash) => hashes.has(hash)) ?? true);
    const merged = Map.groupBy(paths, mergedPath);
    for (let at = 0; at < fitting.length; at += BATCH) {
      const batch = fitting.slice(at, at + BATCH).map(async ({ name, blob }) => {
        return { name, files: new RpmHeader(await blob.read()).files() };
      });
      for (const { name, files } of await Promise.all(batch))
        for (const file of files)
          for (const path of merged.get(mergedPath(file)) ?? []) owners.set(path, name);
    }
    return owners;
  }
}

/** FNV-1a. */
function hashOf(name: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193);
  return hash >>> 0;
}
