import type { FindingFacts } from '../../src/findings/index.ts';
import type { Exemption, VexStatus } from '../../src/model/exemption.ts';
import type { Occurrence } from '../../src/model/recommendation.ts';

export const NOW = '2024-08-09T12:00:00.000Z';

type Some = Partial<Omit<Exemption, 'subject' | 'vex'>> & {
  readonly subject?: Partial<Exemption['subject']>;
};

/** An exemption that a person made, for everything where no subject is given. */
export function exemption(id: string, { subject, ...rest }: Some = {}): Exemption {
  return {
    id,
    subject: {
      cve: null,
      package: null,
      version: null,
      severity: null,
      scope: null,
      family: null,
      ...subject,
    },
    reason: 'waived',
    justification: 'accepted by the board',
    author: 'alice',
    createdAt: '2024-07-01T00:00:00.000Z',
    expiresAt: null,
    withdrawnAt: null,
    withdrawnBy: null,
    vex: null,
    ...rest,
  };
}

/** A statement of a VEX document. */
export function statement(
  id: string,
  said: { readonly status: VexStatus; readonly timestamp: string },
  subject: Partial<Exemption['subject']>,
): Exemption {
  const suppresses = said.status === 'not_affected' || said.status === 'fixed';
  return {
    ...exemption(id, { subject, reason: suppresses ? 'false-positive' : null, author: 'Vendor' }),
    vex: { document: 'https://example.com/vex/1', version: 1, ...said },
  };
}

export function occurrence(name: string, rest: Partial<Occurrence> = {}): Occurrence {
  return {
    package: name,
    source: name,
    kind: 'os-package',
    installed: '1.0-1',
    fixed: '1.0-2',
    vendor: 'fix-available',
    presence: 'installed',
    feed: 'osv',
    advisory: 'UBUNTU-CVE-2024-6387',
    ...rest,
  };
}

export function facts(rest: Partial<FindingFacts> = {}): FindingFacts {
  return {
    pool: '/subscriptions/s1/c1/p1',
    cluster: '/subscriptions/s1/c1',
    subscription: '/subscriptions/s1',
    family: 'AKSUbuntu-2204gen2containerd',
    imageVersions: ['202407.08.0'],
    cve: 'CVE-2024-6387',
    severity: 'high',
    occurrences: [occurrence('openssh-server')],
    ...rest,
  };
}
