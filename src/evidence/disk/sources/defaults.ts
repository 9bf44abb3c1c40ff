import type { CacheTuning, HttpTiming } from './options.ts';

/** A local file: the system keeps its pages as well, so small ones cost little and read less. */
export const FILE_TUNING: CacheTuning = {
  pageBytes: 16 * 1024,
  requestBytes: 2 ** 20,
  directBytes: 128 * 1024,
  parallel: 4,
};

/** A server: what counts is how often one waits for an answer before the next question is known. */
export const HTTP_TUNING: CacheTuning = {
  pageBytes: 16 * 1024,
  requestBytes: 2 ** 20,
  directBytes: 256 * 1024,
  parallel: 32,
};

export const HTTP_TIMING: HttpTiming = {
  idleMs: 30_000,
  requestMs: 180_000,
  attempts: 6,
  backoffMs: 250,
  maxPauseMs: 30_000,
};
