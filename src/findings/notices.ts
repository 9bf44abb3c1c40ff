import { compareText } from '../base/text.ts';
import { type Severity, severityRank } from '../model/advisory.ts';
import type { Notice, NoticeKind } from '../model/governance.ts';
import type { FixAvailability } from '../model/recommendation.ts';

/** An open finding that is not exempted, as far as it can be told of. */
export interface TellableFinding {
  readonly cve: string;
  readonly severity: Severity;
  /** Whether it is known to be exploited. */
  readonly kev: boolean;
  readonly fix: FixAvailability;
  /** The image that is without it; null where none is. */
  readonly fixImage: string | null;
  /** ISO 8601 instant; null where it is not due. */
  readonly dueAt: string | null;
  readonly overdue: boolean;
  /** Points of its risk. */
  readonly risk: number;
}

/** A pool with what can be told of it. */
export interface TellablePool {
  readonly pool: string;
  readonly poolName: string;
  readonly clusterName: string;
  readonly owner: string | null;
  readonly findings: readonly TellableFinding[];
}

/** CVEs that a notice names. */
const NAMED = 10;

/**
 * What there is to tell of a pool, whether it was told before or not: that is known by the keys. The most urgent kind
 * first. A known exploited vulnerability is told as that alone, also where it is critical.
 */
export function noticesOf(pool: TellablePool): readonly Notice[] {
  const findings = pool.findings.toSorted(worstFirst);
  const notice = (kind: NoticeKind, detail: string | null, those: readonly TellableFinding[]): Notice => {
    const { poolName, clusterName, owner } = pool;
    const cves = those.slice(0, NAMED).map(({ cve }) => cve);
    const key = `${kind}:${pool.pool}:${detail ?? cves[0]}`;
    return { kind, key, pool: pool.pool, poolName, clusterName, owner, cves, count: those.length, detail };
  };
  const kev = findings.filter((each) => each.kev);
  const critical = findings.filter((each) => !each.kev && each.severity === 'critical');
  return [
    ...kev.map((each) => notice('new-kev', null, [each])),
    ...critical.map((each) => notice('new-critical', null, [each])),
    ...grouped(findings, dueDay).map(([day, those]) => notice('overdue', day, those)),
    ...grouped(findings, availableImage).map(([image, those]) => notice('fix-available', image, those)),
  ];
}

/** The day since when a finding is overdue. */
function dueDay({ overdue, dueAt }: TellableFinding): string | null {
  return overdue && dueAt !== null ? dueAt.slice(0, 10) : null;
}

function availableImage({ fix, fixImage }: TellableFinding): string | null {
  return fix === 'available' ? fixImage : null;
}

function grouped(
  findings: readonly TellableFinding[],
  by: (finding: TellableFinding) => string | null,
): readonly (readonly [string, readonly TellableFinding[]])[] {
  return [...Map.groupBy(findings, by)].flatMap(([key, those]) =>
    key === null ? [] : [[key, those] as const],
  );
}

function worstFirst(a: TellableFinding, b: TellableFinding): number {
  return (
    Number(b.kev) - Number(a.kev) ||
    b.risk - a.risk ||
    severityRank(a.severity) - severityRank(b.severity) ||
    compareText(a.cve, b.cve)
  );
}
