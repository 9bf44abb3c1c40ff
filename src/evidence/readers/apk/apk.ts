import type { FileTree } from '../../filesystem/tree.ts';
import { outcomeOf, ProblemList, problemOf } from '../outcome.ts';
import { MAX_PACKAGES, sortedPackages } from '../packages.ts';
import type { Outcome, Reader, ReaderContext } from '../types.ts';
import { mergedPath } from '../usr-merge.ts';
import { ownedFiles, readInstalled } from './installed.ts';

/** apk 3 has moved its database below `usr` on systems with one tree of programs. */
const PATHS = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'] as const;
/** Genuine ones have up to some MB. */
const MAX_BYTES = 256 << 20;

/** Reads the packages of Alpine's apk. */
export const apkReader: Reader = { id: 'apk', needs: PATHS, read };

async function read({ tree }: ReaderContext): Promise<Outcome> {
  const problems = new ProblemList();
  for (const path of PATHS) {
    try {
      const text = await content(tree, path);
      if (text === null) continue;
      const list = sortedPackages(readInstalled(text, path, problems));
      if (list.length > MAX_PACKAGES)
        problems.add({ place: path, why: `it lists more than ${MAX_PACKAGES} packages` });
      if (list.length === 0) continue;
      const ownersOf = (paths: readonly string[]) => ownersIn(tree, path, paths);
      return outcomeOf({ packages: { format: 'apk', list, ownersOf } }, problems.all());
    } catch (thrown) {
      problems.add(problemOf(path, thrown));
    }
  }
  return outcomeOf(null, problems.all());
}

async function content(tree: FileTree, path: string): Promise<string | null> {
  const bytes = await tree.read(path, MAX_BYTES);
  return bytes === null ? null : bytes.toString('utf8');
}

/** The file lists are in the database itself, which is read again for them rather than kept. */
async function ownersIn(
  tree: FileTree,
  path: string,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const left = new Map<string, string[]>();
  for (const wanted of paths) left.set(mergedPath(wanted), [...(left.get(mergedPath(wanted)) ?? []), wanted]);
  const owners = new Map<string, string>();
  for (const file of ownedFiles((await content(tree, path)) ?? ''))
    for (const wanted of left.get(mergedPath(file.path)) ?? []) owners.set(wanted, file.owner);
  return owners;
}
