import {
  exemptionBook,
  type Judging,
  type PoolFacts,
  poolLives,
  summarise,
} from '../../src/findings/index.ts';
import type { Exemption } from '../../src/model/exemption.ts';
import { DEFAULT_POLICY } from '../../src/model/governance.ts';
import type {
  Candidate,
  Occurrence,
  PoolFindingLife,
  PoolHistory,
  PoolList,
  StoredListFinding,
  Vulnerability,
} from '../../src/model/recommendation.ts';

/** Noon of a day of a run of days, from 2024-03-01 on; parts of days are allowed. */
export function day(number: number): string {
  return new Date(Date.UTC(2024, 2, 1, 12) + number * 86_400_000).toISOString();
}

export const FAMILY = 'AKSUbuntu-2204gen2containerd';
export const CVE = 'CVE-2024-6387';

export function place(rest: Partial<Occurrence> = {}): Occurrence {
  return {
    package: 'openssh-server',
    source: 'openssh',
    kind: 'os-package',
    installed: '1:8.9p1-3ubuntu0.7',
    fixed: '1:8.9p1-3ubuntu0.10',
    vendor: 'fix-available',
    presence: 'installed',
    feed: 'osv',
    advisory: 'UBUNTU-CVE-2024-6387',
    ...rest,
  };
}

/** A CVE of a list, from one day to another. */
export function listed(
  from: number,
  to: number | null = null,
  rest: Partial<StoredListFinding> = {},
): StoredListFinding {
  return {
    cve: CVE,
    severity: 'high',
    occurrences: [place()],
    firstSeen: day(from),
    gone: to === null ? null : day(to),
    ...rest,
  };
}

/** That a pool has a list from one day to another. */
export function has(list: string, from: number, to: number | null = null): PoolList {
  return { pool: 'p', list, nodes: 3, since: day(from), until: to === null ? null : day(to) };
}

/** That the region offers an image, whose list goes by the same name, from one day to another. */
export function offers(image: string, from: number, to: number | null = null): Candidate {
  return {
    pool: 'p',
    role: 'offered',
    image,
    list: image,
    since: day(from),
    until: to === null ? null : day(to),
  };
}

/** The newest image of the family. */
export function newest(image: string, list: string | null = image): Candidate {
  return { pool: 'p', role: 'newest', image, list, since: day(0), until: null };
}

/** A history in which every list was first assessed on day 0, but for those that say otherwise. */
export function history(
  pools: readonly PoolList[],
  findings: Readonly<Record<string, readonly StoredListFinding[]>>,
  more: {
    readonly candidates?: readonly Candidate[];
    readonly assessed?: Readonly<Record<string, number>>;
  } = {},
): PoolHistory {
  return {
    pools,
    candidates: more.candidates ?? [],
    findings: new Map(Object.entries(findings)),
    assessed: new Map(Object.keys(findings).map((list) => [list, day(more.assessed?.[list] ?? 0)])),
  };
}

export const POOL: PoolFacts = {
  pool: 'p',
  cluster: 'c',
  subscription: 's',
  family: FAMILY,
  imageVersions: [],
  exposure: { publicAddress: false, systemPool: false, nodes: 3, privileged: null },
};

export function vulnerability(rest: Partial<Vulnerability> = {}): Vulnerability {
  return { cve: CVE, aliases: [], cvss: [], published: null, kev: null, epss: null, ...rest };
}

/** What findings are judged by, on a day. */
export function judging(
  now: number,
  more: {
    readonly exemptions?: readonly Exemption[];
    readonly vulnerabilities?: readonly Vulnerability[];
    readonly policy?: Judging['policy'];
  } = {},
): Judging {
  const known = more.vulnerabilities ?? [];
  return {
    vulnerabilities: new Map(known.map((each) => [each.cve, each])),
    policy: more.policy ?? DEFAULT_POLICY,
    exemptions: exemptionBook(more.exemptions ?? [], day(now), known),
    now: new Date(day(now)),
  };
}

/** The only life of the pool, on a day. */
export function lifeOf(
  told: PoolHistory,
  now: number,
  more: Parameters<typeof judging>[1] = {},
): PoolFindingLife {
  const lives = poolLives(told, judging(now, more))(POOL);
  const [life] = lives;
  if (life === undefined || lives.length > 1) throw new Error(`${lives.length} lives`);
  return life;
}

/** Everything of one pool in numbers, on a day. */
export function summaryOf(told: PoolHistory, now: number, more: Parameters<typeof judging>[1] = {}) {
  const summary = summarise([POOL], told, judging(now, more));
  const pool = summary.pools.get('p');
  if (pool === undefined) throw new Error('no summary of the pool');
  return { ...pool, cves: summary.cves };
}
