/** Scans root file systems and disks. What reads them is loaded by the thread alone. */
export { SCAN_LIMITS } from './limits.ts';
export { nameOfTarget } from './name.ts';
export { listDisk, type ScanOptions, scan } from './run.ts';
export type { DiskListing, ListedVolume, ScanLimits, ScanTarget } from './types.ts';
