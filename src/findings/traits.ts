import { NodewardError } from '../base/errors.ts';
import { compareText } from '../base/text.ts';
import { severityRank } from '../model/advisory.ts';
import type { ListFinding, Occurrence } from '../model/recommendation.ts';

/**
 * What the occurrences of a CVE that matter are like, as bits. Those in software that is in use matter; where none is,
 * all do.
 */
export const TRAITS = {
  /** They are in software that runs or may run. */
  inUse: 1,
  /** The vendor has a fix for one. */
  fixable: 2,
  /** The vendor has a fix for one that is not of the Kubernetes version. */
  byImage: 4,
  /** Only Ubuntu Pro has a fix for one. */
  byPro: 8,
  /** One is in a module of Go programs: lists that do not look into programs cannot tell whether they have it. */
  inPrograms: 16,
} as const;

/** The module that components are built from that come with the Kubernetes version, whatever the image. */
const KUBERNETES = 'k8s.io/kubernetes';

/** Whether software runs or may run, or is only on the disk. */
export function isInUse({ presence }: Occurrence): boolean {
  return presence === 'running' || presence === 'installed';
}

/** The traits of the occurrences of a CVE in one list. */
export function traitsOf(occurrences: readonly Occurrence[]): number {
  const used = occurrences.filter(isInUse);
  let traits = used.length > 0 ? TRAITS.inUse : 0;
  for (const { kind, source, vendor, presence } of used.length > 0 ? used : occurrences) {
    if (vendor === 'fix-available') {
      const byVersion = kind === 'component' && source === KUBERNETES && presence !== 'cached';
      traits |= TRAITS.fixable | (byVersion ? 0 : TRAITS.byImage);
    } else if (vendor === 'fix-in-pro') traits |= TRAITS.byPro;
    if (kind === 'go-module') traits |= TRAITS.inPrograms;
  }
  return traits;
}

/** The traits of a CVE over lists: what is in use in one of them is what matters. */
export function joinTraits(each: readonly number[]): number {
  const used = each.filter((traits) => (traits & TRAITS.inUse) !== 0);
  return (used.length > 0 ? used : each).reduce((joined, traits) => joined | traits, 0);
}

/** The occurrence that stands for a CVE in a list: the first that is in use. @throws NodewardError store-unusable where it has none */
export function standingOf({ cve, occurrences }: ListFinding): Occurrence {
  const first = occurrences.find(isInUse) ?? occurrences[0];
  if (first === undefined) throw new NodewardError('store-unusable', `The store has no package for ${cve}`);
  return first;
}

/**
 * How early a finding of one list stands for its CVE among those of other lists, lower first: in use, then the worst, then
 * the package that is the kernel among those built from it. Below 32.
 */
export function standingRank({ severity }: ListFinding, first: Occurrence, traits: number): number {
  const unused = (traits & TRAITS.inUse) === 0 ? 1 : 0;
  const other = first.package.startsWith('linux-image-') ? 0 : 1;
  return unused * 16 + severityRank(severity) * 2 + other;
}

/** The row and the occurrence that stand for a CVE, of its rows in one list or several; not empty. */
export function representativeOf<Row extends ListFinding>(
  rows: readonly Row[],
): { readonly row: Row; readonly occurrence: Occurrence } {
  const standing = rows.map((row) => {
    const occurrence = standingOf(row);
    return { row, occurrence, rank: standingRank(row, occurrence, traitsOf(row.occurrences)) };
  });
  return standing.reduce((a, b) =>
    (b.rank - a.rank || compareStanding(b.occurrence, a.occurrence)) < 0 ? b : a,
  );
}

/** Orders what stands equally early, so that the same one always does. */
function compareStanding(a: Occurrence, b: Occurrence): number {
  return (
    compareText(a.package, b.package) ||
    compareText(a.installed, b.installed) ||
    compareText(a.presence, b.presence) ||
    compareText(a.advisory, b.advisory)
  );
}
