import { NodewardError } from '../base/errors.ts';
import { printable } from '../base/text.ts';
import { SEVERITIES, type Severity } from '../model/advisory.ts';
import type { PolicyEntry } from '../model/findings-report.ts';
import type { Policy } from '../model/governance.ts';

/** How one key is read and changed; days, and null for none. */
interface PolicyKey {
  readonly key: string;
  readonly help: string;
  readonly optional: boolean;
  get(policy: Policy): number | null;
  set(policy: Policy, days: number | null): Policy;
}

const NONE = 'none';
const MAX_DAYS = 3650;

const KEYS: readonly PolicyKey[] = [
  ...SEVERITIES.map(due),
  {
    key: 'kev.due',
    help: 'days until known exploited vulnerabilities are overdue, where that is sooner than by severity',
    optional: true,
    get: ({ kevDueDays }) => kevDueDays,
    set: (policy, kevDueDays) => ({ ...policy, kevDueDays }),
  },
  {
    key: 'retention',
    help: 'days that history is kept after a finding is fixed',
    optional: false,
    get: ({ retentionDays }) => retentionDays,
    set: (policy, days) => ({ ...policy, retentionDays: days ?? policy.retentionDays }),
  },
];

function due(severity: Severity): PolicyKey {
  const of = severity === 'unknown' ? 'of unknown severity' : `of severity ${severity}`;
  return {
    key: `due.${severity}`,
    help: `days from a fix being available until findings ${of} are overdue`,
    optional: true,
    get: ({ dueDays }) => dueDays[severity],
    set: (policy, days) => ({ ...policy, dueDays: { ...policy.dueDays, [severity]: days } }),
  };
}

/** All that can be decided, as it is. */
export function policyEntries(policy: Policy): readonly PolicyEntry[] {
  return KEYS.map(({ key, help, get }) => ({ key, value: write(get(policy)), help }));
}

/**
 * The policy with one key changed.
 * @param value `7d`, `7` or, where it may be left out, `none`
 * @throws NodewardError usage
 */
export function changePolicy(policy: Policy, key: string, value: string): Policy {
  const found = KEYS.find((each) => each.key === key.trim().toLowerCase());
  if (found === undefined) {
    throw new NodewardError('usage', `The policy has no key ${printable(key.slice(0, 100))}`, {
      remedy: `Use one of: ${KEYS.map((each) => each.key).join(', ')}.`,
    });
  }
  return found.set(policy, read(found, value));
}

function read({ key, optional }: PolicyKey, value: string): number | null {
  const text = value.trim().toLowerCase();
  if (text === NONE && optional) return null;
  const days = /^(\d{1,6})\s?(?:d|days?)?$/.exec(text)?.[1];
  const number = Number(days);
  if (days !== undefined && number >= 1 && number <= MAX_DAYS) return number;
  const forms = optional ? '7d or none' : '400d';
  throw new NodewardError('usage', `${key} cannot be ${printable(value.slice(0, 100))}`, {
    remedy: `Give it days from 1d to ${MAX_DAYS}d, such as ${forms}.`,
  });
}

function write(days: number | null): string {
  return days === null ? NONE : `${days}d`;
}
