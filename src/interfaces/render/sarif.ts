import { hash } from 'node:crypto';
import { SEVERITIES, type Severity } from '../../model/advisory.ts';
import type { Assessment } from '../../model/assessment.ts';
import type { Finding } from '../../model/finding.ts';
import type { Gap } from '../../model/gap.ts';
import { BAND_SCORES, scores } from './cvss.ts';
import type { RenderContext } from './types.ts';
import { fixWording } from './wording.ts';

/** What severities are in SARIF. */
export const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  negligible: 'note',
  unknown: 'note',
};

/**
 * An assessment as SARIF 2.1.0: one rule per CVE, one result per finding, gaps as notifications of the invocation.
 * `security-severity` is the one that code scanning sorts by: the CVSS score, else the middle of the vendor's band.
 */
export function assessmentSarif(assessment: Assessment, context: RenderContext): string {
  const { rules, indexes } = rulesOf(assessment.findings);
  const uri = uriOf(assessment.subject.name);
  const run = {
    tool: {
      driver: { name: 'Nodeward', version: context.version, semanticVersion: context.version, rules },
    },
    invocations: [
      { executionSuccessful: true, toolExecutionNotifications: assessment.gaps.map(notificationOf) },
    ],
    artifacts: [{ location: { uri } }],
    results: assessment.findings.map((finding) => resultOf(finding, uri, indexes)),
    columnKind: 'utf16CodeUnits',
    properties: {
      softwareDigest: assessment.software.digest,
      advisories: assessment.advisories.map(({ feed, ecosystem, asOf, coverage }) => ({
        feed,
        ecosystem,
        asOf,
        coverage,
      })),
    },
  };
  const $schema = 'https://json.schemastore.org/sarif-2.1.0.json';
  return `${JSON.stringify({ $schema, version: '2.1.0', runs: [run] })}\n`;
}

function rulesOf(findings: readonly Finding[]): { rules: object[]; indexes: ReadonlyMap<string, number> } {
  const byCve = new Map<string, Finding[]>();
  for (const finding of findings) {
    const same = byCve.get(finding.cve);
    if (same === undefined) byCve.set(finding.cve, [finding]);
    else same.push(finding);
  }
  const cves = [...byCve.keys()];
  const rules = [...byCve].map(([cve, same]) => ruleOf(cve, same));
  return { rules, indexes: new Map(cves.map((cve, index) => [cve, index])) };
}

function ruleOf(cve: string, findings: readonly Finding[]): object {
  const severity = SEVERITIES.find((rank) => findings.some((f) => f.severity === rank)) ?? 'unknown';
  const sources = [...new Set(findings.map((f) => f.source))].sort();
  const aliases = [...new Set(findings.flatMap((f) => f.aliases))].sort();
  const score = securitySeverity(
    findings.map((f) => f.cvss),
    severity,
  );
  const exploited = findings.some((f) => f.kev !== null);
  return {
    id: cve,
    name: cve.replaceAll('-', ''),
    shortDescription: { text: `${cve} in ${sources.join(', ')}` },
    fullDescription: {
      text: `${cve}${aliases.length === 0 ? '' : ` (${aliases.join(', ')})`} in ${sources.join(', ')}, severity ${severity}.`,
    },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      ...(score === null ? {} : { 'security-severity': score.toFixed(1) }),
      precision: 'high',
      severity,
      tags: ['security', 'vulnerability', ...(exploited ? ['known-exploited'] : [])],
    },
  };
}

/**
 * The number that code scanning sorts by: the highest CVSS score, else the middle of the vendor's band.
 * @param vectors of each finding; of those of one finding the newest version of CVSS counts
 */
export function securitySeverity(vectors: readonly (readonly string[])[], severity: Severity): number | null {
  const best = vectors.flatMap((own) => scores(own)[0]?.score ?? []);
  return best.length > 0 ? best.reduce((a, b) => Math.max(a, b)) : BAND_SCORES[severity];
}

function resultOf(finding: Finding, uri: string, indexes: ReadonlyMap<string, number>): object {
  const { cve, installed, arch, reason } = finding;
  const package_ = finding.package;
  return {
    ruleId: cve,
    ruleIndex: indexes.get(cve) ?? -1,
    kind: 'fail',
    level: LEVELS[finding.severity],
    message: { text: `${package_} ${installed}: ${cve}, ${fixWording(finding)}. ${reason.comparison}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri, index: 0 }, region: { startLine: 1 } },
        logicalLocations: [
          {
            name: package_,
            fullyQualifiedName: `${finding.source}/${package_}@${installed}`,
            kind: 'module',
          },
        ],
      },
    ],
    partialFingerprints: {
      'nodewardFinding/v1': hash('sha256', [cve, finding.kind, package_, arch, installed].join('\n')),
    },
    properties: {
      package: package_,
      paths: finding.paths,
      arch,
      source: finding.source,
      installed,
      fixed: finding.fixed,
      severity: finding.severity,
      state: finding.state,
      presence: finding.presence,
      kev: finding.kev,
      epss: finding.epss?.score ?? null,
      feed: finding.feed,
      advisory: reason.advisory,
    },
  };
}

function notificationOf(gap: Gap): object {
  return {
    descriptor: { id: gap.code },
    level: 'warning',
    message: { text: gap.detail },
    properties: { subjects: gap.subjects },
  };
}

/** A name or path as a relative URI reference (RFC 3986). */
export function uriOf(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}
