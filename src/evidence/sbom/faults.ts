import type { Gap, GapCode } from '../../model/gap.ts';

/** What can be wrong with parts of an SBOM, with the gap it becomes. `N` stands for how many it concerns. */
const FAULTS = {
  unreadable: ['bad-evidence', 'N components of the SBOM could not be read; what they are is not known'],
  'too-deep': ['bad-evidence', 'N components nest too deep; what is inside them was not read'],
  'bad-purl': ['bad-evidence', 'N components have an invalid package URL and were not assessed'],
  'no-version': [
    'bad-evidence',
    'N components have no readable version, so they could not be compared with advisories',
  ],
  'version-conflict': [
    'bad-evidence',
    'N packages have one version in their package URL and another beside it; the one in the URL was used',
  ],
  'other-format': [
    'bad-evidence',
    'N packages are of another package format than the rest and were not assessed',
  ],
  'other-distro': [
    'third-party-package',
    'N packages are of another distribution than the operating system and were not assessed',
  ],
  'distro-conflict': [
    'bad-evidence',
    'N packages name another distribution or release than the SBOM as a whole; they were assessed as of the SBOM',
  ],
  'no-purl': [
    'third-party-package',
    'N components have no package URL, so what they are is not known and they were not assessed',
  ],
} as const satisfies Record<string, readonly [GapCode, string]>;

/** A kind of fault. */
export type Fault = keyof typeof FAULTS;

/** Gathers faults while an SBOM is read, and states each kind as one gap. */
export class FaultList {
  readonly #subjects = new Map<Fault, Set<string>>();

  add(fault: Fault, subject: string): void {
    const subjects = this.#subjects.get(fault);
    if (subjects === undefined) this.#subjects.set(fault, new Set([subject]));
    else subjects.add(subject);
  }

  gaps(): Gap[] {
    return [...this.#subjects].map(([fault, subjects]) => {
      const [code, sentence] = FAULTS[fault];
      return { code, detail: sentence.replace('N', String(subjects.size)), subjects: [...subjects].sort() };
    });
  }
}
