import type { Exemption } from '../../../model/exemption.ts';
import type { FixAvailability, PoolFindingLife } from '../../../model/recommendation.ts';

/** What CycloneDX says of a vulnerability in a place. */
export interface Analysis {
  readonly state: 'exploitable' | 'not_affected' | 'false_positive' | 'resolved';
  readonly justification?: 'protected_by_mitigating_control';
  readonly response?: readonly ('update' | 'can_not_fix' | 'will_not_fix')[];
  readonly detail: string;
}

const OPEN: Readonly<Record<FixAvailability, Pick<Analysis, 'response' | 'detail'>>> = {
  available: { response: ['update'], detail: 'The node image that the region offers is without it.' },
  'not-in-region': { detail: 'A newer node image is without it; the region does not offer that yet.' },
  'no-image': { detail: 'The vendor has fixed it; no node image has the fix yet.' },
  kubernetes: { response: ['update'], detail: 'It is in a component of the Kubernetes version.' },
  'no-vendor-fix': {
    response: ['can_not_fix'],
    detail: 'The vendor has no fix, or none without a paid plan.',
  },
  unknown: { detail: 'What another node image would bring is not known.' },
};

/** How a finding stands: what is open counts as exploitable, whatever an exemption accepts stays so and says why. */
export function analysisOf(
  finding: Pick<PoolFindingLife, 'status' | 'fix' | 'fixedBy' | 'exemption'>,
  exemption: Exemption | null,
): Analysis {
  const { status, fix, fixedBy } = finding;
  if (status === 'fixed')
    return fixedBy === 'advisory'
      ? {
          state: 'not_affected',
          detail: 'The advisories do not say any more that this software is affected.',
        }
      : { state: 'resolved', detail: 'No node of the pool has the vulnerable software any more.' };
  if (status === 'exempted') return exempted(exemption, finding.exemption ?? '');
  return { state: 'exploitable', ...OPEN[fix] };
}

function exempted(exemption: Exemption | null, id: string): Analysis {
  if (exemption === null) return { state: 'exploitable', detail: `Exempted by ${id}.` };
  const { reason, justification, author, createdAt, expiresAt, vex } = exemption;
  const end = expiresAt === null ? '' : `, until ${expiresAt.slice(0, 10)}`;
  const source = vex === null ? '' : `, by ${vex.document}`;
  const detail = `${justification} (${id} of ${author}, ${createdAt.slice(0, 10)}${end}${source})`;
  switch (reason) {
    case 'mitigated':
      return { state: 'not_affected', justification: 'protected_by_mitigating_control', detail };
    case 'false-positive':
      return { state: 'false_positive', detail };
    default:
      return { state: 'exploitable', response: ['will_not_fix'], detail };
  }
}
