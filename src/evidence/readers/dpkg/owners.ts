import { NodewardError } from '../../../base/errors.ts';
import type { OsPackage } from '../../../model/software.ts';
import type { FileTree } from '../../filesystem/tree.ts';
import { mergedPath } from '../usr-merge.ts';

/** Where dpkg keeps the lists of the files of each package. */
export const INFO = 'var/lib/dpkg/info';

/** The largest list of a genuine package (kernel headers, documentation) has some MB. */
const MAX_LIST_BYTES = 32 << 20;
/** Lists that are read at the same time: on a distant disk each costs a round trip or two. */
const BATCH = 64;

/** Packages that hold programs of Kubernetes nodes under names which do not resemble the programs'. */
const USUAL: readonly { readonly program: RegExp; readonly packages: RegExp }[] = [
  { program: /^(?:containerd|ctr|runc)/, packages: /^(?:moby|docker|containerd|runc)/ },
  { program: /^docker|^dockerd/, packages: /^(?:moby|docker)/ },
  { program: /^(?:crictl|critest)$/, packages: /^cri-tools$/ },
  { program: /^kube/, packages: /^kube/ },
];
const CNI = { folder: /(?:^|\/)cni\/|\/cni$/, packages: /cni|containernetworking/ };

/**
 * Where packages of a distribution have no files (Debian Policy 9.1, FHS 3.13): only those whose names promise it are
 * looked into.
 */
const LOCAL = /^(?:usr\/local|opt|home|root|run|tmp|mnt|media|srv|proc|sys|dev)\//;

/** What owners are looked up in. */
export interface OwnerSources {
  readonly tree: FileTree;
  readonly packages: readonly OsPackage[];
  /** The lists in `INFO`, without `.list`. */
  readonly lists: ReadonlySet<string>;
}

/**
 * Which package owns each of the paths. Lists of packages with fitting names are read first, since each list costs a
 * read; then all others, while a path is left that a package may own.
 * @throws NodewardError where a list cannot be read and a path was not found in the others
 */
export async function ownersIn(
  { tree, packages, lists }: OwnerSources,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  const left = new Map<string, string[]>();
  for (const path of paths) left.set(mergedPath(path), [...(left.get(mergedPath(path)) ?? []), path]);
  const fitting = new Set(packages.filter(({ name }) => paths.some((path) => fits(name, path))));
  const others = packages.filter((item) => !fitting.has(item));

  let failure: unknown = null;
  const search = async (searched: readonly OsPackage[], wanted: () => boolean): Promise<void> => {
    for (let at = 0; at < searched.length && wanted(); at += BATCH) {
      const batch = searched.slice(at, at + BATCH).map(async (item) => {
        const files = await filesOf(tree, item, lists).catch((thrown: unknown) => {
          failure ??= thrown;
        });
        return { name: item.name, files: files ?? '' };
      });
      for (const { name, files } of await Promise.all(batch)) claim(files, name, { left, owners });
    }
  };
  await search([...fitting], () => left.size > 0);
  const ownable = () => [...left.values()].some((same) => same.some((path) => !LOCAL.test(path)));
  await search(others, ownable);
  if (failure !== null && left.size > 0) throw failure;
  return owners;
}

function fits(name: string, path: string): boolean {
  const program = path.slice(path.lastIndexOf('/') + 1);
  if (name.includes(program) || (name.length > 2 && program.includes(name))) return true;
  if (CNI.folder.test(path) && CNI.packages.test(name)) return true;
  return USUAL.some((usual) => usual.program.test(program) && usual.packages.test(name));
}

/** The list of one package; packages that exist for several architectures at once have it in the name. */
async function filesOf(
  tree: FileTree,
  { name, arch }: OsPackage,
  lists: ReadonlySet<string>,
): Promise<string> {
  const list = [`${name}:${arch}`, name].find((known) => lists.has(known));
  if (list === undefined) return '';
  const place = `${INFO}/${list}.list`;
  const bytes = await tree.read(place, MAX_LIST_BYTES);
  if (bytes === null) throw new NodewardError('disk-damaged', `${place} is listed and missing`, { place });
  return bytes.toString('utf8');
}

interface Claims {
  readonly left: Map<string, string[]>;
  readonly owners: Map<string, string>;
}

function claim(files: string, name: string, { left, owners }: Claims): void {
  for (let at = 0; at < files.length; ) {
    const newline = files.indexOf('\n', at);
    const end = newline === -1 ? files.length : newline;
    const merged = mergedPath(files.slice(at, end));
    at = end + 1;
    for (const path of left.get(merged) ?? []) owners.set(path, name);
    left.delete(merged);
  }
}
