import { type Purl, parsePurl } from '../../base/purl.ts';
import { compareText } from '../../base/text.ts';
import type { Gap } from '../../model/gap.ts';
import type {
  Component,
  OsPackage,
  OsRelease,
  PackageFormat,
  PackageSource,
  SoftwareList,
} from '../../model/software.ts';
import { compareComponents, comparePackages } from '../sorting.ts';
import { nodeComponents } from './components.ts';
import type { FaultList } from './faults.ts';
import { label } from './limits.ts';
import { distroRelease, identifyOs, osId, releaseKey } from './os.ts';
import { Programs } from './programs.ts';
import type { SbomDocument, SbomEntry } from './types.ts';

/** An operating-system package with what its purl says of where it belongs. */
interface Candidate {
  readonly format: 'deb' | 'rpm';
  readonly namespace: string;
  readonly distro: OsRelease | null;
  readonly label: string;
  readonly package: OsPackage;
}

/** Judges the entries of an SBOM: packages and node components into the list, all else into gaps. */
export function toSoftware(
  document: SbomDocument,
  faults: FaultList,
): { software: SoftwareList; gaps: readonly Gap[] } {
  const candidates: Candidate[] = [];
  const components: Component[] = [];
  const others: Purl[] = [];
  const programs = new Programs();
  for (const entry of document.entries) {
    const purl = purlOf(entry, faults);
    if (purl === 'invalid') continue;
    const known = nodeComponents(entry, purl);
    for (const { name, version, role } of known) {
      if (version === null) faults.add('no-version', label(name));
      else components.push({ name, version, role });
    }
    if (purl?.type === 'golang') {
      const [first] = known;
      if (first !== undefined) programs.addComponent(entry, purl, first.name);
      else if (!programs.addModule(entry, purl)) others.push(purl);
      continue;
    }
    if (known.length > 0) continue;
    if (purl === null) faults.add('no-purl', entry.label);
    else if (purl.type === 'deb' || purl.type === 'rpm') addPackage(candidates, { entry, purl }, faults);
    else others.push(purl);
  }
  const distros = candidates.flatMap(({ distro }) => (distro === null ? [] : [distro]));
  const { os, gaps } = identifyOs(document.systems, distros);
  const { format, packages } = selectPackages(candidates, os, faults);
  const software: SoftwareList = {
    os,
    format,
    packages,
    components: sortedComponents(components),
    runningKernel: null,
    fips: null,
    binaries: programs.all(),
    updates: [],
  };
  return { software, gaps: [...gaps, ...noPackages(packages), ...notAssessed(others)] };
}

function purlOf(entry: SbomEntry, faults: FaultList): Purl | null | 'invalid' {
  if (entry.purl === null) return null;
  const parsed = parsePurl(entry.purl);
  if (parsed.ok) return parsed.value;
  faults.add('bad-purl', label(`${entry.label} (${entry.purl} ${parsed.error})`));
  return 'invalid';
}

function addPackage(
  candidates: Candidate[],
  { entry, purl }: { entry: SbomEntry; purl: Purl },
  faults: FaultList,
): void {
  const version = versionOf(entry, purl, faults);
  if (version === null) {
    faults.add('no-version', entry.label);
    return;
  }
  const distro = purl.qualifiers.get('distro');
  candidates.push({
    format: purl.type === 'deb' ? 'deb' : 'rpm',
    namespace: osId(purl.namespace),
    distro: distro === undefined ? null : distroRelease(distro),
    label: entry.label,
    package: {
      name: purl.name,
      version,
      arch: purl.qualifiers.get('arch') ?? '',
      source: sourceOf(entry, purl, version),
    },
  });
}

/**
 * The version with its epoch. Trivy and Syft (rpm) put the epoch into a qualifier, Syft (deb) and older Trivy into
 * the version; some tools only give it in the component's own version.
 */
function versionOf(entry: SbomEntry, purl: Purl, faults: FaultList): string | null {
  const inPurl = purl.version ?? entry.version;
  if (inPurl === null || /[\s\p{Cc}]/u.test(inPurl)) return null;
  const qualifier = purl.qualifiers.get('epoch');
  const written = splitEpoch(inPurl);
  const beside = splitEpoch(entry.version ?? inPurl);
  const epoch = written.epoch ?? qualifier ?? (beside.rest === written.rest ? beside.epoch : null) ?? '0';
  if (!/^\d{1,9}$/.test(epoch)) return null;
  const full = Number(epoch) === 0 ? written.rest : `${Number(epoch)}:${written.rest}`;
  const besideEpoch = Number(beside.epoch ?? epoch);
  if (
    beside.rest !== written.rest ||
    besideEpoch !== Number(epoch) ||
    Number(qualifier ?? epoch) !== Number(epoch)
  ) {
    faults.add('version-conflict', label(`${purl.name} (${full}, ${entry.version ?? `epoch ${qualifier}`})`));
  }
  return full;
}

function splitEpoch(version: string): { epoch: string | null; rest: string } {
  const match = /^(\d+):(.*)$/s.exec(version);
  return match === null ? { epoch: null, rest: version } : { epoch: match[1] ?? null, rest: match[2] ?? '' };
}

/** The source package: by the maker's own fields, else by the `upstream` (Syft) or `source` qualifier. */
function sourceOf(entry: SbomEntry, purl: Purl, version: string): PackageSource | null {
  const qualifier = purl.qualifiers.get('upstream') ?? purl.qualifiers.get('source') ?? null;
  const source = entry.source ?? (qualifier === null ? null : parseSource(qualifier));
  if (source === null || source.version === null) return source;
  // A source rpm's file name has no epoch, so there the versions are the same where they are so without it.
  const bare = purl.type === 'rpm' ? splitEpoch(version).rest : version;
  const same = source.version === version || source.version === bare;
  return same ? { name: source.name, version: null } : source;
}

/** `glibc`, `glibc@2.35-0ubuntu3.1` or `glibc-2.38-8.azl3.src.rpm`. */
function parseSource(text: string): PackageSource {
  const rpm = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(text);
  if (rpm?.[1] !== undefined) return { name: rpm[1], version: rpm[2] ?? null };
  const at = text.lastIndexOf('@');
  return at <= 0
    ? { name: text, version: null }
    : { name: text.slice(0, at), version: text.slice(at + 1) || null };
}

/** Keeps the packages of one format and distribution, sorted and without duplicates. */
function selectPackages(
  candidates: readonly Candidate[],
  os: OsRelease | null,
  faults: FaultList,
): { format: PackageFormat; packages: readonly OsPackage[] } {
  const debs = candidates.filter(({ format }) => format === 'deb').length;
  const usesDeb =
    os?.id === 'ubuntu' || os?.id === 'debian' || (os === null && debs * 2 >= candidates.length);
  const format = usesDeb || debs === candidates.length ? 'deb' : 'rpm';
  const packages = new Map<string, OsPackage>();
  for (const candidate of candidates) {
    if (candidate.format !== format) faults.add('other-format', candidate.label);
    else if (os !== null && candidate.namespace !== '' && candidate.namespace !== os.id) {
      faults.add('other-distro', candidate.label);
    } else {
      if (os !== null && candidate.distro !== null && releaseKey(candidate.distro) !== releaseKey(os)) {
        faults.add('distro-conflict', candidate.label);
      }
      const { name, version, arch, source } = candidate.package;
      const key = `${name}\n${version}\n${arch}`;
      // Of two entries for one package, the one that names its source says more.
      if (!packages.has(key) || source !== null) packages.set(key, candidate.package);
    }
  }
  const sorted = [...packages.values()].sort(comparePackages);
  return { format: sorted.length === 0 ? 'none' : format, packages: sorted };
}

function sortedComponents(components: readonly Component[]): Component[] {
  const distinct = new Map<string, Component>();
  for (const component of components) {
    const key = `${component.name}\n${component.version}`;
    // The same version in use and in a cache is in use.
    if (distinct.get(key)?.role !== 'installed') distinct.set(key, component);
  }
  return [...distinct.values()].sort(compareComponents);
}

function noPackages(packages: readonly OsPackage[]): Gap[] {
  if (packages.length > 0) return [];
  const detail = 'The SBOM lists no operating-system packages that could be assessed';
  return [{ code: 'no-package-list', detail, subjects: [] }];
}

/** One gap for all packages of ecosystems that Nodeward does not assess. */
function notAssessed(purls: readonly Purl[]): Gap[] {
  if (purls.length === 0) return [];
  const counts = new Map<string, number>();
  const subjects = new Set<string>();
  for (const { type, namespace, name, version } of purls) {
    const path = namespace === '' ? name : `${namespace}/${name}`;
    const subject = label(`${type}/${path}${version === null ? '' : `@${version}`}`);
    if (subjects.has(subject)) continue;
    subjects.add(subject);
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const listed = [...counts].sort(([a], [b]) => compareText(a, b)).map(([type, count]) => `${count} ${type}`);
  const detail = `Packages that are neither of the operating system nor node components are not assessed: ${listed.join(', ')}`;
  return [{ code: 'third-party-package', detail, subjects: [...subjects].sort() }];
}
