import { NodewardError, reasonOf } from '../../../base/errors.ts';
import { componentOfPath } from '../../components.ts';
import { type FileTree, WALK_LIMITS, type WalkLimits } from '../../filesystem/tree.ts';
import type { DirectoryEntry, FileInode } from '../../filesystem/types.ts';
import type { Guard } from './guard.ts';
import { isSkipped, LEAST_GO_BYTES, PLACES, type Place } from './places.ts';

/** A file that may be a Go program. */
export interface Candidate {
  /** Without links; of several names of one file the first. */
  readonly path: string;
  /** All paths it was met by, links to it among them, sorted. */
  readonly names: readonly string[];
  /** The node component that a program of one of these names must be; null where they could mean another. */
  readonly expected: string | null;
  readonly inode: FileInode;
}

/** Software of one vendor can be large, but none has as many files as a system. */
const TREE_LIMITS: WalkLimits = { maxEntries: 500_000, maxDepth: 24 };
const MAX_CANDIDATES = 100_000;

/**
 * Finds the files that may be Go programs: in the places where nodes keep programs, or everywhere. Each file once,
 * however many names it has; the same whether the tree is a disk or a directory.
 */
export async function findCandidates(
  tree: FileTree,
  { allFiles, guard }: { readonly allFiles: boolean; readonly guard: Guard },
): Promise<readonly Candidate[]> {
  const search = new Search(tree, guard);
  await guard.each(PLACES, (place) => search.place(place));
  if (allFiles) await guard.attempt('/', () => search.below('', WALK_LIMITS));
  return search.candidates();
}

class Search {
  readonly #tree: FileTree;
  readonly #guard: Guard;
  readonly #met = new Map<number | string, { inode: FileInode; paths: Set<string>; names: Set<string> }>();
  readonly #folders = new Set<string>();

  constructor(tree: FileTree, guard: Guard) {
    this.#tree = tree;
    this.#guard = guard;
  }

  candidates(): readonly Candidate[] {
    const all = [...this.#met.values()].map(({ inode, paths, names }): Candidate => {
      const sorted = [...paths].sort();
      const known = sorted.find((path) => componentOfPath(path) !== null);
      const named = [...names].sort();
      const expected = named.map((name) => expectedAt(name, inode)).find((name) => name !== null) ?? null;
      return { path: known ?? sorted[0] ?? '', names: named, expected, inode };
    });
    return all.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async place({ path, kind }: Place): Promise<void> {
    await this.#guard.attempt(path, async () => {
      const found = await this.#tree.find(path);
      if (found === null) return;
      if (found.inode.kind !== 'directory')
        throw new NodewardError('file-unreadable', `it is a ${found.inode.kind}, not a directory`);
      // `/bin` is a link to `/usr/bin`, or the other way round.
      if (this.#folders.has(found.path)) return;
      this.#folders.add(found.path);
      if (kind === 'tree') return this.below(found.path, TREE_LIMITS);
      const entries = await found.inode.list();
      await this.#guard.each(entries, (entry) =>
        this.#entry(`${found.path}/${entry.name}`, entry, kind === 'node'),
      );
    });
  }

  /** Everything below a folder but what containers brought. */
  async below(path: string, limits: WalkLimits): Promise<void> {
    // A limit of the walk is a problem of its place; one of the scan is met again by the next read, and ends it.
    const onProblem = (where: string, thrown: unknown): void =>
      this.#guard.add({ place: where === '' ? '/' : where, why: reasonOf(thrown) });
    let batch: { path: string; entry: DirectoryEntry }[] = [];
    // In a walk of everything the files that links lead to are met anyway.
    const followLinks = path !== '';
    const flush = async (): Promise<void> => {
      await this.#guard.each(batch, (each) => this.#entry(each.path, each.entry, followLinks));
      batch = [];
    };
    for await (const visited of this.#tree.walk(path, onProblem, { ...limits, skips: isSkipped })) {
      if (this.#guard.stopped) return;
      if (visited.entry.kind !== 'directory') batch.push(visited);
      if (batch.length >= 256) await flush();
    }
    await flush();
  }

  async #entry(path: string, entry: DirectoryEntry, followLinks: boolean): Promise<void> {
    if (entry.kind === 'directory' || entry.kind === 'special') return;
    const named = componentOfPath(path) !== null;
    if (entry.kind === 'symlink' && !followLinks && !named) return;
    await this.#guard.attempt(path, async () => {
      let at = path;
      let inode = await entry.open();
      if (inode.kind === 'symlink') {
        const target = await this.#follow(path, named);
        if (target === null) return;
        at = target.path;
        inode = target.inode;
      }
      if (inode.kind !== 'file') return;
      if (inode.size < LEAST_GO_BYTES && expectedAt(path, inode) === null) return;
      const known = this.#met.get(inode.id);
      if (known !== undefined) {
        known.paths.add(at);
        known.names.add(path);
      } else if (this.#met.size >= MAX_CANDIDATES)
        this.#guard.end(path, `there are more than ${MAX_CANDIDATES} programs`);
      else this.#met.set(inode.id, { inode, paths: new Set([at]), names: new Set([path]) });
    });
  }

  /** Where a link leads to. Links that lead nowhere are common; one that should be a node component is not. */
  async #follow(path: string, expected: boolean): ReturnType<FileTree['find']> {
    const found = await this.#tree.find(path);
    if (found === null && expected)
      throw new NodewardError('file-not-found', 'it is a link that leads nowhere');
    return found;
  }
}

/** Completions and manuals are named as their programs, but cannot be run. */
function expectedAt(path: string, { mode }: FileInode): string | null {
  return (mode & 0o111) === 0 ? null : componentOfPath(path);
}
