import { compareText } from '../../base/text.ts';
import type { OsPackage } from '../../model/software.ts';

/** No genuine system has more packages. */
export const MAX_PACKAGES = 200_000;

/** In the order of `InstalledPackages`: by name, then version, then architecture. */
export function sortedPackages<T extends OsPackage>(packages: readonly T[]): T[] {
  return packages.toSorted(
    (a, b) => compareText(a.name, b.name) || compareText(a.version, b.version) || compareText(a.arch, b.arch),
  );
}
