import { NodewardError } from '../../base/errors.ts';
import type { Gap } from '../../model/gap.ts';
import type { Candidate, Disk, Volume } from '../disk/disk.ts';

/** File systems of no interest beside a root: boot loaders and swap hold no packages. */
const ASIDE = new Set(['vfat', 'fat12', 'fat16', 'fat32', 'exfat', 'swap']);

/** Partitions that never hold a root: BIOS boot, EFI system, Microsoft reserved, PReP boot; GPT types. */
const WITHOUT = new Set([
  'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  '21686148-6449-6e6f-744e-656564454649',
  'e3c9e316-0b5c-4db8-817d-f92df00215ae',
  '9e1a2d38-c612-4316-aa26-8b49521e5a8b',
]);

/**
 * The root among the file systems of a disk, and what the choice leaves out. Where nothing can be read but something
 * is recognised, there is no root, and the gaps say by name what is there.
 * @throws NodewardError usage for a partition that is not there; root-not-found; disk-damaged, disk-unsupported where
 *   the only file systems cannot be read
 */
export function chooseRoot(
  disk: Disk,
  candidates: readonly Candidate[],
  wanted: number | null,
): { readonly root: Candidate | null; readonly gaps: readonly Gap[] } {
  if (wanted !== null) return named(disk, candidates, wanted);
  const [first] = candidates;
  const unread = disk.volumes.filter(isUnread);
  const gaps = [...worked(disk.problems), ...unsupported(unread), ...unrecognised(disk.volumes)];
  if (first?.standing === 'root' || first?.standing === 'system') {
    return {
      root: first,
      gaps: [...gaps, ...ofRoot(first), ...otherRoots(candidates), ...broken(disk, candidates)],
    };
  }
  // A file system that opens but whose directories cannot be followed is still the best there is.
  if (first?.tree != null && first.standing === 'unknown')
    return { root: first, gaps: [...gaps, ...ofRoot(first)] };
  if (first?.error != null) throw first.error;
  if (unread.length > 0) return { root: null, gaps };
  const broke = disk.volumes.find(({ problem }) => problem !== null);
  if (broke?.problem != null) throw new NodewardError('disk-damaged', broke.problem);
  const held =
    disk.volumes.length === 1 ? 'its only partition' : `none of its ${disk.volumes.length} partitions`;
  throw new NodewardError('root-not-found', `No root file system was found on the disk: looked at ${held}`);
}

function named(disk: Disk, candidates: readonly Candidate[], wanted: number): ReturnType<typeof chooseRoot> {
  const volume = disk.volumes.find(({ partition }) => partition.number === wanted);
  if (volume === undefined) {
    const numbers = disk.volumes.map(({ partition }) => partition.number).join(', ');
    throw new NodewardError('usage', `The disk has no partition ${wanted}; it has ${numbers}`);
  }
  const root = candidates.find((candidate) => candidate.volume === volume);
  if (root === undefined) {
    const { problem, detected } = volume;
    if (problem !== null) throw new NodewardError('disk-damaged', problem);
    const gaps = unsupported([volume]);
    if (detected !== null) return { root: null, gaps };
    throw new NodewardError('root-not-found', `Partition ${wanted} holds no file system that is recognised`);
  }
  if (root.tree === null && root.error !== null) throw root.error;
  return { root, gaps: [...worked(disk.problems), ...ofRoot(root)] };
}

function isUnread({ driver, detected }: Volume): boolean {
  return driver === null && detected !== null && !ASIDE.has(detected.type.toLowerCase());
}

function nameOf({ partition, detected }: Volume): string {
  const what = detected?.type ?? 'unknown';
  return partition.number === 0 ? what : `partition ${partition.number} (${what})`;
}

function unsupported(volumes: readonly Volume[]): Gap[] {
  if (volumes.length === 0) return [];
  const detail = 'The disk holds file systems or volumes that are not read, so what is on them is not known.';
  return [{ code: 'unsupported-disk', detail, subjects: volumes.map(nameOf) }];
}

/** A file system whose superblock is destroyed looks like this too, and may be the one that counts. */
function unrecognised(volumes: readonly Volume[]): Gap[] {
  const unknown = volumes.filter(
    ({ partition, detected, problem }) =>
      partition.number > 0 && detected === null && problem === null && !WITHOUT.has(partition.type ?? ''),
  );
  if (unknown.length === 0) return [];
  const detail = 'Nothing is recognised on these partitions: they are empty, of another kind, or damaged.';
  return [{ code: 'unsupported-disk', detail, subjects: unknown.map(nameOf) }];
}

function worked(problems: readonly string[]): Gap[] {
  if (problems.length === 0) return [];
  const detail = 'Parts of the disk are damaged; copies of them were used, or they were left out.';
  return [{ code: 'unreadable-files', detail, subjects: problems }];
}

/** What the file system of the root itself says. */
function ofRoot({ tree }: Candidate): Gap[] {
  if (tree === null) return [];
  const { journal, problems, type } = tree.fileSystem;
  if (journal === 'unreadable') {
    const detail = `The journal of the ${type} file system could not be replayed, so files may be older than what the machine had written: packages and findings may be out of date.`;
    return [{ code: 'stale-files', detail, subjects: problems }];
  }
  return worked(problems);
}

function otherRoots([, ...others]: readonly Candidate[]): Gap[] {
  const roots = others.filter(({ standing }) => standing === 'root' || standing === 'system');
  if (roots.length === 0) return [];
  const detail =
    'The disk holds more than one operating system; the others were not assessed (see --partition).';
  return [{ code: 'not-searched', detail, subjects: roots.map(({ volume }) => nameOf(volume)) }];
}

/** Other file systems that could not be opened: they may hold software too. */
function broken(disk: Disk, candidates: readonly Candidate[]): Gap[] {
  const unopened = candidates.filter(({ standing }) => standing === 'unknown');
  const subjects = [
    ...disk.volumes.flatMap((each) => (each.problem === null ? [] : [`${nameOf(each)}: ${each.problem}`])),
    ...unopened.map(({ volume, error }) => `${nameOf(volume)}: ${error?.message ?? 'unreadable'}`),
  ];
  if (subjects.length === 0) return [];
  const detail = 'Other file systems of the disk could not be read, so what is on them is not known.';
  return [{ code: 'unreadable-files', detail, subjects }];
}
