import type { Severity } from '../model/advisory.ts';
import type { Exemption } from '../model/exemption.ts';
import type { Occurrence, Vulnerability } from '../model/recommendation.ts';
import { SOURCE_PREFIX } from './subjects.ts';
import type { FindingFacts } from './types.ts';
import { vulnerabilityId } from './vulnerability-id.ts';

/** An exemption that speaks about a finding, if not about all of its occurrences. */
export interface Candidate {
  readonly exemption: Exemption;
  /** The higher, the more specific. */
  readonly rank: number;
}

/** Exemptions by their scope; the empty text stands for the whole fleet. */
type ByScope = Map<string, Exemption[]>;

const FLEET = '';
const NONE: readonly Candidate[] = [];

/** What a CVE, a package, … weigh when the more specific of two exemptions is looked for: never more than all below. */
const WEIGHTS = { cve: 64, package: 32, version: 16, scope: 4, family: 2, severity: 1 };

/**
 * Exemptions by what they are about, so that a question touches those alone that could be meant: by CVE, else by
 * package, else by scope.
 */
export class ExemptionIndex {
  readonly #byCve = new Map<string, ByScope>();
  readonly #byPackage = new Map<string, ByScope>();
  readonly #others: ByScope = new Map();
  /** Severities that the others are about; null where one of them is about any. */
  readonly #severities = new Set<Severity | null>();
  /** Lists share their occurrences, so what packages they name is looked up once. */
  readonly #byOccurrences = new WeakMap<readonly Occurrence[], readonly ByScope[]>();

  /** @param vulnerabilities whose aliases an exemption may name in place of the CVE */
  constructor(exemptions: readonly Exemption[], vulnerabilities: Iterable<Vulnerability>) {
    const byId = Map.groupBy(exemptions, ({ subject }) => subject.cve);
    for (const [id, those] of byId) {
      if (id !== null) for (const each of those) addTo(this.#byCve, id, each);
    }
    if (byId.size > (byId.has(null) ? 1 : 0)) {
      for (const { cve, aliases } of vulnerabilities) {
        const others = new Set(aliases.map(vulnerabilityId).filter((id) => id !== null && id !== cve));
        for (const id of others) for (const each of byId.get(id) ?? []) addTo(this.#byCve, cve, each);
      }
    }
    for (const each of byId.get(null) ?? []) {
      const name = each.subject.package;
      if (name !== null) addTo(this.#byPackage, name.toLowerCase(), each);
      else {
        put(this.#others, each);
        this.#severities.add(each.subject.severity);
      }
    }
  }

  /** Whether something may speak about such a finding, in whatever pool. */
  concerns({ cve, severity, occurrences }: Pick<FindingFacts, 'cve' | 'severity' | 'occurrences'>): boolean {
    if (this.#byCve.has(cve) || this.#severities.has(null) || this.#severities.has(severity)) return true;
    return this.#byPackage.size > 0 && this.#ofPackages(occurrences).length > 0;
  }

  /** Every exemption that speaks about at least one of the occurrences; without order. */
  of(facts: FindingFacts): readonly Candidate[] {
    const found: Candidate[] = [];
    const byCve = this.#byCve.get(facts.cve);
    if (byCve !== undefined) collect(byCve, facts, found);
    if (this.#byPackage.size > 0)
      for (const byScope of this.#ofPackages(facts.occurrences)) collect(byScope, facts, found);
    if (this.#others.size > 0) collect(this.#others, facts, found);
    return found.length === 0 ? NONE : found;
  }

  #ofPackages(occurrences: readonly Occurrence[]): readonly ByScope[] {
    const known = this.#byOccurrences.get(occurrences);
    if (known !== undefined) return known;
    const found = new Set<ByScope>();
    for (const name of new Set(occurrences.flatMap(namesOf))) {
      const byScope = this.#byPackage.get(name);
      if (byScope !== undefined) found.add(byScope);
    }
    const those = [...found];
    this.#byOccurrences.set(occurrences, those);
    return those;
  }
}

/** Whether an exemption, which is one for its finding, is about this occurrence of it. */
export function covers({ subject }: Exemption, occurrence: Occurrence): boolean {
  if (subject.package === null) return true;
  if (!namesOf(occurrence).includes(subject.package.toLowerCase())) return false;
  return subject.version === null || sameVersion(subject.version, occurrence.installed);
}

/** Go writes `v1.2.3` where others write `1.2.3`. */
function sameVersion(a: string, b: string): boolean {
  return a === b || a.replace(/^v(?=\d)/, '') === b.replace(/^v(?=\d)/, '');
}

/** The names, in lower case, by which an exemption may mean it: also its source, and of a component its module. */
function namesOf({ package: name, source, kind }: Occurrence): readonly string[] {
  const own = name.toLowerCase();
  const from = source.toLowerCase();
  return kind === 'component' ? [own, from, SOURCE_PREFIX + from] : [own, SOURCE_PREFIX + from];
}

function collect(byScope: ByScope, facts: FindingFacts, found: Candidate[]): void {
  collectScope(byScope.get(FLEET), 0, { facts, found });
  collectScope(byScope.get(facts.subscription), 1, { facts, found });
  collectScope(byScope.get(facts.cluster), 2, { facts, found });
  collectScope(byScope.get(facts.pool), 3, { facts, found });
}

function collectScope(
  exemptions: readonly Exemption[] | undefined,
  depth: number,
  { facts, found }: { readonly facts: FindingFacts; readonly found: Candidate[] },
): void {
  if (exemptions === undefined) return;
  for (const exemption of exemptions) {
    if (!isAbout(exemption, facts)) continue;
    found.push({ exemption, rank: specificity(exemption) + depth * WEIGHTS.scope });
  }
}

function isAbout(exemption: Exemption, facts: FindingFacts): boolean {
  const { subject } = exemption;
  if (subject.severity !== null && subject.severity !== facts.severity) return false;
  if (subject.family !== null && subject.family !== facts.family) return false;
  if (subject.package !== null) return facts.occurrences.some((each) => covers(exemption, each));
  return subject.version === null || isImageVersion(subject.version, facts.imageVersions);
}

/** Whether all nodes run this version: of a pool on its way from one to another, only some do. */
function isImageVersion(version: string, running: readonly string[]): boolean {
  return running.length > 0 && running.every((each) => each === version);
}

function specificity({ subject }: Exemption): number {
  const has = (value: string | null, weight: number) => (value === null ? 0 : weight);
  return (
    has(subject.cve, WEIGHTS.cve) +
    has(subject.package, WEIGHTS.package) +
    has(subject.version, WEIGHTS.version) +
    has(subject.family, WEIGHTS.family) +
    has(subject.severity, WEIGHTS.severity)
  );
}

function addTo(index: Map<string, ByScope>, key: string, exemption: Exemption): void {
  const byScope: ByScope = index.get(key) ?? new Map();
  index.set(key, byScope);
  put(byScope, exemption);
}

function put(byScope: ByScope, exemption: Exemption): void {
  const scope = exemption.subject.scope ?? FLEET;
  const those = byScope.get(scope) ?? [];
  byScope.set(scope, those);
  those.push(exemption);
}
