/** Who has to do something, by when, who is told, and the record of who decided what. */

import type { Severity } from './advisory.ts';

/** Where owners are read from, the first that says one wins. */
export interface OwnerRule {
  readonly id: string;
  /** Rules are tried from the lowest. */
  readonly order: number;
  /** A tag of the pool, else of its cluster; a label of the pool; or a scope with a fixed owner. */
  readonly by: 'tag' | 'label' | 'scope';
  /** Name of the tag or label; id of the scope, or `all`. */
  readonly key: string;
  /** The owner, of a scope; null where the value of the tag or label is the owner. */
  readonly owner: string | null;
}

/** What is decided for the whole fleet. */
export interface Policy {
  /** Days from a fix being available until a finding is overdue, by severity; null for no due date. */
  readonly dueDays: Readonly<Record<Severity, number | null>>;
  /** Days after which known exploited vulnerabilities are overdue, whatever their severity; null as by severity. */
  readonly kevDueDays: number | null;
  /** Days that history is kept after a finding is fixed. */
  readonly retentionDays: number;
}

/** What holds where nobody decided otherwise. */
export const DEFAULT_POLICY: Policy = {
  dueDays: { critical: 7, high: 30, medium: 90, low: 180, negligible: null, unknown: 90 },
  kevDueDays: 7,
  retentionDays: 400,
};

/** What was done, of all that is audited. */
export type AuditAction =
  | 'exemption.add'
  | 'exemption.withdraw'
  | 'exemption.expire'
  | 'vex.import'
  | 'owner.add'
  | 'owner.remove'
  | 'policy.set'
  | 'assessment.enable'
  | 'assessment.disable'
  | 'notification.send'
  | 'notification.fail'
  | 'store.backup'
  | 'store.restore';

/** An event before it is part of the chain. */
export interface AuditEntry {
  /** ISO 8601 instant. */
  readonly at: string;
  /** The user of the operating system, or `nodeward` for what it does by itself. */
  readonly actor: string;
  readonly action: AuditAction;
  /** What it is about: an id or a name. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}

/** An event of the log. `hash` is of everything else in it, so nothing before it can change unseen. */
export interface AuditEvent extends AuditEntry {
  /** From 1, without holes. */
  readonly sequence: number;
  /** SHA-256 in hexadecimal of the event before; 64 zeros for the first. */
  readonly previous: string;
  readonly hash: string;
}

/** Where somebody is told. */
export type ChannelKind = 'webhook' | 'slack' | 'teams' | 'email';

/** What somebody is told of. */
export type NoticeKind = 'new-kev' | 'new-critical' | 'overdue' | 'fix-available';

/** All kinds, the most urgent first. */
export const NOTICE_KINDS: readonly NoticeKind[] = ['new-kev', 'new-critical', 'overdue', 'fix-available'];

/** One thing to tell. It is told once to each channel: its key says what it is. */
export interface Notice {
  readonly kind: NoticeKind;
  /** What makes it this one: for `new-kev` and `new-critical` pool and CVE, for `fix-available` pool and image, for `overdue` pool and day. */
  readonly key: string;
  readonly pool: string;
  readonly poolName: string;
  readonly clusterName: string;
  readonly owner: string | null;
  /** CVEs, worst first, of `count`; at most ten. */
  readonly cves: readonly string[];
  readonly count: number;
  /** The image, of `fix-available`; the day since when, of `overdue`. */
  readonly detail: string | null;
}

/** A digest on its way to one channel. */
export interface Delivery {
  /** UUID: the same however often it is tried. */
  readonly id: string;
  readonly channel: ChannelKind;
  readonly createdAt: string;
  /** Worst first. */
  readonly notices: readonly Notice[];
  /** How many more there were than it has room for: they count as told with it. */
  readonly more: number;
  /** How often it was begun to be sent. */
  readonly attempts: number;
  /** Not before then; of one that is being sent: no other process sends it before then. */
  readonly nextAt: string;
  /** `sending` of a process that is gone: whether it arrived is not known. */
  readonly state: 'waiting' | 'sending' | 'sent' | 'failed';
  readonly error: string | null;
}

/** How many deliveries of a channel are in a state. */
export interface DeliveryCount extends Pick<Delivery, 'channel' | 'state'> {
  readonly count: number;
}

/** What runs on a schedule. */
export type TaskName = 'discover' | 'advisories' | 'images' | 'assess' | 'notify' | 'forget';

/** All tasks. */
export const TASK_NAMES: readonly TaskName[] = [
  'discover',
  'advisories',
  'images',
  'assess',
  'notify',
  'forget',
];

/** How a task stands. */
export interface TaskState {
  readonly task: TaskName;
  readonly dueAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** What the last run came to; null while none ended. */
  readonly result: 'ok' | 'failed' | null;
  readonly error: string | null;
  /** When it failed first since it last went well; null while it goes well. */
  readonly failingSince: string | null;
  /** How often it ended, and how often of these it failed. */
  readonly runs: number;
  readonly failures: number;
}
