import type { Component, GoBinary, OsPackage } from '../../model/software.ts';
import { programOf } from '../components.ts';
import { compareComponents } from '../sorting.ts';

/** The node components of a root, and the programs of components whose version nobody states. */
export interface NodeComponents {
  /** Sorted by name, then version. */
  readonly components: readonly Component[];
  readonly untold: readonly GoBinary[];
}

/**
 * Joins what programs say of their versions with what their packages say. A program that states none takes the version
 * of a program of the same component beside it, else that of the package it belongs to.
 */
export function nodeComponents(
  told: readonly Component[],
  binaries: readonly GoBinary[],
  packages: readonly OsPackage[],
): NodeComponents {
  const components = new Map(told.map((each) => [`${each.name}\n${each.version}`, each]));
  const folders = new Set(binaries.filter(statesVersion).map(placeOf));
  const versions = new Map(packages.map(({ name, version }) => [name, version]));
  const untold: GoBinary[] = [];
  for (const binary of binaries) {
    const { component } = binary;
    if (component === null || binary.version !== null || programOf(binary.path).version !== null) continue;
    if (folders.has(placeOf(binary))) continue;
    const version = binary.package === null ? undefined : versions.get(binary.package);
    if (version === undefined) untold.push(binary);
    else components.set(`${component}\n${version}`, { name: component, version, role: 'installed' });
  }
  const sorted = [...components.values()].sort(compareComponents);
  return { components: sorted, untold };
}

/** Programs with a version in their names lie beside others of other versions. */
function statesVersion({ path, version }: GoBinary): boolean {
  return version !== null && programOf(path).version === null;
}

function placeOf({ component, path }: GoBinary): string {
  return `${component}\n${path.slice(0, path.lastIndexOf('/') + 1)}`;
}

/** Whether the package that a program belongs to confirms the version that was read from its texts. */
export function isConfirmed({ package: owner, version }: GoBinary, packages: readonly OsPackage[]): boolean {
  if (owner === null || version === null) return false;
  const stated = packages.find(({ name }) => name === owner)?.version.replace(/^\d+:/, '');
  const text = version.replace(/^v/, '');
  return stated?.startsWith(text) === true && !/^\d/.test(stated.slice(text.length));
}
