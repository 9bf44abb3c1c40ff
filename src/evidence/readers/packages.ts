import type { OsPackage } from '../../model/software.ts';
import { comparePackages } from '../sorting.ts';

/** No genuine system has more packages. */
export const MAX_PACKAGES = 200_000;

/** In the order of `InstalledPackages`: by name, then version, then architecture. */
export function sortedPackages<T extends OsPackage>(packages: readonly T[]): T[] {
  return packages.toSorted(comparePackages);
}
