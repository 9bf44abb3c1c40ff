import type { OsPackage, SoftwareList } from '../../../model/software.ts';
import type { Random } from '../../ports.ts';
import type { SandboxImage, SandboxImages } from '../../types.ts';
import { builtBefore, type DiskContent } from './content.ts';
import { extrasFor } from './extras.ts';

/** How many images back a package was held. */
const BACK = 6;
/** Kernels are what the node runs; the rest is nothing that people touch. */
const UNTOUCHED = /^(?:linux-|kernel|libc6$|glibc$|base-files$|ubuntu-|azurelinux-|mariner-)/;

/**
 * The packages of an image after what people did to one node of it: one or two held back at what an earlier image had,
 * one upgraded to what a later image has, one or two things installed beside.
 */
export function drifted(
  software: SoftwareList,
  content: DiskContent,
  { images, random }: { readonly images: SandboxImages; readonly random: Random },
): readonly OsPackage[] {
  const own = images.images.find(({ name }) => name === content.image);
  const family = images.images.filter((image) => image.family === own?.family);
  const at = family.findIndex(({ name }) => name === content.image);
  const packages = [...software.packages];
  const touched = new Set<string>();
  const put = (pkg: OsPackage): void => {
    const place = packages.findIndex((other) => sameThing(other, pkg));
    if (place === -1) packages.push(pkg);
    else packages[place] = pkg;
  };
  const take = (other: SandboxImage | undefined, count: number): void => {
    const list = other === undefined ? null : images.software(other.name);
    const changed = list === null ? [] : otherVersions(software.packages, list.packages);
    for (let taken = 0; taken < count && changed.length > 0; )
      for (const pkg of changed.splice(random.below(changed.length), 1)) {
        if (touched.has(pkg.name)) continue;
        touched.add(pkg.name);
        put(pkg);
        taken++;
      }
  };
  take(family[Math.max(0, at - BACK)], 1 + random.below(2));
  take(builtBefore(family.slice(at + 1), content.made).at(-1), 1);
  const extras = extrasFor(software.os ?? { id: '', versionId: '' }, machineArch(software)).filter(
    (extra) => !extra.some((pkg) => packages.some((other) => sameThing(other, pkg))),
  );
  for (let left = 1 + random.below(2); left > 0 && extras.length > 0; left--)
    for (const pkg of extras.splice(random.below(extras.length), 1).flat()) put(pkg);
  return packages;
}

/** What another list has at another version. */
function otherVersions(packages: readonly OsPackage[], others: readonly OsPackage[]): OsPackage[] {
  const versions = new Map(packages.map((pkg) => [`${pkg.name}:${pkg.arch}`, pkg.version]));
  return others.filter(({ name, arch, version }) => {
    const own = versions.get(`${name}:${arch}`);
    return own !== undefined && own !== version && !UNTOUCHED.test(name);
  });
}

function sameThing(one: OsPackage, other: OsPackage): boolean {
  return one.name === other.name && one.arch === other.arch;
}

/** The architecture most packages have that are not for all. */
function machineArch({ packages }: SoftwareList): string {
  return packages.find(({ arch }) => arch !== '' && arch !== 'all' && arch !== 'noarch')?.arch ?? 'amd64';
}
