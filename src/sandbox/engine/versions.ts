import type { Core } from '../core.ts';

const REFERENCE_FAMILIES = [
  'AKSUbuntu-2204gen2containerd',
  'AKSUbuntu-2404gen2containerd',
  'AKSUbuntu-2204containerd',
];
const MINORS_OFFERED = 3;
const PATCHES_OFFERED = 2;

/** A Kubernetes version as numbers; null for what is none. A minor alias `1.28` has no patch. */
export function parseVersion(text: string): { minor: number; patch: number | null } | null {
  const match = /^1\.(\d{1,3})(?:\.(\d{1,3}))?$/.exec(text);
  if (match === null) return null;
  return { minor: Number(match[1]), patch: match[2] === undefined ? null : Number(match[2]) };
}

/** Orders full versions; a minor alias counts as its patch 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return (left?.minor ?? 0) - (right?.minor ?? 0) || (left?.patch ?? 0) - (right?.patch ?? 0);
}

/** `1.28.5` → `1.28`. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/**
 * The Kubernetes versions a region offers now, oldest first: the two newest patches of the three newest minors whose
 * kubelets are on its newest Ubuntu image.
 */
export function offeredVersions(core: Core, location: string): readonly string[] {
  const image = REFERENCE_FAMILIES.map((family) =>
    core.rollout.offered(family, location, core.now()).find(({ kubelets }) => kubelets.length > 0),
  ).find((found) => found !== undefined);
  const byMinor = new Map<string, string[]>();
  for (const version of [...(image?.kubelets ?? [])].sort(compareVersions)) {
    const minor = minorOf(version);
    byMinor.set(minor, [...(byMinor.get(minor) ?? []), version]);
  }
  return [...byMinor.values()].slice(-MINORS_OFFERED).flatMap((patches) => patches.slice(-PATCHES_OFFERED));
}

/** What a minor alias or full version stands for in a region; null where it is not offered. */
export function resolveVersion(offered: readonly string[], wanted: string): string | null {
  const parsed = parseVersion(wanted);
  if (parsed === null) return null;
  if (parsed.patch !== null) return offered.includes(wanted) ? wanted : null;
  return offered.findLast((version) => minorOf(version) === wanted) ?? null;
}
