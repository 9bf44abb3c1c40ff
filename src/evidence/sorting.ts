import { compareText } from '../base/text.ts';
import type { Component, OsPackage, SoftwareList } from '../model/software.ts';

/** By name, then version, architecture and source. */
export function comparePackages(a: OsPackage, b: OsPackage): number {
  return (
    compareText(a.name, b.name) ||
    compareText(a.version, b.version) ||
    compareText(a.arch, b.arch) ||
    compareText(a.source?.name ?? '', b.source?.name ?? '') ||
    compareText(a.source?.version ?? '', b.source?.version ?? '')
  );
}

/** By name, then version and role. */
export function compareComponents(a: Component, b: Component): number {
  return compareText(a.name, b.name) || compareText(a.version, b.version) || compareText(a.role, b.role);
}

/** Sorted by name, then version, each once. */
export function sortPackages(packages: readonly OsPackage[]): readonly OsPackage[] {
  return sortedOnce(packages, comparePackages);
}

/** Sorted by name, then version, each once. */
export function sortComponents(components: readonly Component[]): readonly Component[] {
  return sortedOnce(components, compareComponents);
}

function sortedOnce<T>(items: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  const sorted = items.toSorted(compare);
  return sorted.filter((item, index) => {
    const before = sorted[index - 1];
    return before === undefined || compare(before, item) !== 0;
  });
}

/** The list in the order every `SoftwareList` has, without duplicates. */
export function sortSoftware(software: SoftwareList): SoftwareList {
  return {
    ...software,
    packages: sortPackages(software.packages),
    components: sortComponents(software.components),
    binaries: sortedOnce(software.binaries, (a, b) => compareText(a.path, b.path)),
    updates: sortedOnce(software.updates, compareText),
  };
}
