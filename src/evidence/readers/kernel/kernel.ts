import { NodewardError } from '../../../base/errors.ts';
import { compareText } from '../../../base/text.ts';
import { deb } from '../../../versions/deb/deb.ts';
import { onOtherDevice } from '../../filesystem/device.ts';
import type { FileTree } from '../../filesystem/tree.ts';
import { outcomeOf, ProblemList, problemOf } from '../outcome.ts';
import type { Outcome, Reader, ReaderContext } from '../types.ts';

const MODULES = 'lib/modules';
const BOOT = 'boot';
const RELEASE_FILE = 'proc/sys/kernel/osrelease';

/** `5.15.0-1041-azure`: what `uname -r` gives begins with the version. */
const RELEASE = /^\d{1,4}\.\d{1,4}[A-Za-z0-9._+~-]{0,100}$/;
const IMAGE = /^vmlinu[xz]-(.+?)(?:\.efi)?(?:\.signed)?$/;
/** What package managers and administrators leave beside a kernel. */
const LEFTOVER = /\.(?:old|bak|hmac|sig|(?:dpkg|rpm)[a-z-]+)$/;
/** No genuine root has as many kernels or files beside them. */
const MAX_ENTRIES = 10_000;

/**
 * Reads which kernels a root has: those with modules (a folder in `lib/modules` that holds some: an update leaves empty
 * ones behind) and those with an image in `boot`.
 *
 * Which one runs is told only for a local directory that has the kernel's own procfs mounted at `proc`. That is so for
 * the root of this machine; a directory into which its procfs was mounted by hand, to work inside it, looks the same.
 */
export const kernelReader: Reader = { id: 'kernel', needs: [MODULES, BOOT, RELEASE_FILE], read };

async function read({ tree }: ReaderContext): Promise<Outcome> {
  const problems = new ProblemList();
  const withModules = await attempt(MODULES, problems, () => modulesIn(tree, problems));
  const withImage = await attempt(BOOT, problems, () => imagesIn(tree));
  const running = await attempt(RELEASE_FILE, problems, () => runningOn(tree));
  if (withModules === null && withImage === null && running === null) return outcomeOf(null, problems.all());
  const installed = [...new Set([...(withModules ?? []), ...(withImage ?? [])])].sort(compareReleases);
  return outcomeOf({ kernels: { installed, running } }, problems.all());
}

async function attempt<T>(
  place: string,
  problems: ProblemList,
  read: () => Promise<T | null>,
): Promise<T | null> {
  try {
    return await read();
  } catch (thrown) {
    problems.add(problemOf(place, thrown));
    return null;
  }
}

async function modulesIn(tree: FileTree, problems: ProblemList): Promise<string[] | null> {
  const releases = await namesIn(tree, MODULES);
  if (releases === null) return null;
  const found: string[] = [];
  for (const release of releases.filter((name) => RELEASE.test(name))) {
    const folder = `${MODULES}/${release}`;
    const held = await attempt(folder, problems, async () => {
      if ((await tree.find(`${folder}/modules.dep`)) !== null) return true;
      return ((await namesIn(tree, `${folder}/kernel`)) ?? []).length > 0;
    });
    if (held === true) found.push(release);
  }
  return found;
}

async function imagesIn(tree: FileTree): Promise<string[] | null> {
  const names = await namesIn(tree, BOOT);
  if (names === null) return null;
  return names
    .filter((name) => !LEFTOVER.test(name))
    .map((name) => IMAGE.exec(name)?.[1] ?? '')
    .filter((release) => RELEASE.test(release));
}

/** Null where there is no such folder. */
async function namesIn(tree: FileTree, path: string): Promise<string[] | null> {
  const found = await tree.find(path);
  if (found === null || found.inode.kind !== 'directory') return null;
  const entries = await found.inode.list();
  if (entries.length > MAX_ENTRIES)
    throw new NodewardError('input-too-large', `it has more than ${MAX_ENTRIES} entries`);
  return entries.map(({ name }) => name);
}

/** The running kernel's release; null where the tree has no procfs of a kernel. */
async function runningOn(tree: FileTree): Promise<string | null> {
  if (tree.fileSystem.type !== 'directory') return null;
  const root = await tree.fileSystem.root();
  const proc = await root.lookup('proc');
  if (proc?.kind !== 'directory' || !onOtherDevice(proc, root)) return null;
  const self = await proc.lookup('self');
  if (self?.kind !== 'symlink') return null;
  const file = await tree.file(RELEASE_FILE);
  // The files of procfs say that they are empty.
  if (file === null || file.inode.size !== 0) return null;
  const bytes = await file.inode.read(0, 256);
  const release = Buffer.from(bytes).toString('latin1').trim();
  return RELEASE.test(release) ? release : null;
}

/** By version, and by text where one has characters that versions do not have. */
function compareReleases(a: string, b: string): number {
  const order = deb.compare(a, b);
  return (order.ok ? order.value : 0) || compareText(a, b);
}
