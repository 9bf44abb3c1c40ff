import { hash } from 'node:crypto';
import { printable } from '../../../base/text.ts';
import { type Severity, severityRank } from '../../../model/advisory.ts';
import type { PoolFindingLife, Vulnerability } from '../../../model/recommendation.ts';
import type { ReportBasis, ReportedPool } from '../../../pipeline/report.ts';
import { FIX_WORDS } from '../findings/words.ts';
import { sandboxField } from '../fleet/list.ts';
import type { FleetContext } from '../fleet/types.ts';
import { LEVELS, securitySeverity, uriOf } from '../sarif.ts';
import { fixWording } from '../wording.ts';
import type { PoolWriter } from './types.ts';

/**
 * The findings of pools as SARIF 2.1.0: one rule for each CVE, one result for each CVE of a pool that is there, with a
 * suppression where it is exempted; why pools are not fully assessed as notifications of the invocation.
 */
export function poolsSarif(context: FleetContext): PoolWriter {
  return new SarifWriter(context);
}

/** What the results of a rule have in common. */
interface Rule {
  severity: Severity;
  readonly packages: Set<string>;
}

const NAMED_PACKAGES = 3;

class SarifWriter implements PoolWriter {
  readonly #context: FleetContext;
  /** In the order of their index. */
  readonly #rules = new Map<string, Rule>();
  readonly #indexes = new Map<string, number>();
  readonly #notifications: object[] = [];
  readonly #artifacts: object[] = [];
  #results = 0;

  constructor(context: FleetContext) {
    this.#context = context;
  }

  begin(): string {
    const $schema = 'https://json.schemastore.org/sarif-2.1.0.json';
    return `${JSON.stringify({ $schema, version: '2.1.0' }).slice(0, -1)},"runs":[{"columnKind":"utf16CodeUnits","results":[`;
  }

  pool(pool: ReportedPool, basis: ReportBasis): string {
    const uri = uriOf(`${pool.clusterName}/${pool.poolName}`);
    const index = this.#artifacts.push({ location: { uri } }) - 1;
    for (const { code, detail, remedy } of pool.reasons)
      this.#notifications.push({
        descriptor: { id: code },
        level: 'warning',
        message: { text: `${pool.clusterName}/${pool.poolName}: ${detail} ${remedy}` },
        locations: [{ physicalLocation: { artifactLocation: { uri, index } } }],
      });
    const results = pool.findings
      .filter(({ status }) => status !== 'fixed')
      .map((finding) => JSON.stringify(this.#result(finding, { pool, uri, index, basis })));
    if (results.length === 0) return '';
    const separator = this.#results === 0 ? '' : ',';
    this.#results += results.length;
    return `${separator}${results.join(',\n')}\n`;
  }

  *end({ at, scopeName, currency, vulnerabilities }: ReportBasis): Iterable<string> {
    const { version } = this.#context;
    const rules = Array.from(this.#rules, ([cve, rule]) => ruleOf(cve, rule, vulnerabilities.get(cve)));
    const behind =
      currency.behind === null
        ? []
        : [{ descriptor: { id: 'not-current' }, level: 'warning', message: { text: currency.behind } }];
    const rest = {
      tool: { driver: { name: 'Nodeward', version, semanticVersion: version, rules } },
      invocations: [
        {
          executionSuccessful: true,
          endTimeUtc: at,
          toolExecutionNotifications: [...behind, ...this.#notifications],
        },
      ],
      artifacts: this.#artifacts,
      properties: { scope: scopeName, computed: currency.at, sandbox: sandboxField(this.#context) },
    };
    yield `],${JSON.stringify(rest).slice(1)}]}\n`;
  }

  #ruleIndex({ cve, severity, occurrence }: PoolFindingLife): number {
    const known = this.#rules.get(cve);
    if (known === undefined) {
      this.#rules.set(cve, { severity, packages: new Set([occurrence.source]) });
      this.#indexes.set(cve, this.#rules.size - 1);
      return this.#rules.size - 1;
    }
    if (severityRank(severity) < severityRank(known.severity)) known.severity = severity;
    if (known.packages.size < NAMED_PACKAGES) known.packages.add(occurrence.source);
    return this.#indexes.get(cve) ?? -1;
  }

  #result(
    finding: PoolFindingLife,
    place: {
      readonly pool: ReportedPool;
      readonly uri: string;
      readonly index: number;
      readonly basis: ReportBasis;
    },
  ): object {
    const { cve, severity, occurrence } = finding;
    const { pool, uri, index, basis } = place;
    const name = `${pool.clusterName}/${pool.poolName}`;
    const suppression = suppressionOf(finding, basis);
    return {
      ruleId: cve,
      ruleIndex: this.#ruleIndex(finding),
      kind: 'fail',
      level: LEVELS[severity],
      message: { text: messageOf(finding, name) },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri, index }, region: { startLine: 1 } },
          logicalLocations: [
            {
              name: occurrence.package,
              fullyQualifiedName: `${pool.subscriptionName}/${name}/${occurrence.package}@${occurrence.installed}`,
              kind: 'module',
            },
          ],
        },
      ],
      partialFingerprints: { 'nodewardPoolFinding/v1': hash('sha256', [cve, pool.pool].join('\n')) },
      ...(suppression === null ? {} : { suppressions: [suppression] }),
      properties: propertiesOf(finding, pool),
    };
  }
}

function messageOf({ cve, occurrence, nodes, fix, fixImage }: PoolFindingLife, name: string): string {
  const where = `${occurrence.package} ${occurrence.installed} on ${nodes} ${nodes === 1 ? 'node' : 'nodes'} of ${name}`;
  const image = fixImage === null ? '' : `, ${fixImage} is without it`;
  const wording = fixWording({ state: occurrence.vendor, fixed: occurrence.fixed });
  return `${cve} in ${where}: ${wording}. Fix by a node image: ${FIX_WORDS[fix]}${image}.`;
}

function suppressionOf({ exemption }: PoolFindingLife, { exemptions }: ReportBasis): object | null {
  if (exemption === null) return null;
  const found = exemptions.get(exemption);
  return {
    kind: 'external',
    status: 'accepted',
    justification: found === undefined ? exemption : `${found.reason ?? ''}: ${found.justification}`,
    properties: {
      id: exemption,
      reason: found?.reason ?? null,
      author: found?.author ?? null,
      createdAt: found?.createdAt ?? null,
      expiresAt: found?.expiresAt ?? null,
    },
  };
}

function propertiesOf(finding: PoolFindingLife, { owner, image }: ReportedPool): object {
  const { status, fix, fixImage, risk, nodes, firstSeen, dueAt, overdue, exposureDays, occurrence } = finding;
  return {
    ...{
      status,
      fix,
      fixImage,
      risk: risk.score,
      nodes,
      firstSeen,
      dueAt,
      overdue,
      exposureDays,
      owner,
      image,
    },
    ...{ presence: occurrence.presence, feed: occurrence.feed, advisory: occurrence.advisory },
    ...{ severity: finding.severity, places: finding.occurrences, notes: finding.notes },
  };
}

function ruleOf(cve: string, { severity, packages }: Rule, known: Vulnerability | undefined): object {
  const aliases = known?.aliases ?? [];
  const score = securitySeverity([known?.cvss ?? []], severity);
  const sources = printable([...packages].sort().join(', '));
  const exploited = (known?.kev ?? null) !== null;
  return {
    id: cve,
    name: cve.replaceAll('-', ''),
    shortDescription: { text: `${cve} in ${sources}` },
    fullDescription: {
      text: `${cve}${aliases.length === 0 ? '' : ` (${aliases.join(', ')})`} in ${sources}, severity ${severity}.`,
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
