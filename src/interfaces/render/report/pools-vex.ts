import { type Severity, severityRank } from '../../../model/advisory.ts';
import type { PoolFindingLife, Vulnerability } from '../../../model/recommendation.ts';
import type { ReportBasis, ReportedPool } from '../../../pipeline/report.ts';
import { scores } from '../cvss.ts';
import { METHODS, SEVERITY } from '../cyclonedx.ts';
import { property } from '../cyclonedx-inventory.ts';
import type { FleetContext } from '../fleet/types.ts';
import type { PoolWriter } from './types.ts';
import { type Analysis, analysisOf } from './vex-analysis.ts';
import { occurrenceUrl, poolRef } from './vex-refs.ts';

/**
 * The findings of pools as CycloneDX 1.6 VEX: pools as components with the software that has findings, and one
 * vulnerability for each CVE and analysis, with everything it is said of.
 */
export function poolsVex(context: FleetContext): PoolWriter {
  return new VexWriter(context);
}

/** One CVE with one analysis. */
interface Entry {
  readonly cve: string;
  readonly analysis: Analysis;
  severity: Severity;
  readonly feed: string;
  firstIssued: string;
  /** References to components, each with the installed version; null where the pool as a whole is meant. */
  readonly affects: Map<string, string | null>;
}

class VexWriter implements PoolWriter {
  readonly #context: FleetContext;
  readonly #entries = new Map<string, Entry>();
  readonly #whole: string[] = [];
  readonly #partly: string[] = [];
  #pools = 0;

  constructor(context: FleetContext) {
    this.#context = context;
  }

  begin(): string {
    const head = {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
    };
    return `${JSON.stringify(head).slice(0, -1)},"components":[`;
  }

  pool(pool: ReportedPool, basis: ReportBasis): string {
    const ref = poolRef(pool);
    (pool.reasons.length === 0 ? this.#whole : this.#partly).push(ref);
    const components = new Map<string, object>();
    for (const finding of pool.findings) {
      // Of a pool that is not assessed any more it is not known whether what it had is resolved.
      if (finding.status === 'fixed' && !pool.enabled) continue;
      const component = finding.status === 'fixed' ? null : componentOf(finding, pool, ref);
      if (component !== null) components.set(component['bom-ref'], component);
      this.#add(finding, { ref: component?.['bom-ref'] ?? ref, basis });
    }
    const separator = this.#pools++ === 0 ? '' : ',\n';
    return separator + JSON.stringify(poolComponent(pool, ref, [...components.values()]));
  }

  *end(basis: ReportBasis): Iterable<string> {
    yield '],"vulnerabilities":[';
    let separator = '';
    for (const entry of this.#entries.values()) {
      yield separator + JSON.stringify(vulnerabilityOf(entry, basis.vulnerabilities.get(entry.cve)));
      separator = ',\n';
    }
    yield `],${JSON.stringify({ metadata: this.#metadata(basis), compositions: this.#compositions() }).slice(1)}\n`;
  }

  #add(
    finding: PoolFindingLife,
    { ref, basis }: { readonly ref: string; readonly basis: ReportBasis },
  ): void {
    const { cve, severity, firstSeen, status, occurrence } = finding;
    const exemption = finding.exemption === null ? null : (basis.exemptions.get(finding.exemption) ?? null);
    const analysis = analysisOf(finding, exemption);
    const key = `${cve}\n${JSON.stringify(analysis)}`;
    const made: Entry = {
      cve,
      analysis,
      severity,
      feed: occurrence.feed,
      firstIssued: firstSeen,
      affects: new Map(),
    };
    const entry = this.#entries.get(key) ?? made;
    this.#entries.set(key, entry);
    if (severityRank(severity) < severityRank(entry.severity)) entry.severity = severity;
    if (firstSeen < entry.firstIssued) entry.firstIssued = firstSeen;
    entry.affects.set(ref, status === 'fixed' ? null : occurrence.installed);
  }

  #metadata({ at, scopeName, currency }: ReportBasis): object {
    const { version, sandbox, now } = this.#context;
    return {
      timestamp: at,
      tools: { components: [{ type: 'application', name: 'nodeward', version }] },
      component: { type: 'platform', 'bom-ref': 'scope', name: scopeName },
      properties: [
        ...(currency.at === null ? [] : [property('computed', currency.at)]),
        ...(currency.behind === null ? [] : [property('not-current', currency.behind)]),
        ...(sandbox ? [property('sandbox', now.toISOString())] : []),
      ],
    };
  }

  /** Of which pools everything is known. */
  #compositions(): readonly object[] {
    const all: readonly (readonly [string, readonly string[]])[] = [
      ['complete', this.#whole],
      ['incomplete', this.#partly],
    ];
    return all.flatMap(([aggregate, assemblies]) =>
      assemblies.length === 0 ? [] : [{ aggregate, assemblies }],
    );
  }
}

function componentOf({ occurrence }: PoolFindingLife, { family }: ReportedPool, pool: string) {
  const purl = occurrenceUrl(occurrence, family);
  return {
    type: occurrence.kind === 'component' ? 'application' : 'library',
    'bom-ref': `${pool}#${purl}`,
    name: occurrence.package,
    version: occurrence.installed,
    purl,
  };
}

function poolComponent(pool: ReportedPool, ref: string, components: readonly object[]): object {
  const { subscriptionName, clusterName, poolName, image, owner, region, nodes, reasons } = pool;
  return {
    type: 'platform',
    'bom-ref': ref,
    group: subscriptionName,
    name: `${clusterName}/${poolName}`,
    ...(image === null ? {} : { version: image }),
    properties: [
      property('id', pool.pool),
      property('nodes', String(nodes)),
      ...(owner === null ? [] : [property('owner', owner)]),
      ...(region === null ? [] : [property('region', region)]),
      ...reasons.map(({ code, detail }) => property('not-assessed', `${code}: ${detail}`)),
    ],
    ...(components.length === 0 ? {} : { components }),
  };
}

function vulnerabilityOf(entry: Entry, known: Vulnerability | undefined): object {
  const { cve, analysis, severity, feed, firstIssued, affects } = entry;
  const source = { name: feed };
  const aliases = known?.aliases ?? [];
  return {
    'bom-ref': `vulnerability:${cve}:${analysis.state}:${affects.keys().next().value ?? ''}`,
    id: cve,
    source,
    ...(aliases.length === 0 ? {} : { references: aliases.map((id) => ({ id, source })) }),
    ratings: [
      { source, severity: SEVERITY[severity], method: 'other' },
      ...scores(known?.cvss ?? []).map(({ vector, version, score }) => ({
        ...{ source, score, method: METHODS[version] ?? 'other', vector },
      })),
    ],
    ...(known?.published == null ? {} : { published: `${known.published.slice(0, 10)}T00:00:00Z` }),
    analysis: { ...analysis, firstIssued },
    affects: Array.from(affects, ([ref, version]) => ({
      ref,
      ...(version === null ? {} : { versions: [{ version, status: versionStatus(analysis) }] }),
    })),
    properties: [
      ...(known?.kev == null ? [] : [property('kev', known.kev)]),
      ...(known?.epss == null ? [] : [property('epss', String(known.epss.score))]),
    ],
  };
}

function versionStatus({ state }: Analysis): 'affected' | 'unaffected' {
  return state === 'exploitable' ? 'affected' : 'unaffected';
}
