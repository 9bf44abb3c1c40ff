import {
  type DiskListing,
  listDisk,
  nameOfTarget,
  SCAN_LIMITS,
  type ScanLimits,
  type ScanOptions,
  type ScanTarget,
  scan,
} from '../evidence/scan/index.ts';
import type { Evidence } from './assess.ts';

export type { DiskListing, ListedVolume, ScanTarget } from '../evidence/scan/index.ts';

/** How a scan is run: its thread, where progress goes, and what interrupts it. */
export type ScanRun = ScanOptions & {
  /** Look at every file, not only where nodes keep what is looked for. */
  readonly allFiles: boolean;
  readonly limits?: ScanLimits;
};

/**
 * The evidence on a root file system or disk, read without changing anything.
 * @throws NodewardError where it cannot be opened; disk-damaged, disk-unsupported, root-not-found, network-failed, …
 */
export async function scanEvidence(target: ScanTarget, run: ScanRun): Promise<Evidence> {
  const { allFiles, limits = SCAN_LIMITS } = run;
  const { software, gaps, report } = await scan({ target, task: 'scan', allFiles, limits }, run);
  const { os, runningKernel } = software;
  const known = { kind: target.kind, name: nameOfTarget(target), os, runningKernel } as const;
  return {
    subject: { ...known, family: null, version: null, buildDate: null, channel: null },
    software,
    gaps,
    scan: report,
  };
}

/** What is on a disk. @throws NodewardError as `scanEvidence` */
export function diskListing(location: string, run: ScanRun): Promise<DiskListing> {
  const { limits = SCAN_LIMITS } = run;
  const target: ScanTarget = { kind: 'disk', location, partition: null };
  return listDisk({ target, task: 'list', allFiles: false, limits }, run);
}
