import type { ScanLimits } from './types.ts';

/** Bounds that no scan of a genuine node disk reaches. */
export const SCAN_LIMITS: ScanLimits = {
  timeMs: 15 * 60_000,
  heapMiB: 1024,
  memoryBytes: 2 * 2 ** 30,
  maxRequests: 2_000_000,
  maxBytes: 64 * 2 ** 30,
  cacheBytes: 32 * 2 ** 20,
};
