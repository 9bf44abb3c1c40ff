import type { Severity } from '../../model/advisory.ts';
import type { AssessmentSubject } from '../../model/assessment.ts';
import type { Finding } from '../../model/finding.ts';
import type { Gap } from '../../model/gap.ts';
import { scores } from './cvss.ts';
import { Inventory, osComponent, type Property, property } from './cyclonedx-inventory.ts';
import type { AssessmentInput, RenderContext, SoftwareInput } from './types.ts';
import { fixWording } from './wording.ts';

/** Severities as CycloneDX has them: without `negligible`. */
export const SEVERITY: Readonly<Record<Severity, string>> = {
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  low: 'low',
  negligible: 'info',
  unknown: 'unknown',
};

/** How scores are made, by the version of CVSS. */
export const METHODS: Readonly<Record<string, string>> = {
  '3.0': 'CVSSv3',
  '3.1': 'CVSSv31',
  '4.0': 'CVSSv4',
};

/**
 * An assessment as a CycloneDX 1.6 BOM (ECMA-424) with its vulnerabilities: packages by package URL, one
 * vulnerability per CVE, gaps as metadata properties `nodeward:gap`.
 */
export function assessmentCycloneDx(input: AssessmentInput, context: RenderContext): string {
  const { assessment, software } = input;
  const inventory = new Inventory(software);
  const vulnerabilities = vulnerabilitiesOf(assessment.findings, inventory);
  const { subject, advisories, gaps } = assessment;
  const basis = advisories.map(({ feed, ecosystem, asOf, coverage }) =>
    property('advisories', `${feed} ${ecosystem} as of ${asOf}, ${coverage}`),
  );
  const properties = [...metadataOf(subject, assessment.software.digest), ...basis, ...gaps.map(gapProperty)];
  // With gaps the list may lack something; a reader of the BOM alone must be able to see that.
  const bom = bomOf({ subject, software, properties, whole: gaps.length === 0 }, { inventory, context });
  return `${JSON.stringify({ ...bom, vulnerabilities })}\n`;
}

/** Gaps that say what kind of software a scan does not look for; what it looks for may still be all there. */
const BESIDE = new Set<Gap['code']>(['not-searched', 'heuristic-version']);

/** A software list as a CycloneDX 1.6 BOM (ECMA-424), without vulnerabilities: what other tools can assess too. */
export function softwareCycloneDx(input: SoftwareInput, context: RenderContext): string {
  const { subject, software, gaps } = input;
  const properties = [...metadataOf(subject, null), ...gaps.map(gapProperty)];
  const whole = gaps.every(({ code }) => BESIDE.has(code));
  const inventory = new Inventory(software);
  return `${JSON.stringify(bomOf({ subject, software, properties, whole }, { inventory, context }))}\n`;
}

function bomOf(
  {
    subject,
    software,
    properties,
    whole,
  }: Omit<SoftwareInput, 'gaps'> & { properties: Property[]; whole: boolean },
  { inventory, context }: { readonly inventory: Inventory; readonly context: RenderContext },
): object {
  const { name, version } = subject;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: 'nodeward', version: context.version }] },
      component: { type: 'platform', 'bom-ref': 'subject', name, ...(version === null ? {} : { version }) },
      properties,
    },
    components: [...osComponent(software.os), ...inventory.components],
    compositions: [{ aggregate: whole ? 'complete' : 'incomplete', assemblies: ['subject'] }],
  };
}

function metadataOf(subject: AssessmentSubject, digest: string | null): Property[] {
  const facts: readonly (readonly [string, string | null])[] = [
    ['software-digest', digest],
    ['build-date', subject.buildDate],
    ['running-kernel', subject.runningKernel],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [property(name, value)]));
}

function gapProperty({ code, detail, subjects }: Gap): Property {
  return property('gap', `${code}: ${detail}${subjects.length === 0 ? '' : ` [${subjects.join(', ')}]`}`);
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
