import type { ReportBasis, ReportedPool } from '../../../pipeline/report.ts';

/** Writes a report pool by pool: the findings of a fleet have no room in memory at once. */
export interface PoolWriter {
  /** What stands before the pools. */
  begin(): string;
  /** What a pool adds. */
  pool(pool: ReportedPool, basis: ReportBasis): string;
  /** What stands behind them, in parts. */
  end(basis: ReportBasis): Iterable<string>;
}
