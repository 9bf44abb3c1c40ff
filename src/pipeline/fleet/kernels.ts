import { runningKernelSources } from '../../matching/index.ts';
import type { Drift } from '../../model/coverage.ts';
import type { OsPackage, SoftwareList } from '../../model/software.ts';
import type { ReportedState } from './reported.ts';

/** Whether the list has the packages of a kernel; of a list without packages, whether it names it. */
export function hasKernel({ format, packages, runningKernel }: SoftwareList, kernel: string): boolean {
  if (kernel === runningKernel) return true;
  const names = packages.map(({ name }) => name);
  if (format === 'deb') return runningKernelSources(names, kernel) !== null;
  if (format === 'rpm') return packages.some((pkg) => isKernel(pkg, kernel));
  return runningKernel === null;
}

/** `uname -r` of a flavoured kernel repeats the flavour behind the version of its package. */
function isKernel({ name, version }: OsPackage, kernel: string): boolean {
  const release = version.replace(/^\d+:/, '');
  return /^kernel(?:-|$)/.test(name) && (kernel === release || kernel.startsWith(`${release}.`));
}

/** The kernel that a node runs as drift, where a list that should be of this node does not have it. */
export function kernelDrift(software: SoftwareList, { kernel, os }: ReportedState): readonly Drift[] {
  if (kernel === null || os === 'windows' || hasKernel(software, kernel)) return [];
  return [{ what: 'kernel', image: software.runningKernel, node: kernel }];
}
