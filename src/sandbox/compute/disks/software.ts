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
  { images, random }: Pick<SandboxCore, 'images' | 'random'>,
): Installed | null {
  if (content.kind !== 'linux') return null;
  const { image, live, drift, kernel } = content;
  const base = (live === null ? null : images.software(`${image}-${live}`)) ?? images.software(image);
  if (base === null || base.format === 'none' || base.packages.length === 0) return null;
  const packages =
    drift === null ? base.packages : drifted(base, content, { images, random: random(`drift ${drift}`) });
  const shipped = base.runningKernel;
  const later = shipped === kernel || shipped === null ? [] : kernelPackages(kernel, images);
  const software = { ...base, packages: [...packages, ...withoutThose(packages, later)] };
  return {
    software,
    kernels: [...new Set([...(shipped === null ? [] : [shipped]), kernel])].filter(Boolean),
  };
}

/** The packages of a kernel that an image shipped with; none where no image did. */
function kernelPackages(kernel: string, images: SandboxImages): readonly OsPackage[] {
  const shipped = images.images.find((image) => image.kernel === kernel);
  const list = shipped === undefined ? null : images.software(shipped.name);
  return (list?.packages ?? []).filter(
    ({ name, version }) => name.endsWith(`-${kernel}`) || (name === 'kernel' && version === kernel),
  );
}

function withoutThose(packages: readonly OsPackage[], added: readonly OsPackage[]): readonly OsPackage[] {
  const there = new Set(packages.map(({ name, version }) => `${name} ${version}`));
  return added.filter(({ name, version }) => !there.has(`${name} ${version}`));
}
