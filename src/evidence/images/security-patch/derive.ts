import type { Gap } from '../../../model/gap.ts';
import type { ImageEvidence } from '../../../model/image.ts';
import { followPackages } from '../release-notes/components.ts';
import { applyChanges, type Patched } from './apply.ts';
import type { PackageChange, SecurityPatch } from './types.ts';

/** The families whose running nodes the SecurityPatch channel patches, by the folder of their changes. */
export const PATCHED_FAMILIES: ReadonlyMap<string, string> = new Map([
  ['', 'AKSUbuntu-2204gen2containerd'],
  ['ubuntu2404', 'AKSUbuntu-2404gen2containerd'],
  ['azurelinux', 'AKSAzureLinux-V3gen2'],
]);

/** An image to start from. Its software is only read when it is chosen. */
export interface BaseImage {
  readonly name: string;
  readonly version: string;
  /** ISO day. */
  readonly buildDate: string;
  readonly read: () => ImageEvidence;
}

/** The SecurityPatch states of one family, and the patches that fit no image. */
export interface DerivedImages {
  readonly images: readonly ImageEvidence[];
  readonly baseless: readonly SecurityPatch[];
}

/**
 * The state of a patched node after each snapshot, one per patch. Where a patch lists its changes since a known image,
 * that is the base; elsewhere the base is the newest image built on or before the day, with the changes of every
 * snapshot since its build applied in turn. Each state carries a `derived-evidence` gap that names what it was
 * computed from, and the gaps of its parts.
 */
export function deriveImages(bases: readonly BaseImage[], patches: readonly SecurityPatch[]): DerivedImages {
  const images: ImageEvidence[] = [];
  const baseless: SecurityPatch[] = [];
  for (const patch of patches) {
    const derivation = direct(bases, patch) ?? cumulative(bases, patches, patch);
    if (derivation === null) baseless.push(patch);
    else images.push(derive(derivation));
  }
  return { images, baseless };
}

interface Derivation {
  readonly base: BaseImage;
  readonly day: string;
  readonly changes: readonly PackageChange[];
  /** How the changes were found, for the gap. */
  readonly how: string;
  readonly gaps: readonly Gap[];
  /** Whether every upgraded package must be on the base, because the changes were computed from it. */
  readonly exact: boolean;
}

function direct(bases: readonly BaseImage[], patch: SecurityPatch): Derivation | null {
  for (const { from, changes } of patch.sections) {
    const base = from.kind === 'image' ? bases.find(({ name }) => name === from.name) : undefined;
    if (base === undefined) continue;
    const how = `the changes published from that image to the snapshot of ${patch.day}`;
    return { base, day: patch.day, changes, how, gaps: patch.gaps, exact: true };
  }
  return null;
}

function cumulative(
  bases: readonly BaseImage[],
  patches: readonly SecurityPatch[],
  { day }: SecurityPatch,
): Derivation | null {
  const base = bases.findLast(({ buildDate }) => buildDate <= day);
  if (base === undefined) return null;
  const applied = patches.filter((patch) => patch.day >= base.buildDate && patch.day <= day);
  const days = applied.map((patch) => patch.day).join(', ');
  const gaps = applied.flatMap((patch) => patch.gaps);
  const hole = uncovered(base.buildDate, applied);
  return {
    base,
    day,
    changes: applied.flatMap(({ sections }) =>
      sections.filter(({ from }) => from.kind !== 'image').flatMap(({ changes }) => changes),
    ),
    how: `the changes of the snapshots of ${days}`,
    gaps: hole === null ? gaps : [...gaps, hole],
    exact: false,
  };
}

/** Whether the snapshots follow one on the other from the base on; where not, changes in between may be missing. */
function uncovered(since: string, applied: readonly SecurityPatch[]): Gap | null {
  let covered = since;
  for (const { day, sections } of applied) {
    for (const { from } of sections) {
      if (from.kind !== 'snapshot' || from.day <= covered) continue;
      const detail = `No published changes lead from ${covered} to ${from.day}; packages changed in between may be newer.`;
      return { code: 'bad-evidence', detail, subjects: [] };
    }
    covered = day;
  }
  return null;
}

function derive(derivation: Derivation): ImageEvidence {
  const { base, day, changes } = derivation;
  const { image, software, gaps } = base.read();
  const patched = applyChanges(software.packages, changes, software.format);
  const version = `${image.version}-${day.replaceAll('-', '.')}`;
  return {
    image: {
      name: `${image.family}-${version}`,
      family: image.family,
      version,
      channel: 'SecurityPatch',
      buildDate: day,
    },
    software: {
      ...software,
      packages: patched.packages,
      components: followPackages(software.components, { before: software.packages, after: patched.packages }),
      runningKernel: patched.newKernel ? null : software.runningKernel,
    },
    gaps: [...derivedGaps(derivation, patched), ...derivation.gaps, ...gaps],
  };
}

function derivedGaps({ base, how, exact }: Derivation, patched: Patched): readonly Gap[] {
  const kernel = patched.newKernel
    ? ' A new kernel was installed; which one runs is not known before the node restarts.'
    : '';
  const gaps: Gap[] = [
    {
      code: 'derived-evidence',
      detail: `Computed from ${base.name} and ${how}; no patched node was read.${kernel}`,
      subjects: [],
    },
  ];
  if (exact && patched.absent.size > 0) {
    const detail = `The changes published from ${base.name} upgrade packages it does not list; they were left out.`;
    gaps.push({ code: 'bad-evidence', detail, subjects: [...patched.absent].sort() });
  }
  if (patched.incomparable.size > 0) {
    const detail =
      'Versions in the published changes could not be compared; these packages were left as they were.';
    gaps.push({ code: 'unparsable-version', detail, subjects: [...patched.incomparable].sort() });
  }
  return gaps;
}
