import type { Candidate, Disk } from '../disk/disk.ts';
import type { ReadCounters } from '../disk/sources/types.ts';
import type { DiskListing, ListedVolume } from './types.ts';

/** What is on a disk, for people who choose a partition or wonder why no root was found. */
export function listing(disk: Disk, candidates: readonly Candidate[], counters: ReadCounters): DiskListing {
  const volumes = disk.volumes.map((volume): ListedVolume => {
    const { partition, detected, driver } = volume;
    const candidate = candidates.find((each) => each.volume === volume);
    return {
      number: partition.number,
      offset: partition.offset,
      size: partition.size,
      type: partition.type,
      name: partition.name,
      fileSystem: detected?.type ?? null,
      label: detected?.label ?? '',
      uuid: detected?.uuid ?? '',
      readable: driver !== null,
      root: candidate?.standing === 'root' || candidate?.standing === 'system',
      problem: volume.problem ?? candidate?.error?.message ?? null,
    };
  });
  const { image, size, scheme, problems } = disk;
  const { requests, bytes } = counters;
  return { image, size, scheme, volumes, problems, reads: { requests, bytes } };
}
