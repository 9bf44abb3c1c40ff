import type { Severity } from '../../model/advisory.ts';
import type { Assessment } from '../../model/assessment.ts';
import type { Finding } from '../../model/finding.ts';
import type { Component, OsPackage, OsRelease, SoftwareList } from '../../model/software.ts';
import { scores } from './cvss.ts';
import type { AssessmentInput, RenderContext } from './types.ts';
import { fixWording } from './wording.ts';

/** CycloneDX has no `negligible`. */
const SEVERITY: Readonly<Record<Severity, string>> = {
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  low: 'low',
  negligible: 'info',
  unknown: 'unknown',
};

const METHODS: Readonly<Record<string, string>> = { '3.0': 'CVSSv3', '3.1': 'CVSSv31', '4.0': 'CVSSv4' };

interface Property {
  readonly name: string;
  readonly value: string;
}

/**
 * An assessment as a CycloneDX 1.6 BOM (ECMA-424) with its vulnerabilities: packages by package URL, one
 * vulnerability per CVE, gaps as metadata properties `nodeward:gap`.
 */
export function assessmentCycloneDx(input: AssessmentInput, context: RenderContext): string {
  const { assessment, software } = input;
  const inventory = new Inventory(software);
  const vulnerabilities = vulnerabilitiesOf(assessment.findings, inventory);
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: 'nodeward', version: context.version }] },
      component: subjectOf(assessment),
      properties: metadataOf(assessment),
    },
    components: [...osComponent(software.os), ...inventory.components],
    vulnerabilities,
    // With gaps the list may lack something; a reader of the BOM alone must be able to see that.
    compositions: [
      { aggregate: assessment.gaps.length === 0 ? 'complete' : 'incomplete', assemblies: ['subject'] },
    ],
  };
  return `${JSON.stringify(bom)}\n`;
}

function subjectOf({ subject }: Assessment): object {
  const { name, version } = subject;
  return { type: 'platform', 'bom-ref': 'subject', name, ...(version === null ? {} : { version }) };
}

function metadataOf(assessment: Assessment): Property[] {
  const { software, subject } = assessment;
  const facts: readonly (readonly [string, string | null])[] = [
    ['software-digest', software.digest],
    ['build-date', subject.buildDate],
    ['running-kernel', subject.runningKernel],
  ];
  return [
    ...facts.flatMap(([name, value]) => (value === null ? [] : [property(name, value)])),
    ...assessment.advisories.map(({ feed, ecosystem, asOf, coverage }) =>
      property('advisories', `${feed} ${ecosystem} as of ${asOf}, ${coverage}`),
    ),
    ...assessment.gaps.map(({ code, detail, subjects }) =>
      property('gap', `${code}: ${detail}${subjects.length === 0 ? '' : ` [${subjects.join(', ')}]`}`),
    ),
  ];
}

function property(name: string, value: string): Property {
  return { name: `nodeward:${name}`, value };
}

function osComponent(os: OsRelease | null): object[] {
  if (os === null) return [];
  const { id, versionId, prettyName } = os;
  return [
    {
      type: 'operating-system',
      'bom-ref': `os:${id}@${versionId}`,
      name: id,
      version: versionId,
      description: prettyName,
    },
  ];
}

/** The components of the BOM with the references findings know them by. */
class Inventory {
  readonly components: object[] = [];
  readonly #refs = new Map<string, string>();
  readonly #used = new Set<string>();

  constructor(software: SoftwareList) {
    for (const item of software.packages) this.#addPackage(item, software);
    for (const item of software.components) this.#addComponent(item);
  }

  /** The reference of what a finding is in; where the list does not have it, it is added. */
  refOf(finding: Finding): string {
    const { kind, arch, installed } = finding;
    const name = finding.package;
    const known =
      this.#refs.get(keyOf(kind, name, `${installed} ${arch}`)) ??
      this.#refs.get(keyOf(kind, name, installed)) ??
      this.#refs.get(keyOf('os-package', name, installed));
    if (known !== undefined) return known;
    const ref = this.#addComponent({ name, version: installed, role: 'installed' });
    this.#refs.set(keyOf(kind, name, installed), ref);
    return ref;
  }

  #addPackage(item: OsPackage, { os, format }: SoftwareList): void {
    const { name, version, arch } = item;
    const purl = packageUrl(item, format === 'rpm' ? 'rpm' : 'deb', os);
    const ref = this.#add({ type: 'library', name, version, purl }, purl);
    this.#refs.set(keyOf('os-package', name, `${version} ${arch}`), ref);
    this.#refs.set(keyOf('os-package', name, version), ref);
  }

  #addComponent({ name, version, role }: Component): string {
    const purl = `pkg:generic/${encodeURIComponent(name)}@${encodeURIComponent(version)}`;
    const key = keyOf('component', name, version);
    const properties = [property('role', role)];
    const ref = this.#add({ type: 'application', name, version, purl, properties }, purl);
    if (!this.#refs.has(key)) this.#refs.set(key, ref);
    return ref;
  }

  #add(component: object, purl: string): string {
    let ref = purl;
    for (let n = 2; this.#used.has(ref); n++) ref = `${purl}#${n}`;
    this.#used.add(ref);
    this.components.push({ 'bom-ref': ref, ...component });
    return ref;
  }
}

function keyOf(kind: Finding['kind'], name: string, version: string): string {
  return `${kind}\n${name}\n${version}`;
}

/** The package URL of an operating-system package (ECMA-427), with the source package as Syft writes it. */
function packageUrl(item: OsPackage, type: 'deb' | 'rpm', os: OsRelease | null): string {
  const [, epoch, rest] = /^(?:(\d+):)?(.*)$/s.exec(item.version) ?? [];
  // The epoch of an rpm is a qualifier; that of a deb is a part of its version.
  const split = type === 'rpm' && epoch !== undefined;
  const { source } = item;
  const upstream =
    source === null ? '' : `${source.name}${source.version === null ? '' : `@${source.version}`}`;
  const qualifiers = Object.entries({
    arch: item.arch,
    distro: os === null ? '' : `${os.id}-${os.versionId}`,
    epoch: split ? epoch : '',
    upstream,
  })
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  const namespace = os === null ? '' : `${encodeURIComponent(os.id)}/`;
  const version = encodeURIComponent(split ? (rest ?? '') : item.version);
  const query = qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`;
  return `pkg:${type}/${namespace}${encodeURIComponent(item.name)}@${version}${query}`;
}

function vulnerabilitiesOf(findings: readonly Finding[], inventory: Inventory): object[] {
  const byCve = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const same = byCve.get(finding.cve);
    if (same === undefined) byCve.set(finding.cve, [finding]);
    else same.push(finding);
  }
  return [...byCve].map(([cve, same]) => vulnerabilityOf(cve, same, inventory));
}

function vulnerabilityOf(
  cve: string,
  findings: readonly [Finding, ...Finding[]],
  inventory: Inventory,
): object {
  const [first] = findings;
  const affects = new Map<string, object>();
  for (const finding of findings) {
    const ref = inventory.refOf(finding);
    affects.set(ref, { ref, versions: [{ version: finding.installed, status: 'affected' }] });
  }
  const aliases = [...new Set(findings.flatMap((f) => f.aliases))].sort();
  const advice = [...new Set(findings.map((f) => `${f.source} ${f.installed}: ${fixWording(f)}`))];
  return {
    'bom-ref': `vulnerability:${cve}`,
    id: cve,
    source: { name: first.feed },
    ...(aliases.length === 0
      ? {}
      : { references: aliases.map((id) => ({ id, source: { name: first.feed } })) }),
    ratings: ratingsOf(findings),
    recommendation: `${advice.join('; ')}.`,
    ...(first.published === null ? {} : { published: `${first.published.slice(0, 10)}T00:00:00Z` }),
    affects: [...affects.values()],
    properties: vulnerabilityProperties(findings),
  };
}

function ratingsOf(findings: readonly Finding[]): object[] {
  const ratings = new Map<string, object>();
  for (const { feed, severity, cvss } of findings) {
    const source = { name: feed };
    // The vendor's own severity is a rating of its own: it often differs from the vector's.
    ratings.set(`${feed} ${severity}`, { source, severity: SEVERITY[severity], method: 'other' });
    for (const { vector, version, score } of scores(cvss)) {
      ratings.set(`${feed} ${vector}`, { source, score, method: METHODS[version] ?? 'other', vector });
    }
  }
  return [...ratings.values()];
}

function vulnerabilityProperties(findings: readonly [Finding, ...Finding[]]): Property[] {
  const [{ kev, epss }] = findings;
  const facts: readonly (readonly [string, string])[] = [
    ...(kev === null ? [] : ([['kev', kev]] as const)),
    ...(epss === null ? [] : ([['epss', String(epss.score)]] as const)),
    ...distinct(findings.map((f) => f.state)).map((state) => ['state', state] as const),
    ...distinct(findings.map((f) => f.presence)).map((presence) => ['presence', presence] as const),
    ...distinct(findings.map((f) => f.reason.advisory)).map((id) => ['advisory', id] as const),
  ];
  return facts.map(([name, value]) => property(name, value));
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
