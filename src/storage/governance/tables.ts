/** The tables of what people decide, and of what is done by itself. Instants and JSON are text. */
export interface GovernanceTables {
  exemption: ExemptionRow;
  owner_rule: {
    id: string;
    position: number;
    source: string;
    name: string;
    owner: string | null;
  };
  /** One row at most. */
  policy: { one: number; body: string };
  /** The last event of the log: changed first by whoever adds one, so that one at a time does. One row at most. */
  audit_head: { one: number; sequence: number; hash: string };
  /** The database refuses to change or delete a row. */
  audit_event: {
    sequence: number;
    at: string;
    actor: string;
    action: string;
    subject: string;
    /** JSON. */
    detail: string;
    previous: string;
    hash: string;
  };
  delivery: DeliveryRow;
  /** What was told to a channel, by which delivery; it may be forgotten. */
  told: { channel: string; name: string; delivery: string };
  task: TaskRow;
}

/** An exemption: what may change has a column. */
export interface ExemptionRow {
  id: string;
  created_at: string;
  expires_at: string | null;
  withdrawn_at: string | null;
  withdrawn_by: string | null;
  /** JSON of all that never changes. */
  body: string;
}

/** A digest on its way to a channel. */
export interface DeliveryRow {
  id: string;
  channel: string;
  created_at: string;
  /** JSON. */
  notices: string;
  more: number;
  attempts: number;
  next_at: string;
  state: string;
  error: string | null;
}

/** How a task stands. */
export interface TaskRow {
  name: string;
  due_at: string;
  started_at: string | null;
  ended_at: string | null;
  result: string | null;
  error: string | null;
  failing_since: string | null;
  runs: number;
  failures: number;
}
