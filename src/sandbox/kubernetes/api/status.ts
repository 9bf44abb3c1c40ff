/** One cause in the details of a failure. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

/** What of a failure is about a thing. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** Which resource, and which object of it, a failure is about. */
export interface Subject {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly name: string;
}

/** A request that the API server refuses, with the Status object it answers with. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | null;
  /** The `metadata` of the Status; only an expired list has something to say there. */
  readonly metadata: Readonly<Record<string, unknown>>;

  constructor(
    code: number,
    message: string,
    more: { reason?: string; details?: StatusDetails; metadata?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.code = code;
    this.reason = more.reason ?? '';
    this.details = more.details ?? null;
    this.metadata = more.metadata ?? {};
  }

  /** The Status object. */
  body(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === null ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** `apps` and `deployments` as messages name them: `deployments.apps`. */
export function qualified(resource: string, group: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, message, { reason: 'BadRequest' });
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', { reason: 'Unauthorized' });
}

export function noSuchPath(): StatusError {
  return new StatusError(404, 'the server could not find the requested resource', {
    reason: 'NotFound',
    details: {},
  });
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError(405, message, { reason: 'MethodNotAllowed', details: {} });
}

export function notFound(subject: Subject): StatusError {
  return new StatusError(404, `${named(subject)} not found`, {
    reason: 'NotFound',
    details: detailsOf(subject),
  });
}

export function alreadyExists(subject: Subject): StatusError {
  return new StatusError(409, `${named(subject)} already exists`, {
    reason: 'AlreadyExists',
    details: detailsOf(subject),
  });
}

export function conflict(subject: Subject, why: string): StatusError {
  return new StatusError(409, `Operation cannot be fulfilled on ${named(subject)}: ${why}`, {
    reason: 'Conflict',
    details: detailsOf(subject),
  });
}

/** The object was changed since it was read. */
export function stale(subject: Subject): StatusError {
  return conflict(
    subject,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

/** A value the object may not have. */
export function invalid(subject: Subject, cause: Cause): StatusError {
  const { group, kind, name } = subject;
  const where = cause.field === undefined ? '' : `${cause.field}: `;
  const what = `${qualified(kind, group)} "${name}"`.trimStart();
  return new StatusError(422, `${what} is invalid: ${where}${cause.message}`, {
    reason: 'Invalid',
    details: {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      ...(kind === '' ? {} : { kind }),
      causes: [cause],
    },
  });
}

export function forbidden(subject: Omit<Subject, 'kind'>, why: string): StatusError {
  const { group, resource, name } = subject;
  const object = name === '' ? qualified(resource, group) : `${qualified(resource, group)} "${name}"`;
  return new StatusError(403, `${object} is forbidden: ${why}`, {
    reason: 'Forbidden',
    details: { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  });
}

/** The state asked for is no longer known. */
export function expired(message: string, metadata: Readonly<Record<string, unknown>> = {}): StatusError {
  return new StatusError(410, message, { reason: 'Expired', metadata });
}

function named({ resource, group, name }: Subject): string {
  return `${qualified(resource, group)} "${name}"`;
}

function detailsOf({ resource, group, name }: Subject): StatusDetails {
  return { name, ...(group === '' ? {} : { group }), kind: resource };
}
