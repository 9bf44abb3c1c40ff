import type { OsPackage, SoftwareList } from '../../../model/software.ts';
import type { SandboxCore } from '../../ports.ts';
import type { SandboxImages } from '../../types.ts';
import type { DiskContent } from './content.ts';
import { drifted } from './drift.ts';

/** What is installed on a disk: the packages, and the kernels that its boot folder has. */
export interface Installed {
  readonly software: SoftwareList;
  /** Releases as `uname -r` gives them. */
  readonly kernels: readonly string[];
}

/** The software of a disk; null where the catalogue lists no packages for its image. */
export function softwareOn(
  content: DiskContent,
  core: Pick<SandboxCore, 'images' | 'random'>,
): Installed | null {
  if (content.kind !== 'linux') return null;
  const { images } = core;
  const { drift, kernel } = content;
  const base = baseOf(content, images);
  if (base === null || base.format === 'none' || base.packages.length === 0) return null;
  const packages =
    drift === null
      ? base.packages
      : drifted(base, content, { images, random: core.random(`drift ${drift}`) });
  const shipped = base.runningKernel;
  const later = shipped === kernel || shipped === null ? [] : kernelPackages(content, images);
  const software = { ...base, packages: [...packages, ...withoutThose(packages, later)] };
  return {
    software,
    kernels: [...new Set([...(shipped === null ? [] : [shipped]), kernel])].filter(Boolean),
  };
}

/** What the image has, with its security patches where the node got some. */
function baseOf({ image, live }: DiskContent, images: SandboxImages): SoftwareList | null {
  const plain = images.software(image);
  if (live === null || plain === null) return plain;
  const known = images.software(`${image}-${live}`);
  if (known !== null) return known;
  // Where the catalogue does not have that day's patches: what the newest image of that day had.
  const family = images.images.find(({ name }) => name === image)?.family;
  const day = live.replaceAll('.', '-');
  const newest = images.images.findLast((other) => other.family === family && other.buildDate <= day);
  const versions = new Map(
    (newest === undefined ? [] : (images.software(newest.name)?.packages ?? [])).map((pkg) => [
      `${pkg.name}:${pkg.arch}`,
      pkg,
    ]),
  );
  const patched = plain.packages.map((pkg) =>
    /^(?:linux-|kernel)/.test(pkg.name) ? pkg : (versions.get(`${pkg.name}:${pkg.arch}`) ?? pkg),
  );
  return { ...plain, packages: patched };
}

/** The packages of the running kernel, from an image of the same family that shipped with it; none where none did. */
function kernelPackages({ image, kernel }: DiskContent, all: SandboxImages): readonly OsPackage[] {
  const family = all.images.find(({ name }) => name === image)?.family;
  const shipped = all.images.find((other) => other.kernel === kernel && other.family === family);
  const list = shipped === undefined ? null : all.software(shipped.name);
  return (list?.packages ?? []).filter(
    ({ name, version }) => name.endsWith(`-${kernel}`) || (name === 'kernel' && version === kernel),
  );
}

function withoutThose(packages: readonly OsPackage[], added: readonly OsPackage[]): readonly OsPackage[] {
  const there = new Set(packages.map(({ name, version }) => `${name} ${version}`));
  return added.filter(({ name, version }) => !there.has(`${name} ${version}`));
}
