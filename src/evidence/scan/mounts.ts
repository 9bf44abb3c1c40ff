import { NodewardError } from '../../base/errors.ts';
import type { Gap } from '../../model/gap.ts';
import type { FileTree } from '../filesystem/tree.ts';

const FSTAB = 'etc/fstab';
const MAX_BYTES = 1 << 20;
/** Folders that hold what is looked for. */
const SEARCHED = /^\/(?:usr|var|opt|lib|bin|sbin)(?:\/|$)/;
/** Where programs and packages never are. */
const ASIDE = /^\/var\/(?:tmp|log|cache|crash)(?:\/|$)/;
/** What is no file system of a disk. */
const VIRTUAL = new Set(['tmpfs', 'proc', 'sysfs', 'devpts', 'cgroup', 'cgroup2', 'overlay', 'swap', 'none']);

/**
 * Folders of a root that lie on other file systems by its fstab(5): on a disk that is not mounted they are empty, and
 * would read as if nothing were installed in them.
 */
export async function mountGaps(tree: FileTree): Promise<readonly Gap[]> {
  const text = await fstabOf(tree);
  const places = text.split('\n').flatMap((line) => {
    const [source = '', place = '', type = ''] = line.trim().split(/\s+/);
    const counts =
      !source.startsWith('#') && SEARCHED.test(place) && !ASIDE.test(place) && !VIRTUAL.has(type);
    return counts ? [`${place} (${source}, ${type})`] : [];
  });
  if (places.length === 0) return [];
  const detail =
    'These folders lie on other file systems, which were not joined to the root: what is installed there is not known.';
  return [{ code: 'unreadable-files', detail, subjects: places.sort() }];
}

/** Empty where there is none. What cannot be read of it is no loss: it only explains what is missing. */
async function fstabOf(tree: FileTree): Promise<string> {
  try {
    return (await tree.read(FSTAB, MAX_BYTES))?.toString('utf8') ?? '';
  } catch (thrown) {
    if (thrown instanceof NodewardError && thrown.code !== 'limit-reached') return '';
    throw thrown;
  }
}
