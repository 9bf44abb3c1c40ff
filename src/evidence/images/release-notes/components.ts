import type { Gap } from '../../../model/gap.ts';
import type { Component, ComponentRole, OsPackage } from '../../../model/software.ts';
import { sortComponents } from '../../sorting.ts';
import { componentNames, componentOfPackage, isCachedUntilProvisioned } from './component-names.ts';
import type { Mention } from './mentions.ts';

/** The components of an image, and a gap for those that are there in an unknown version. */
export interface Components {
  readonly components: readonly Component[];
  readonly gaps: readonly Gap[];
}

/**
 * Settles what release notes say about components, line by line, into one list:
 * - a component that is an installed package (containerd, runc, …) is `installed` in the package's version; lines
 *   that spell the same upstream version otherwise (`1.4.3-1` for `1.4.3-ubuntu22.04u1`) name the same thing, and
 *   other versions are `cached`
 * - kubelet, kubectl and the software for GPUs are `cached`: the pool's Kubernetes version and the node's hardware
 *   decide which of them is used
 * - of the rest, a line that says `[installed]` or `[cached]` is believed; a single version is `installed`, as are
 *   containerd and runc; several are all `cached`, because nothing says which one is used
 */
export function settleComponents(mentioned: readonly Mention[], packages: readonly OsPackage[]): Components {
  const installed = installedVersions(mentioned, packages);
  const components: Component[] = [];
  for (const [name, versions] of installed) {
    for (const version of versions) components.push({ name, version, role: 'installed' });
  }
  for (const [name, stated] of statedVersions(withoutAnnounced(mentioned))) {
    components.push(...settleStated(name, stated, installed.get(name)));
  }
  return { components: sortComponents(components), gaps: unversioned(mentioned, { components, packages }) };
}

/** What lines state about one component, beside the versions of it that are installed packages. */
function settleStated(
  name: string,
  stated: ReadonlyMap<string, ComponentRole | null>,
  packaged: ReadonlySet<string> | undefined,
): readonly Component[] {
  const said = [...stated].filter(([, role]) => role === 'installed').map(([version]) => version);
  const used = new Set([...(packaged ?? said)].map(upstreamOf));
  const alone = stated.size === 1 || RUNTIMES.has(name);
  return [...stated].flatMap(([version, role]): Component[] => {
    if (used.has(upstreamOf(version)) && (packaged !== undefined || role !== 'installed')) return [];
    if (packaged !== undefined || isCachedUntilProvisioned(name)) return [{ name, version, role: 'cached' }];
    return [{ name, version, role: role ?? (alone ? 'installed' : 'cached') }];
  });
}

const RUNTIMES = new Set(['containerd', 'runc']);

/** Components that are installed packages: the known ones, and those that a line names as the package is named. */
function installedVersions(
  mentioned: readonly Mention[],
  packages: readonly OsPackage[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Set(mentioned.filter(({ version }) => version !== null).map(({ name }) => name));
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of packages) {
    const component = componentOfPackage(name) ?? (named.has(name) ? componentNames(name)[0] : undefined);
    if (component === undefined) continue;
    versions.set(component, (versions.get(component) ?? new Set()).add(version));
  }
  return versions;
}

function statedVersions(mentioned: readonly Mention[]): Map<string, Map<string, ComponentRole | null>> {
  const byName = new Map<string, Map<string, ComponentRole | null>>();
  for (const { name, version, role } of mentioned) {
    if (version === null) continue;
    for (const component of componentNames(name)) {
      const roles = byName.get(component) ?? new Map<string, ComponentRole | null>();
      byName.set(component, roles.set(version, role === 'installed' ? role : (roles.get(version) ?? role)));
    }
  }
  return byName;
}

/**
 * `cached kubelet binary at /opt/bin/kubelet-1.34.8` is followed by the build that lies there,
 * `kubelet version 1.34.8-ubuntu22.04u1`: one program, which the build names better.
 */
function withoutAnnounced(mentioned: readonly Mention[]): readonly Mention[] {
  const builds = new Set<string>();
  for (const { name, version } of mentioned) {
    const parts = (version ?? '').split('-', 4);
    for (let count = 1; count < parts.length; count++)
      builds.add(`${name} ${parts.slice(0, count).join('-')}`);
  }
  const announced = new Set(
    mentioned.filter(({ path }) => path !== null).map(({ name, version }) => `${name} ${version}`),
  );
  return mentioned.filter(({ name, version }) => {
    const program = `${name} ${version}`;
    return !(announced.has(program) && builds.has(program));
  });
}

/** `1.0.0-rc92` of `1.0.0-rc92+azure-1`: what two spellings of one version have in common. */
function upstreamOf(version: string): string {
  const plain = version.replace(/^[0-9]+:/, '');
  return (/^[0-9]+(?:\.[0-9]+)*(?:[~-](?:rc|alpha|beta)[.0-9]*)?/.exec(plain)?.[0] ?? plain).replace(
    '~',
    '-',
  );
}

/** The components after their packages changed: what was installed from a package is installed in its new version. */
export function followPackages(
  components: readonly Component[],
  change: { readonly before: readonly OsPackage[]; readonly after: readonly OsPackage[] },
): readonly Component[] {
  const named = components.map(({ name, version, role }) => ({ name, version, role, path: null }));
  const before = installedVersions(named, change.before);
  const after = installedVersions(named, change.after);
  const kept = components.filter(
    ({ name, version, role }) => role === 'cached' || !before.get(name)?.has(version),
  );
  const installed = [...after].flatMap(([name, versions]) =>
    [...versions].map((version): Component => ({ name, version, role: 'installed' })),
  );
  return sortComponents([...kept, ...installed]);
}

function unversioned(
  mentioned: readonly Mention[],
  known: { components: readonly Component[]; packages: readonly OsPackage[] },
) {
  const names = new Set(known.components.map(({ name }) => name));
  const packages = new Set(known.packages.map(({ name }) => name));
  const subjects = new Set<string>();
  for (const { name, version } of mentioned) {
    if (version !== null || packages.has(name)) continue;
    for (const component of componentNames(name)) if (!names.has(component)) subjects.add(component);
  }
  if (subjects.size === 0) return [];
  const detail = 'The image holds components without saying in which version; they cannot be checked.';
  return [{ code: 'unknown-component', detail, subjects: [...subjects].sort() }] satisfies Gap[];
}
