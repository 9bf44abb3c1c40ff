import type { Exemption } from '../../model/exemption.ts';
import {
  type AuditAction,
  type AuditEvent,
  type ChannelKind,
  DEFAULT_POLICY,
  type Delivery,
  type DeliveryCount,
  type OwnerRule,
  type Policy,
  type TaskState,
} from '../../model/governance.ts';
import { among } from '../database/bulk.ts';
import type { Session } from '../database/types.ts';
import type { AuditFilter, GovernanceReader } from '../governance-types.ts';
import { deliveryOf, exemptionOf, taskOf } from './rows.ts';

/** States of a delivery in which nothing more is done for it. */
export const OVER = ['sent', 'failed'] as const satisfies readonly Delivery['state'][];

/** Decisions, and what is done by itself, on either database. */
export class GovernanceQueries implements GovernanceReader {
  protected readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  async exemptions({ withdrawn = false } = {}): Promise<readonly Exemption[]> {
    const rows = await this.session.db
      .selectFrom('exemption')
      .selectAll()
      .$if(!withdrawn, (query) => query.where('withdrawn_at', 'is', null))
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(exemptionOf);
  }

  async ownerRules(): Promise<readonly OwnerRule[]> {
    const rows = await this.session.db
      .selectFrom('owner_rule')
      .selectAll()
      .orderBy('position')
      .orderBy('id')
      .execute();
    return rows.map(({ id, position: order, source, name: key, owner }) => {
      return { id, order, by: source as OwnerRule['by'], key, owner };
    });
  }

  async policy(): Promise<Policy> {
    const row = await this.session.db.selectFrom('policy').select('body').executeTakeFirst();
    if (row === undefined) return DEFAULT_POLICY;
    const decided = JSON.parse(row.body) as Partial<Policy>;
    const dueDays = { ...DEFAULT_POLICY.dueDays, ...decided.dueDays };
    return { ...DEFAULT_POLICY, ...decided, dueDays };
  }

  async audit({
    actor,
    action,
    subject,
    since,
    after,
    limit,
  }: AuditFilter = {}): Promise<readonly AuditEvent[]> {
    let chosen = this.session.db.selectFrom('audit_event').selectAll();
    if (actor !== undefined) chosen = chosen.where('actor', '=', actor);
    if (action !== undefined) chosen = chosen.where('action', '=', action);
    if (subject !== undefined) chosen = chosen.where('subject', '=', subject);
    if (since !== undefined) chosen = chosen.where('at', '>=', since);
    if (after !== undefined) chosen = chosen.where('sequence', '>', after);
    if (limit !== undefined) chosen = chosen.limit(limit);
    const rows = await chosen.orderBy('sequence', 'desc').execute();
    return rows.reverse().map((row) => ({
      ...row,
      action: row.action as AuditAction,
      detail: JSON.parse(row.detail) as AuditEvent['detail'],
    }));
  }

  async told(channel: ChannelKind, keys: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.session.db
      .selectFrom('told')
      .select('name')
      .where('channel', '=', channel)
      .where(among(this.session, 'name', keys))
      .execute();
    return new Set(rows.map(({ name }) => name));
  }

  async deliveries(): Promise<readonly Delivery[]> {
    const rows = await this.session.db
      .selectFrom('delivery')
      .selectAll()
      .where('state', 'not in', OVER)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(deliveryOf);
  }

  async deliveryCounts(): Promise<readonly DeliveryCount[]> {
    const rows = await this.session.db
      .selectFrom('delivery')
      .select((select) => ['channel', 'state', select.fn.countAll<number>().as('count')])
      .groupBy(['channel', 'state'])
      .orderBy('channel')
      .orderBy('state')
      .execute();
    return rows.map(({ channel, state, count }) => {
      return { channel: channel as ChannelKind, state: state as Delivery['state'], count };
    });
  }

  async tasks(): Promise<readonly TaskState[]> {
    const rows = await this.session.db.selectFrom('task').selectAll().orderBy('name').execute();
    return rows.map(taskOf);
  }
}
