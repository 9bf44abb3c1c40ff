import { severityRank } from '../model/advisory.ts';
import type { Finding } from '../model/finding.ts';

/** What decides which of the findings of one CVE stands for all of them. */
type Telling = Pick<Finding, 'package' | 'severity' | 'presence'>;

/**
 * Of the findings of one CVE, one in software that is in use stands for it, then the worst, then the kernel itself: of the
 * dozen packages of one kernel it is what people know.
 * @returns negative where `a` goes before `b`
 */
export function compareTelling(a: Telling, b: Telling): number {
  return (
    inUse(a) - inUse(b) ||
    severityRank(a.severity) - severityRank(b.severity) ||
    Number(isKernel(b)) - Number(isKernel(a))
  );
}

/** 0 for what runs or may run, 1 for what is only on the disk. */
export function inUse({ presence }: Pick<Finding, 'presence'>): number {
  return presence === 'running' || presence === 'installed' ? 0 : 1;
}

function isKernel({ package: name }: Telling): boolean {
  return name.startsWith('linux-image-');
}
