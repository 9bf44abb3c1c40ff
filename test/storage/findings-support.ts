import { noCounts } from '../../src/findings/counts.ts';
import type { Severity } from '../../src/model/advisory.ts';
import type {
  CveRollup,
  FixAvailability,
  ListFinding,
  Occurrence,
  Recommendation,
} from '../../src/model/recommendation.ts';
import { day } from './support.ts';

/** A place of a list that a CVE is in, by the record that Ubuntu has of it. */
export function occurrence(cve: string, more: Partial<Occurrence> = {}): Occurrence {
  return {
    package: 'linux-image-5.15.0-1057-azure',
    source: 'linux-azure',
    kind: 'os-package',
    installed: '5.15.0-1057.65',
    fixed: '5.15.0-1061.70',
    vendor: 'fix-available',
    presence: 'running',
    feed: 'osv',
    advisory: `UBUNTU-${cve}`,
    ...more,
  };
}

/** A CVE of a list, in one place. */
export function finding(
  cve: string,
  severity: Severity = 'high',
  more: Partial<Occurrence> = {},
): ListFinding {
  return { cve, severity, occurrences: [occurrence(cve, more)] };
}

/** What of a recommendation a test says; its counts are its own, the rest of them is none. */
export interface RecommendationPart extends Partial<Omit<Recommendation, 'risk' | 'counts'>> {
  readonly risk?: number;
  readonly severities?: Partial<Record<Severity, number>>;
  readonly fixes?: Partial<Record<FixAvailability, number>>;
  readonly kev?: number;
  readonly overdue?: number;
}

/** The recommendation of a pool of a cluster. */
export function recommendation(
  number: number,
  { risk = 0, severities, fixes, kev = 0, overdue = 0, ...more }: RecommendationPart = {},
): Recommendation {
  return {
    id: `r-${number.toString(16).padStart(8, '0')}`,
    kind: 'vulnerabilities',
    scope: `/pools/${number}`,
    pool: `/pools/${number}`,
    poolName: `np${number}`,
    cluster: '/clusters/1',
    clusterName: 'one',
    subscription: '/subscriptions/1',
    subscriptionName: 'Contoso',
    state: 'unhealthy',
    risk: { score: risk, factors: [{ name: 'severity', value: 'high', points: risk }] },
    owner: null,
    nodes: 3,
    affected: 2,
    counts: {
      open: 0,
      bySeverity: { ...noCounts().bySeverity, ...severities },
      byFix: { ...noCounts().byFix, ...fixes },
      kev,
      overdue,
      reopened: 0,
      exempted: 0,
    },
    since: day(1),
    dueAt: null,
    image: 'AKSUbuntu-2204gen2containerd-202402.26.0',
    offered: null,
    reasons: [{ code: 'image-only', detail: 'a', remedy: 'b' }],
    ...more,
  };
}

/** A CVE of the whole fleet. */
export function rollup(cve: string, more: Partial<CveRollup> = {}): CveRollup {
  return {
    scope: 'all',
    cve,
    severity: 'high',
    kev: null,
    epss: 0.00042,
    risk: 50,
    status: 'open',
    fix: 'available',
    package: 'linux-azure',
    pools: 3,
    clusters: 2,
    nodes: 40,
    overdue: 0,
    exempted: 0,
    firstSeen: day(1),
    dueAt: null,
    ...more,
  };
}
