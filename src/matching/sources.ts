import type { AdvisorySource } from '../model/advisory.ts';
import type { OsPackage, SoftwareList } from '../model/software.ts';
import { knownDebSource } from './deb-sources.ts';
import type { OsEcosystems } from './ecosystems.ts';
import { type KernelPackage, kernelSource, parseKernelPackage } from './kernel.ts';
import { RPM_SOURCES, RPM_SUBPACKAGE } from './rpm-sources.ts';

/** The source package of an installed package, the version to compare, and how it was found. */
export interface SourceMapping {
  readonly source: string;
  /** The source's version; the binary's own unless they differ. */
  readonly version: string;
  /** One clause for the reason of a finding. */
  readonly how: string;
  readonly kernel: KernelPackage | null;
}

/** Finds source packages for the packages of one software list. */
export interface SourceFinder {
  /** The mappings of a package, mostly one; empty where its source is not known. */
  find(pkg: OsPackage): readonly SourceMapping[];
}

/** The finder for a list of the given operating system. */
export function sourceFinder(
  software: SoftwareList,
  ecosystems: OsEcosystems,
  advisories: AdvisorySource,
): SourceFinder {
  return ecosystems.scheme === 'deb'
    ? new DebSources(software, ecosystems, advisories)
    : new RpmSources(software, ecosystems, advisories);
}

function mapping(pkg: OsPackage, source: string, how: string): SourceMapping {
  return { source, version: pkg.version, how, kernel: null };
}

/** What the evidence itself says of the source: a package database or an SBOM. */
function stated(pkg: OsPackage, kernel: KernelPackage | null): SourceMapping | null {
  if (pkg.source === null) return null;
  const version = pkg.source.version ?? pkg.version;
  return {
    source: pkg.source.name,
    version,
    how: `source ${pkg.source.name} by the package database`,
    kernel,
  };
}

class DebSources implements SourceFinder {
  readonly #release: string;
  readonly #streams: readonly string[];
  readonly #base: string;
  readonly #advisories: AdvisorySource;
  /** Other releases of the same distribution that the database covers, newest first. */
  readonly #others: readonly string[];

  constructor(software: SoftwareList, ecosystems: OsEcosystems, advisories: AdvisorySource) {
    this.#release = software.os?.versionId ?? '';
    this.#base = ecosystems.base;
    this.#streams = [
      ecosystems.base,
      ...(ecosystems.pro === null ? [] : [ecosystems.pro]),
      ...ecosystems.fips,
    ];
    this.#advisories = advisories;
    const family = ecosystems.base.slice(0, ecosystems.base.indexOf(':') + 1);
    const known = new Set(advisories.coverage.map((entry) => entry.ecosystem));
    this.#others = [...known]
      .filter((name) => name.startsWith(family) && /^\w+:\d/.test(name) && name !== this.#base)
      .sort()
      .reverse();
  }

  find(pkg: OsPackage): readonly SourceMapping[] {
    const kernel = parseKernelPackage(pkg.name);
    if (kernel !== null) return this.#kernel(pkg, kernel);
    const direct = stated(pkg, null);
    if (direct !== null) return [direct];
    for (const stream of this.#streams) {
      const sources = this.#advisories.sourcesOf(stream, pkg.name);
      if (sources.length > 0) {
        return sources.map((source) =>
          mapping(pkg, source, `binary of source ${source} by the feed (${stream})`),
        );
      }
    }
    if (this.#knows(pkg.name)) return [mapping(pkg, pkg.name, 'source of the same name')];
    const listed = knownDebSource(pkg.name, pkg.version);
    if (listed !== null) return [mapping(pkg, listed, `binary of source ${listed}`)];
    return this.#byOtherRelease(pkg);
  }

  /** Names rarely change hands between releases; the source must also exist in this one. */
  #byOtherRelease(pkg: OsPackage): readonly SourceMapping[] {
    for (const other of this.#others) {
      const sources = this.#advisories.sourcesOf(other, pkg.name).filter((source) => this.#knows(source));
      if (sources.length > 0) {
        return sources.map((source) =>
          mapping(pkg, source, `binary of source ${source} by the feed (${other})`),
        );
      }
    }
    return [];
  }

  #kernel(pkg: OsPackage, kernel: KernelPackage): readonly SourceMapping[] {
    if (kernel.kind === 'meta') return [];
    const source = kernelSource(kernel, this.#release, (name) => this.#knows(name));
    if (source === null) return [];
    const how = `kernel package of source ${source}, by flavour, series and release`;
    return [{ source, version: pkg.version, how, kernel }];
  }

  #knows(source: string): boolean {
    return this.#streams.some((stream) => this.#advisories.knows(stream, source));
  }
}

function withoutEpoch(version: string): string {
  return version.replace(/^\d+:/, '');
}

function epochless(pkg: OsPackage): OsPackage {
  const { source } = pkg;
  const version = source?.version == null ? null : withoutEpoch(source.version);
  return {
    ...pkg,
    version: withoutEpoch(pkg.version),
    source: source === null ? null : { ...source, version },
  };
}

class RpmSources implements SourceFinder {
  readonly #base: string;
  readonly #advisories: AdvisorySource;
  readonly #versions: ReadonlyMap<string, string>;
  readonly #namesSources: boolean;
  readonly #microsoft: boolean;

  constructor(software: SoftwareList, ecosystems: OsEcosystems, advisories: AdvisorySource) {
    this.#base = ecosystems.base;
    this.#advisories = advisories;
    // Microsoft's OVAL states epoch 0 for every package, also for those that have another one.
    this.#microsoft = /^(?:Azure Linux|CBL-Mariner):/.test(ecosystems.base);
    const spelled = (version: string): string => (this.#microsoft ? withoutEpoch(version) : version);
    this.#versions = new Map(software.packages.map((pkg) => [pkg.name, spelled(pkg.version)]));
    // AlmaLinux advisories list binary packages; the others list sources.
    this.#namesSources = !ecosystems.base.startsWith('AlmaLinux');
  }

  find(pkg: OsPackage): readonly SourceMapping[] {
    return this.#mappings(this.#microsoft ? epochless(pkg) : pkg);
  }

  #mappings(pkg: OsPackage): readonly SourceMapping[] {
    const known = (name: string): boolean => this.#advisories.knows(this.#base, name);
    if (!this.#namesSources) return [mapping(pkg, pkg.name, 'package of the same name')];
    const direct = stated(pkg, null);
    if (direct !== null) return [direct];
    if (known(pkg.name)) return [mapping(pkg, pkg.name, 'source of the same name')];
    // The table is of Microsoft's distributions; others split their sources in their own ways.
    const listed = this.#microsoft ? RPM_SOURCES[pkg.name] : undefined;
    if (listed !== undefined) return [mapping(pkg, listed, `subpackage of ${listed}`)];
    if (pkg.name.startsWith('perl-')) return this.#perl(pkg);
    const sibling = this.#sibling(pkg, known);
    if (sibling !== null) return [mapping(pkg, sibling, `subpackage of ${sibling}, by name and version`)];
    const python = pkg.name.replace(/^python3-/, 'python-');
    if (python !== pkg.name && known(python)) return [mapping(pkg, python, `source ${python} by name`)];
    // Of the table's distributions every irregular name is listed, so the feed has nothing on this source.
    return this.#microsoft ? [mapping(pkg, pkg.name, 'source of the same name')] : [];
  }

  /** The stem of a subpackage name, where the feed knows it and nothing installed under that name contradicts. */
  #sibling(pkg: OsPackage, known: (name: string) => boolean): string | null {
    for (let end = pkg.name.lastIndexOf('-'); end > 0; end = pkg.name.lastIndexOf('-', end - 1)) {
      const stem = pkg.name.slice(0, end);
      if (!known(stem)) continue;
      const version = this.#versions.get(stem);
      if (version === pkg.version) return stem;
      if (version === undefined && RPM_SUBPACKAGE.test(pkg.name)) return stem;
    }
    return null;
  }

  /** Modules that perl's own build makes carry perl's release but versions of their own. */
  #perl(pkg: OsPackage): readonly SourceMapping[] {
    const perl = this.#versions.get('perl-libs') ?? this.#versions.get('perl-interpreter');
    const release = (version: string): string => version.slice(version.lastIndexOf('-'));
    if (perl === undefined || release(perl) !== release(pkg.version)) {
      return [mapping(pkg, pkg.name, 'source of the same name')];
    }
    return [{ source: 'perl', version: perl, how: 'module of perl, by its release', kernel: null }];
  }
}
