import type { Exemption } from '../../src/model/exemption.ts';
import type { AuditEntry, Delivery, Notice, TaskState } from '../../src/model/governance.ts';
import { day } from './support.ts';

export function exemption(number: number, more: Partial<Exemption> = {}): Exemption {
  return {
    id: `x-0000000${number}`,
    subject: {
      cve: `CVE-2024-${number}`,
      package: null,
      version: null,
      severity: null,
      scope: null,
      family: null,
    },
    reason: 'waived',
    justification: 'It is behind a proxy: "no\\way"\nin.',
    author: 'alice',
    createdAt: day(number),
    expiresAt: null,
    withdrawnAt: null,
    withdrawnBy: null,
    vex: null,
    ...more,
  };
}

export function entry(more: Partial<AuditEntry> = {}): AuditEntry {
  return { at: day(1), actor: 'alice', action: 'exemption.add', subject: 'x-00000001', detail: {}, ...more };
}

export function delivery(id: string, more: Partial<Delivery> = {}): Delivery {
  return {
    id,
    channel: 'slack',
    createdAt: day(1),
    notices: [notice('k1')],
    more: 0,
    attempts: 0,
    nextAt: day(1),
    state: 'waiting',
    error: null,
    ...more,
  };
}

function notice(key: string): Notice {
  return {
    kind: 'new-kev',
    key,
    pool: '/p',
    poolName: 'p',
    clusterName: 'c',
    owner: null,
    cves: ['CVE-2024-1'],
    count: 1,
    detail: null,
  };
}

export function task(more: Partial<TaskState> = {}): TaskState {
  return {
    task: 'discover',
    dueAt: day(2),
    startedAt: null,
    endedAt: null,
    result: null,
    error: null,
    failingSince: null,
    runs: 0,
    failures: 0,
    ...more,
  };
}
