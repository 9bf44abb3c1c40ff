import type { KernelReport } from '../../model/scan.ts';
import type { Kernels } from '../readers/types.ts';

/** The part of a release that names its build: `-azure` of `5.15.0-1064-azure`, `.cm2` of `5.15.153.1-2.cm2`. */
const FLAVOUR = /^\d+(?:[.-]\d+)*/;

/** The kernels of a root, and whether a newer one of the running flavour waits for a reboot. */
export function kernelReport(kernels: Kernels | null): KernelReport {
  if (kernels === null) return { installed: [], running: null, needsReboot: null };
  const { installed, running } = kernels;
  if (running === null) return { installed, running, needsReboot: null };
  const flavour = (release: string): string => release.replace(FLAVOUR, '');
  const alike = installed.filter((release) => flavour(release) === flavour(running));
  const newest = alike.at(-1) ?? installed.at(-1) ?? null;
  return { installed, running, needsReboot: newest !== null && newest !== running };
}
