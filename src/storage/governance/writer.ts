import { AUDIT_START, auditHash } from '../../model/audit-hash.ts';
import type { Exemption } from '../../model/exemption.ts';
import type {
  AuditEntry,
  AuditEvent,
  ChannelKind,
  Delivery,
  OwnerRule,
  Policy,
  TaskState,
} from '../../model/governance.ts';
import { among, parts } from '../database/bulk.ts';
import { storable } from '../database/text.ts';
import { upsert } from '../database/upsert.ts';
import type { GovernanceWriter } from '../governance-types.ts';
import { GovernanceQueries, OVER } from './reader.ts';
import { deliveryRow, exemptionRow, taskRow } from './rows.ts';

/** The changes of one transaction. */
export class GovernanceChanges extends GovernanceQueries implements GovernanceWriter {
  async putExemption(exemption: Exemption): Promise<void> {
    const row = exemptionRow(exemption);
    const { body } = await this.session.db
      .insertInto('exemption')
      .values(row)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({
          expires_at: row.expires_at,
          withdrawn_at: row.withdrawn_at,
          withdrawn_by: row.withdrawn_by,
        }),
      )
      .returning('body')
      .executeTakeFirstOrThrow();
    if (body !== row.body) throw new RangeError(`another exemption is ${exemption.id}`);
  }

  putOwnerRule({ id, order: position, by: source, key: name, owner }: OwnerRule): Promise<void> {
    const row = { id, position, source, name, owner };
    return upsert(this.session, { table: 'owner_rule', key: ['id'] }, [row]);
  }

  async dropOwnerRule(id: string): Promise<boolean> {
    const [result] = await this.session.db.deleteFrom('owner_rule').where('id', '=', id).execute();
    return result !== undefined && result.numDeletedRows > 0n;
  }

  putPolicy(policy: Policy): Promise<void> {
    return upsert(this.session, { table: 'policy', key: ['one'] }, [
      { one: 1, body: JSON.stringify(policy) },
    ]);
  }

  async appendAudit(entry: AuditEntry): Promise<AuditEvent> {
    const { at, action, detail } = entry;
    const told = { at, actor: storable(entry.actor), action, subject: storable(entry.subject), detail };
    const { db } = this.session;
    // Changed first: another process that adds an event waits here until this transaction has ended.
    const { sequence, hash: previous } = await db
      .insertInto('audit_head')
      .values({ one: 1, sequence: 1, hash: AUDIT_START })
      .onConflict((conflict) =>
        conflict.column('one').doUpdateSet((set) => ({ sequence: set('audit_head.sequence', '+', 1) })),
      )
      .returning(['sequence', 'hash'])
      .executeTakeFirstOrThrow();
    const hash = auditHash(told, sequence, previous);
    const event = { ...told, sequence, previous, hash };
    await db
      .insertInto('audit_event')
      .values({ ...event, detail: JSON.stringify(detail) })
      .execute();
    await db.updateTable('audit_head').set({ hash }).execute();
    return event;
  }

  async putDelivery(delivery: Delivery, keys: readonly string[]): Promise<void> {
    const { id, channel } = delivery;
    await upsert(this.session, { table: 'delivery', key: ['id'] }, [deliveryRow(delivery)]);
    const told = [...new Set(keys)].map((name) => ({ channel, name, delivery: id }));
    for (const part of parts(told)) await this.session.db.insertInto('told').values(part).execute();
  }

  async markDelivery(
    id: string,
    attempts: number,
    { nextAt, error, ...change }: Pick<Delivery, 'state' | 'attempts' | 'nextAt' | 'error'>,
  ): Promise<boolean> {
    const [result] = await this.session.db
      .updateTable('delivery')
      .set({ ...change, error: storable(error), next_at: nextAt })
      .where('id', '=', id)
      .where('attempts', '=', attempts)
      .where('state', 'not in', OVER)
      .execute();
    return result !== undefined && result.numUpdatedRows > 0n;
  }

  async reviveDeliveries(channels: readonly ChannelKind[], attempts: number, at: string): Promise<number> {
    if (channels.length === 0) return 0;
    const [result] = await this.session.db
      .updateTable('delivery')
      .set({ state: 'waiting', next_at: at })
      .where('state', '=', 'failed')
      .where('channel', 'in', channels)
      .where('attempts', '<', attempts)
      .execute();
    return Number(result?.numUpdatedRows ?? 0);
  }

  putTask(state: TaskState): Promise<void> {
    return upsert(this.session, { table: 'task', key: ['name'] }, [taskRow(state)]);
  }

  async forgetDeliveries(before: string, open: ReadonlySet<string>): Promise<number> {
    const { db } = this.session;
    const [deliveries] = await db
      .deleteFrom('delivery')
      .where('created_at', '<', before)
      .where('state', 'in', OVER)
      .execute();
    const left = await db
      .selectFrom('told')
      .select(['channel', 'name'])
      .where('delivery', 'not in', db.selectFrom('delivery').select('id'))
      .execute();
    const closed = left.filter(({ name }) => !open.has(name));
    for (const [channel, keys] of Map.groupBy(closed, (each) => each.channel)) {
      const names = keys.map(({ name }) => name);
      await db
        .deleteFrom('told')
        .where('channel', '=', channel)
        .where(among(this.session, 'name', names))
        .execute();
    }
    return Number(deliveries?.numDeletedRows ?? 0) + closed.length;
  }
}
