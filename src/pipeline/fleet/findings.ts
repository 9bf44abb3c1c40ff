import { NodewardError } from '../../base/errors.ts';
import { compareText, printable } from '../../base/text.ts';
import { type Severity, severityRank } from '../../model/advisory.ts';
import type { AssessmentSubject, SubjectKind } from '../../model/assessment.ts';
import type { Evidence, EvidenceSource } from '../../model/coverage.ts';
import type { Finding } from '../../model/finding.ts';
import type { PoolFinding, PoolFindings } from '../../model/fleet-report.ts';
import type { Gap } from '../../model/gap.ts';
import type { SoftwareList } from '../../model/software.ts';
import { nodeImageVersionDate } from '../../versions/node-image/name.ts';
import { ALL_FINDINGS, assess } from '../assess.ts';
import { compareTelling, inUse } from '../telling.ts';
import { Viewer } from './look.ts';
import { resolveScope } from './scopes.ts';
import type { Fleet } from './types.ts';

/** Lists whose findings are kept in a process: pools of a fleet share most of theirs. */
const MAX_KEPT = 512;

const KINDS: Readonly<Record<EvidenceSource, SubjectKind>> = {
  disk: 'disk',
  sbom: 'sbom',
  image: 'node-image',
};

/** What is known to be vulnerable in the list of one evidence. */
export interface AssessedList {
  readonly software: SoftwareList;
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
}

/** Assesses the list of an evidence. @throws NodewardError store-unusable where the list is lost */
export async function assessList(
  { store, workspace, clock }: Fleet,
  evidence: Evidence,
): Promise<AssessedList> {
  const software = await store.inventory.software(evidence.software);
  if (software === null) {
    const detail = `The inventory has lost the software list ${evidence.software}`;
    throw new NodewardError('store-unusable', detail, { remedy: 'Run `nodeward sync`.' });
  }
  const subject = subjectOf(evidence, software);
  const { assessment } = assess({ subject, software, gaps: evidence.gaps, scan: null }, workspace, {
    filters: ALL_FINDINGS,
    clock,
  });
  return { software, findings: assessment.findings, gaps: assessment.gaps };
}

function subjectOf({ source, node, image }: Evidence, software: SoftwareList): AssessmentSubject {
  const { os, runningKernel } = software;
  const buildDate = source === 'image' && image !== null ? nodeImageVersionDate(image) : null;
  const name = source === 'image' ? (image ?? node) : node;
  return {
    kind: KINDS[source],
    name,
    family: null,
    version: null,
    buildDate,
    channel: null,
    os,
    runningKernel,
  };
}

/** A CVE of one list: the finding that stands for it. */
type Standing = Pick<Finding, 'cve' | 'severity' | 'kev' | 'package' | 'installed' | 'fixed' | 'presence'>;

interface ListFindings {
  readonly standing: readonly Standing[];
  readonly gaps: readonly Gap[];
}

const kept = new WeakMap<Fleet, Map<string, ListFindings>>();

/** The findings of a list with one for each CVE, assessed once in a process. */
async function findingsOf(fleet: Fleet, evidence: Evidence): Promise<ListFindings> {
  const cache = kept.get(fleet) ?? new Map<string, ListFindings>();
  kept.set(fleet, cache);
  const key = `${evidence.software}\n${evidence.source === 'image' ? evidence.image : ''}`;
  let found = cache.get(key);
  if (found === undefined) {
    const { findings, gaps } = await assessList(fleet, evidence);
    const byCve = new Map<string, Standing>();
    for (const finding of findings) {
      const { cve, severity, kev, package: name, installed, fixed, presence } = finding;
      const other = byCve.get(cve);
      if (other === undefined || compareTelling(finding, other) < 0)
        byCve.set(cve, { cve, severity, kev, package: name, installed, fixed, presence });
    }
    found = { standing: [...byCve.values()], gaps };
    if (cache.size >= MAX_KEPT) cache.clear();
    cache.set(key, found);
  }
  return found;
}

/**
 * What is vulnerable on the nodes of a pool that are assessed. Every distinct software list is assessed once.
 * @param pool as for `resolveScope`
 * @throws NodewardError scope-unknown
 */
export async function poolFindings(fleet: Fleet, pool: string): Promise<PoolFindings> {
  const { inventory } = fleet.store;
  const { id, kind, name } = await resolveScope(fleet, pool);
  const stored = kind === 'pool' ? (await inventory.pools()).find((each) => each.id === id) : undefined;
  const cluster = stored === undefined ? null : await inventory.cluster(stored.cluster);
  if (cluster === null) throw new NodewardError('scope-unknown', `${printable(pool)} is not a pool`);
  const { pools } = await (await Viewer.of(fleet)).look(cluster);
  const nodes = pools.find((each) => each.pool.id === id)?.nodes ?? [];
  const used = nodes.flatMap(({ coverage }) => (coverage.evidence === null ? [] : [coverage.evidence]));
  const worst = new Map<string, PoolFinding>();
  const gaps = new Map<string, Gap>();
  for (const same of Map.groupBy(used, ({ software }) => software).values()) {
    const [evidence] = same;
    if (evidence === undefined) continue;
    const list = await findingsOf(fleet, evidence);
    for (const finding of list.standing) count(worst, finding, same.length);
    for (const gap of list.gaps) gaps.set(JSON.stringify(gap), gap);
  }
  const findings = [...worst.values()].sort(byImportance);
  return {
    pool: name,
    cves: findings.length,
    bySeverity: bySeverity(findings),
    worst: findings,
    unassessed: nodes.length - used.length,
    gaps: [...gaps.values()],
  };
}

function count(worst: Map<string, PoolFinding>, finding: Standing, nodes: number): void {
  const other = worst.get(finding.cve);
  if (other === undefined) worst.set(finding.cve, { ...finding, nodes });
  else {
    const standing = compareTelling(finding, other) < 0 ? finding : other;
    worst.set(finding.cve, { ...standing, nodes: other.nodes + nodes });
  }
}

function byImportance(a: PoolFinding, b: PoolFinding): number {
  return (
    Number(b.kev !== null) - Number(a.kev !== null) ||
    severityRank(a.severity) - severityRank(b.severity) ||
    inUse(a) - inUse(b) ||
    b.nodes - a.nodes ||
    Number(a.fixed === null) - Number(b.fixed === null) ||
    compareText(a.cve, b.cve)
  );
}

function bySeverity(findings: readonly PoolFinding[]): Readonly<Record<Severity, number>> {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}
