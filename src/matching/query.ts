import type { Advisory, AdvisorySource, AffectedPackage, Severity } from '../model/advisory.ts';
import type { Component, OsPackage, OsRelease } from '../model/software.ts';
import { ecosystemsOf } from './ecosystems.ts';
import { parseKernelPackage } from './kernel.ts';
import { VENDOR_PACKAGES } from './origin.ts';
import { RPM_SOURCES } from './rpm-sources.ts';
import { sourceFinder } from './sources.ts';
import { UPSTREAMS } from './upstream.ts';

/** An advisory source that can also be asked what one vulnerability concerns. */
export interface QueryableSource extends AdvisorySource {
  packagesOf(id: string): readonly { readonly ecosystem: string; readonly name: string }[];
}

/** Where packages and components are looked up by their number. */
export interface Dictionary {
  packageAt(id: number): OsPackage;
  componentAt(id: number): Component;
}

/** One vulnerability, prepared to be looked for in many software lists. */
export interface CveQuery {
  readonly cve: string;
  readonly aliases: readonly string[];
  readonly severity: Severity;
  readonly published: string | null;
  /** Whether any advisory names it. */
  readonly known: boolean;
  /** Source packages and modules its advisories speak about. */
  readonly concerned: readonly { readonly ecosystem: string; readonly name: string }[];
  /** The advisories about this vulnerability alone; names of sources are still all known. */
  readonly restricted: AdvisorySource;
  /** The packages of a list that it could be in, with those that decide on their sources. */
  selectPackages(os: OsRelease | null, ids: Iterable<number>, dictionary: Dictionary): readonly OsPackage[];
  /** The components of a list that it could be in. */
  selectComponents(ids: Iterable<number>, dictionary: Dictionary): readonly Component[];
}

/** Prepares a vulnerability. */
export function queryFor(cve: string, source: QueryableSource): CveQuery {
  const concerned = source.packagesOf(cve);
  const restricted = restrict(source, cve);
  const records = recordsOf(restricted, concerned);
  const select = new Selector(source, concerned);
  return {
    cve,
    aliases: records[0]?.aliases ?? [],
    severity: records.find(({ severity }) => severity !== 'unknown')?.severity ?? 'unknown',
    published: records.map(({ published }) => published).reduce(earliest, null),
    known: records.length > 0,
    concerned,
    restricted,
    selectPackages: (os, ids, dictionary) => select.packages(os, ids, dictionary),
    selectComponents: (ids, dictionary) => select.components(ids, dictionary),
  };
}

function earliest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function restrict(source: AdvisorySource, cve: string): AdvisorySource {
  const cache = new Map<string, readonly AffectedPackage[]>();
  return {
    coverage: source.coverage,
    knows: (ecosystem, name) => source.knows(ecosystem, name),
    sourcesOf: (ecosystem, binary) => source.sourcesOf(ecosystem, binary),
    advisory: (key) => source.advisory(key),
    exploitation: (id) => source.exploitation(id),
    affected(ecosystem, name) {
      const key = `${ecosystem}\n${name}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      const own = source.affected(ecosystem, name).flatMap((statement) => {
        const advisories = statement.advisories.filter((id) => source.advisory(id).cve === cve);
        return advisories.length === 0 ? [] : [{ ...statement, advisories }];
      });
      cache.set(key, own);
      return own;
    },
  };
}

function recordsOf(source: AdvisorySource, concerned: CveQuery['concerned']): readonly Advisory[] {
  const keys = new Set<number>();
  for (const { ecosystem, name } of concerned) {
    for (const statement of source.affected(ecosystem, name)) {
      for (const key of statement.advisories) keys.add(key);
    }
  }
  return [...keys].map((key) => source.advisory(key));
}

/** Decides by name, once per system, which packages could be concerned: never too few, mostly a handful. */
class Selector {
  readonly #source: AdvisorySource;
  readonly #names: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #decided = new Map<string, Map<number, boolean>>();

  constructor(source: AdvisorySource, concerned: CveQuery['concerned']) {
    this.#source = source;
    const names = new Map<string, Set<string>>();
    for (const { ecosystem, name } of concerned) {
      names.set(ecosystem, (names.get(ecosystem) ?? new Set()).add(name));
    }
    this.#names = names;
  }

  packages(os: OsRelease | null, ids: Iterable<number>, dictionary: Dictionary): readonly OsPackage[] {
    const wanted = this.#wanted(os);
    const system = `${os?.id} ${os?.versionId}`;
    let decided = this.#decided.get(system);
    if (decided === undefined) {
      decided = new Map();
      this.#decided.set(system, decided);
    }
    const chosen: OsPackage[] = [];
    for (const id of ids) {
      let known = decided.get(id);
      if (known === undefined) {
        known = wanted(dictionary.packageAt(id));
        decided.set(id, known);
      }
      if (known) chosen.push(dictionary.packageAt(id));
    }
    return chosen;
  }

  components(ids: Iterable<number>, dictionary: Dictionary): readonly Component[] {
    const modules = this.#names.get('Go');
    if (modules === undefined) return [];
    const chosen: Component[] = [];
    for (const id of ids) {
      const component = dictionary.componentAt(id);
      if (UPSTREAMS[component.name]?.modules.some((module) => modules.has(module))) chosen.push(component);
    }
    return chosen;
  }

  /** The test for packages of one operating system. */
  #wanted(os: OsRelease | null): (pkg: OsPackage) => boolean {
    const ecosystems = os === null ? null : ecosystemsOf(os, this.#source.coverage);
    const component = (pkg: OsPackage): boolean =>
      VENDOR_PACKAGES[pkg.name] !== undefined && this.#names.has('Go');
    if (os === null || ecosystems === null) return component;
    const names = new Set<string>();
    for (const stream of [ecosystems.base, ecosystems.pro ?? '', ...ecosystems.fips]) {
      for (const name of this.#names.get(stream) ?? []) names.add(name);
    }
    if (names.size === 0) return component;
    if (ecosystems.scheme === 'rpm') return (pkg) => component(pkg) || rpmConcerned(pkg, names);
    const software = {
      os,
      format: 'deb',
      packages: [],
      components: [],
      runningKernel: null,
      fips: null,
      binaries: [],
      updates: [],
    } as const;
    const finder = sourceFinder(software, ecosystems, this.#source);
    // A kernel that nothing speaks about is selected too, so that matching can say that it is not known.
    const kernels = [...names].some((name) => /^linux(?:-|$)/.test(name));
    const unnamed = (source: string): boolean =>
      /^linux-.*fips/.test(source) || !this.#source.knows(ecosystems.base, source);
    return (pkg) => {
      if (component(pkg)) return true;
      const kernel = parseKernelPackage(pkg.name);
      if (kernel === null) return finder.find(pkg).some(({ source }) => names.has(source));
      const { sources } = kernel;
      return (
        sources.some((source) => names.has(source)) ||
        (kernels && sources.length > 0 && sources.every(unnamed))
      );
    };
  }
}

/** Rpm names are mapped to sources with an eye on the other packages, so anything alike is kept. */
function rpmConcerned(pkg: OsPackage, names: ReadonlySet<string>): boolean {
  if (names.has(pkg.name) || names.has(RPM_SOURCES[pkg.name] ?? '') || names.has(pkg.source?.name ?? ''))
    return true;
  if (names.has('perl') && pkg.name.startsWith('perl-')) return true;
  if (names.has(pkg.name.replace(/^python3-/, 'python-'))) return true;
  for (const name of names) if (pkg.name.startsWith(`${name}-`)) return true;
  return false;
}
