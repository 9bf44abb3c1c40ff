import type { Clock } from '../base/clock.ts';
import type { FindingChanges, ImageDiff, PackageChange, SoftwareChanges } from '../model/assessment.ts';
import type { Finding } from '../model/finding.ts';
import type { Gap } from '../model/gap.ts';
import { ALL_FINDINGS, type Assessed, assess, imageEvidence } from './assess.ts';
import type { Workspace } from './workspace.ts';

/**
 * What changes from one node image to another: the same assessment run on both.
 * @throws NodewardError image-unknown and those of opening the databases
 */
export function diffImages(
  workspace: Workspace,
  names: { readonly from: string; readonly to: string },
  clock: Clock,
): ImageDiff {
  const options = { filters: ALL_FINDINGS, clock };
  const from = assess(imageEvidence(workspace, names.from), workspace, options);
  const to = assess(imageEvidence(workspace, names.to), workspace, options);
  return {
    from: from.assessment.subject,
    to: to.assessment.subject,
    cves: findingChanges(from.assessment.findings, to.assessment.findings),
    packages: softwareChanges(from.software.packages, to.software.packages),
    components: softwareChanges(components(from), components(to)),
    advisories: mergeBasis(from, to),
    gaps: mergeGaps(from, to),
  };
}

/**
 * Findings are the same where CVE and source are: kernel packages change their names with every ABI, and a CVE
 * that is left in the kernel was not removed with the old name.
 */
function findingChanges(from: readonly Finding[], to: readonly Finding[]): FindingChanges {
  const key = (finding: Finding): string => `${finding.cve}\n${finding.kind}\n${finding.source}`;
  const before = new Set(from.map(key));
  const after = new Set(to.map(key));
  return {
    removed: from.filter((finding) => !after.has(key(finding))),
    left: to.filter((finding) => before.has(key(finding))),
    added: to.filter((finding) => !before.has(key(finding))),
  };
}

interface Versioned {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
}

function components(side: Assessed): readonly Versioned[] {
  return side.software.components.map(({ name, version }) => ({ name, arch: '', version }));
}

/** Compares two lists by name and architecture; several versions of one name are compared as a set. */
function softwareChanges(from: readonly Versioned[], to: readonly Versioned[]): SoftwareChanges {
  const before = byName(from);
  const after = byName(to);
  const added: PackageChange[] = [];
  const removed: PackageChange[] = [];
  const changed: PackageChange[] = [];
  for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [name = '', arch = ''] = key.split('\n');
    const gone = [...(before.get(key) ?? [])].filter((version) => !after.get(key)?.has(version));
    const come = [...(after.get(key) ?? [])].filter((version) => !before.get(key)?.has(version));
    for (let i = 0; i < Math.max(gone.length, come.length); i++) {
      const change = { name, arch, from: gone[i] ?? null, to: come[i] ?? null };
      (change.from === null ? added : change.to === null ? removed : changed).push(change);
    }
  }
  return { added, removed, changed };
}

function byName(list: readonly Versioned[]): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const { name, arch, version } of list) {
    const key = `${name}\n${arch}`;
    const known = versions.get(key);
    if (known === undefined) versions.set(key, new Set([version]));
    else known.add(version);
  }
  return versions;
}

function mergeBasis(from: Assessed, to: Assessed): ImageDiff['advisories'] {
  const seen = new Map<string, ImageDiff['advisories'][number]>();
  for (const entry of [...from.assessment.advisories, ...to.assessment.advisories]) {
    seen.set(`${entry.feed}\n${entry.ecosystem}\n${entry.asOf}\n${entry.coverage}`, entry);
  }
  return [...seen.values()];
}

/** Gaps of both sides; one that both share is told once, the others say which image they are about. */
function mergeGaps(from: Assessed, to: Assessed): readonly Gap[] {
  const key = (gap: Gap): string => JSON.stringify([gap.code, gap.detail, gap.subjects]);
  const shared = new Set(to.assessment.gaps.map(key));
  const both = from.assessment.gaps.filter((gap) => shared.has(key(gap)));
  const bothKeys = new Set(both.map(key));
  const only = (side: Assessed): readonly Gap[] =>
    side.assessment.gaps
      .filter((gap) => !bothKeys.has(key(gap)))
      .map((gap) => ({ ...gap, detail: `${side.assessment.subject.name}: ${gap.detail}` }));
  return [...both, ...only(from), ...only(to)];
}
