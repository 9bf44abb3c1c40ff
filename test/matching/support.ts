import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Matches, matchSoftware } from '../../src/matching/index.ts';
import type { QueryableSource } from '../../src/matching/query.ts';
import type {
  Advisory,
  AdvisorySource,
  AffectedPackage,
  Coverage,
  FeedId,
  Severity,
  VendorStatus,
  VersionRange,
} from '../../src/model/advisory.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { Component, OsPackage, OsRelease, SoftwareList } from '../../src/model/software.ts';

/** Real OSV records, cut down to the releases and packages the tests are about. */
export const RECORDS = fileURLToPath(new URL('../fixtures/matching/osv', import.meta.url));

/** The shipped databases. */
export const SNAPSHOT = fileURLToPath(new URL('../../data/snapshot', import.meta.url));
export const SNAPSHOT_ADVISORIES = join(SNAPSHOT, 'advisories.db');
export const SNAPSHOT_IMAGES = join(SNAPSHOT, 'images.db');

/** One thing a vendor says, as short as a test can say it. */
export interface Said {
  readonly ecosystem: string;
  readonly name: string;
  readonly cve: string;
  readonly id?: string;
  readonly aliases?: readonly string[];
  readonly introduced?: string;
  readonly fixed?: string;
  readonly lastAffected?: string;
  readonly status?: VendorStatus;
  readonly note?: string;
  readonly imports?: readonly string[];
  readonly severity?: Severity;
  readonly feed?: FeedId;
}

interface Extra {
  /** `ecosystem binary` → its sources. */
  readonly binaries?: Readonly<Record<string, readonly string[]>>;
  /** Ecosystems that are covered though nothing is said in them here. */
  readonly covers?: readonly string[];
}

/** An advisory source in memory. */
export function said(
  statements: readonly Said[],
  { binaries = {}, covers = [] }: Extra = {},
): QueryableSource {
  const advisories = statements.map(advisoryOf);
  const stated = statements.map((statement, key) => statementOf(statement, key));
  const coverage: Coverage[] = [...new Set([...statements.map((each) => each.ecosystem), ...covers])].map(
    (ecosystem) => ({ feed: 'osv', ecosystem, records: 1, asOf: '2024-08-09', complete: true }),
  );
  const affected = (ecosystem: string, name: string): readonly AffectedPackage[] =>
    stated.filter((each) => each.ecosystem === ecosystem && each.name === name);
  return {
    affected,
    sourcesOf: (ecosystem, binary) => binaries[`${ecosystem} ${binary}`] ?? [],
    knows: (ecosystem, name) => affected(ecosystem, name).length > 0,
    advisory: (key) => {
      const advisory = advisories[key];
      if (advisory === undefined) throw new Error(`no advisory ${key}`);
      return advisory;
    },
    exploitation: () => ({ kev: null, epss: null }),
    coverage,
    packagesOf: (cve) => statements.filter((each) => each.cve === cve),
  };
}

function advisoryOf(statement: Said): Advisory {
  const { cve, id = cve, aliases = [], severity = 'medium', feed = 'osv' } = statement;
  return { cve, aliases, id, feed, severity, cvss: [], published: '2024-01-01' };
}

function statementOf(statement: Said, key: number): AffectedPackage {
  const { ecosystem, name, status = 'affected', note = null, imports = [] } = statement;
  const { introduced = null, fixed = null, lastAffected = null } = statement;
  const ranges: VersionRange[] = [{ introduced, fixed, lastAffected }];
  return { ecosystem, name, status, ranges, versions: [], note, imports, advisories: [key] };
}

const PRETTY: Readonly<Record<string, string>> = {
  ubuntu: 'Ubuntu',
  debian: 'Debian GNU/Linux',
  azurelinux: 'Microsoft Azure Linux',
  mariner: 'CBL-Mariner/Linux',
};

/** `ubuntu 22.04`. */
export function os(text: string): OsRelease {
  const [id = '', versionId = ''] = text.split(' ');
  return { id, versionId, prettyName: `${PRETTY[id] ?? id} ${versionId}`, variantId: null };
}

/** `openssl 3.0.2-0ubuntu1.12`, with its source behind `<`: `libssl3 3.0.2 < openssl 3.0.2`. */
export function pkg(text: string): OsPackage {
  const [binary = '', source] = text.split(' < ');
  const [name = '', version = ''] = binary.split(' ');
  const [from = '', fromVersion] = source?.split(' ') ?? [];
  return {
    name,
    version,
    arch: 'amd64',
    source: source === undefined ? null : { name: from, version: fromVersion ?? null },
  };
}

/** `kubelet 1.29.2`, cached where a `*` follows. */
export function component(text: string): Component {
  const [name = '', version = ''] = text.split(' ');
  return {
    name,
    version: version.replace(/\*$/, ''),
    role: version.endsWith('*') ? 'cached' : 'installed',
  };
}

interface Machine {
  readonly os: string | null;
  readonly packages?: readonly string[];
  readonly components?: readonly string[];
  readonly kernel?: string;
}

/** A software list in a few words. */
export function machine({ os: system, packages = [], components = [], kernel }: Machine): SoftwareList {
  const release = system === null ? null : os(system);
  const rpm = release !== null && /^(?:azurelinux|mariner|almalinux|rocky)$/.test(release.id);
  return {
    os: release,
    format: rpm ? 'rpm' : 'deb',
    packages: packages.map(pkg),
    components: components.map(component),
    runningKernel: kernel ?? null,
    fips: null,
    binaries: [],
    updates: [],
  };
}

/** Matches a machine told in a few words. */
export function match(list: Machine, advisories: AdvisorySource): Matches {
  return matchSoftware(machine(list), advisories);
}

/** `CVE package installed → fixed state`. */
export function brief(finding: Finding): string {
  return `${finding.cve} ${finding.package} ${finding.installed} → ${finding.fixed} ${finding.state}`;
}

/** The gaps as `code: subjects`. */
export function gapsOf(matches: Matches): readonly string[] {
  return matches.gaps.map(({ code, subjects }) => `${code}: ${subjects.join(', ')}`);
}
