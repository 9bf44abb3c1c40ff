import type { Exemption } from '../../model/exemption.ts';
import type { ChannelKind, Delivery, TaskName, TaskState } from '../../model/governance.ts';
import type { DeliveryRow, ExemptionRow, TaskRow } from './tables.ts';

/** What of an exemption may change; all else is in the body of its row. */
type End = 'expiresAt' | 'withdrawnAt' | 'withdrawnBy';

export function exemptionOf({ body, id, ...row }: ExemptionRow): Exemption {
  const { createdAt, ...rest } = JSON.parse(body) as Omit<Exemption, End | 'id'>;
  return {
    id,
    ...rest,
    createdAt,
    expiresAt: row.expires_at,
    withdrawnAt: row.withdrawn_at,
    withdrawnBy: row.withdrawn_by,
  };
}

export function exemptionRow(exemption: Exemption): ExemptionRow {
  const { id, reason, justification, author, createdAt, vex } = exemption;
  const { cve, package: name, version, severity, scope, family } = exemption.subject;
  // Field by field, so that the same exemption is always the same text.
  const subject: Exemption['subject'] = { cve, package: name, version, severity, scope, family };
  const origin: Exemption['vex'] =
    vex === null
      ? null
      : { document: vex.document, version: vex.version, timestamp: vex.timestamp, status: vex.status };
  return {
    id,
    created_at: createdAt,
    expires_at: exemption.expiresAt,
    withdrawn_at: exemption.withdrawnAt,
    withdrawn_by: exemption.withdrawnBy,
    body: JSON.stringify({ subject, reason, justification, author, createdAt, vex: origin }),
  };
}

export function deliveryOf(row: DeliveryRow): Delivery {
  const { created_at: createdAt, next_at: nextAt, ...rest } = row;
  return {
    ...rest,
    channel: row.channel as ChannelKind,
    state: row.state as Delivery['state'],
    notices: JSON.parse(row.notices) as Delivery['notices'],
    createdAt,
    nextAt,
  };
}

export function deliveryRow({ createdAt, nextAt, notices, error, ...rest }: Delivery): DeliveryRow {
  return {
    ...rest,
    error,
    created_at: createdAt,
    next_at: nextAt,
    notices: JSON.stringify(notices),
  };
}

export function taskOf(row: TaskRow): TaskState {
  return {
    task: row.name as TaskName,
    dueAt: row.due_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    result: row.result as TaskState['result'],
    error: row.error,
    failingSince: row.failing_since,
    runs: row.runs,
    failures: row.failures,
  };
}

export function taskRow(state: TaskState): TaskRow {
  return {
    name: state.task,
    due_at: state.dueAt,
    started_at: state.startedAt,
    ended_at: state.endedAt,
    result: state.result,
    error: state.error,
    failing_since: state.failingSince,
    runs: state.runs,
    failures: state.failures,
  };
}
