import { NodewardError, reasonOf } from '../../base/errors.ts';
import { FileTree } from '../filesystem/tree.ts';
import { recognise } from './filesystems/recognised.ts';
import { DRIVERS } from './filesystems/registry.ts';
import type { DetectedFileSystem, FileSystemDriver } from './filesystems/types.ts';
import { openImage } from './formats/registry.ts';
import { readPartitions } from './partitions/index.ts';
import type { Partition, PartitionTable } from './partitions/types.ts';
import { sliceSource } from './sources/slice.ts';
import type { BlockSource } from './sources/types.ts';

/** One partition and what is on it. */
export interface Volume {
  readonly partition: Partition;
  readonly source: BlockSource;
  /** Null where nothing is recognised. */
  readonly detected: DetectedFileSystem | null;
  /** What reads it; null where nothing does. */
  readonly driver: FileSystemDriver | null;
  /** Why its first blocks could not be read; null where they could. */
  readonly problem: string | null;
}

/** A disk with its partitions. */
export interface Disk {
  readonly image: string;
  readonly size: number;
  readonly scheme: PartitionTable['scheme'];
  readonly volumes: readonly Volume[];
  /** What was found damaged and worked around. */
  readonly problems: readonly string[];
}

/** A volume opened, and whether it is the root of an operating system. */
export interface Candidate {
  readonly volume: Volume;
  /** Null where the file system could not be opened. */
  readonly tree: FileTree | null;
  readonly standing: Standing;
  /** What kept it from being opened or judged; null where nothing did. */
  readonly error: NodewardError | null;
}

/** `root`: it names its operating system and has packages; `system`: only the former; `unknown`: it cannot be read. */
export type Standing = 'root' | 'system' | 'unknown' | 'data';

const STANDINGS: readonly Standing[] = ['root', 'system', 'unknown', 'data'];
const OS_RELEASE = ['etc/os-release', 'usr/lib/os-release'];
const DATABASES = ['var/lib/dpkg', 'usr/lib/sysimage/rpm', 'var/lib/rpm', 'lib/apk/db', 'usr/lib/apk/db'];

/**
 * Reads what kind of image a file is, its partitions, and what each of them holds.
 * @throws NodewardError disk-damaged, disk-unsupported, and the errors of the source
 */
export async function openDisk(file: BlockSource): Promise<Disk> {
  const { format, disk } = await openImage(file);
  const table = await readPartitions(disk);
  const volumes = await Promise.all(table.partitions.map((partition) => volumeOf(disk, partition)));
  return { image: format, size: disk.size, scheme: table.scheme, volumes, problems: table.problems };
}

async function volumeOf(disk: BlockSource, partition: Partition): Promise<Volume> {
  const { number, offset, size } = partition;
  const name = number === 0 ? disk.name : `${disk.name} partition ${number}`;
  try {
    const source = number === 0 ? disk : sliceSource(disk, { offset, size, name });
    for (const driver of DRIVERS) {
      const detected = await driver.detect(source);
      if (detected !== null) return { partition, source, detected, driver, problem: null };
    }
    return { partition, source, detected: await recognise(source), driver: null, problem: null };
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    return { partition, source: disk, detected: null, driver: null, problem: reasonOf(thrown) };
  }
}

/** Faults of one part of the disk; all others concern the whole of it. */
function isDamage(thrown: unknown): thrown is NodewardError {
  return (
    thrown instanceof NodewardError && (thrown.code === 'disk-damaged' || thrown.code === 'disk-unsupported')
  );
}

/**
 * Opens every file system that can be read and judges it by its content, never by its number: best first, and of
 * equals the largest.
 */
export async function findRoots(volumes: readonly Volume[]): Promise<readonly Candidate[]> {
  const judged = await Promise.all(
    volumes.flatMap((volume) => (volume.driver === null ? [] : [judge(volume, volume.driver)])),
  );
  return judged.sort(
    (a, b) =>
      STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
      b.volume.partition.size - a.volume.partition.size,
  );
}

async function judge(volume: Volume, driver: FileSystemDriver): Promise<Candidate> {
  let tree: FileTree | null = null;
  try {
    tree = new FileTree(await driver.open(volume.source));
    const [system, packages] = await Promise.all([anyOf(tree, OS_RELEASE), anyOf(tree, DATABASES)]);
    const standing = system && packages ? 'root' : system ? 'system' : 'data';
    return { volume, tree, standing, error: null };
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    return { volume, tree, standing: 'unknown', error: thrown };
  }
}

async function anyOf(tree: FileTree, paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => tree.find(path)));
  return found.some((each) => each !== null);
}
