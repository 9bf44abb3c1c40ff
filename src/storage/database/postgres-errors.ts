import { NodewardError, reasonOf } from '../../base/errors.ts';

/** What a failure of the server or of the way to it means, with a remedy where the catalogue's is not precise enough. */
interface Meaning {
  readonly code: 'store-busy' | 'store-failed' | 'store-unusable';
  readonly message: string;
  readonly remedy?: string;
}

const BUSY: Meaning = { code: 'store-busy', message: 'is in use by other processes' };
const LOST: Meaning = {
  code: 'store-failed',
  message: 'closed the connection; a change that was being made may be there or not',
};
const UNREACHABLE: Meaning = { code: 'store-failed', message: 'cannot be reached' };
const PASSWORD: Meaning = {
  code: 'store-failed',
  message: 'does not let this user in',
  remedy:
    'Check user and password of storage.url, and that pg_hba.conf of the server lets them in from here.',
};
const DISK_FULL: Meaning = {
  code: 'store-failed',
  message: 'cannot grow: its disk is full',
  remedy: 'Free space on the server, then run the command again.',
};

/** By SQLSTATE, or by its class, the first two characters. */
const BY_STATE: Readonly<Record<string, Meaning>> = {
  '08': LOST,
  '28': PASSWORD,
  '3D000': {
    code: 'store-failed',
    message: 'has no such database',
    remedy: 'Create the database, or correct its name in storage.url.',
  },
  '25006': {
    code: 'store-failed',
    message: 'can only be read',
    remedy: 'Name the primary server in storage.url, not a standby.',
  },
  '25P03': LOST,
  '40001': BUSY,
  '40P01': BUSY,
  '42501': {
    code: 'store-failed',
    message: 'does not permit this user what the store needs',
    remedy: 'Grant the user CREATE on the database, or make it the owner of the schema nodeward.',
  },
  '53100': DISK_FULL,
  '53200': { code: 'store-failed', message: 'has no memory left' },
  '53300': {
    code: 'store-failed',
    message: 'has no connection left',
    remedy: 'Raise max_connections of the server, or run fewer workers.',
  },
  '55P03': BUSY,
  '57014': {
    code: 'store-failed',
    message: 'took too long',
    remedy: 'Look at what else the server does; then run the command again.',
  },
  '57P01': LOST,
  '57P02': LOST,
  '57P03': UNREACHABLE,
  '57P05': LOST,
  '58': { code: 'store-failed', message: 'has a failure of its own' },
  XX001: { code: 'store-unusable', message: 'is damaged' },
  XX002: { code: 'store-unusable', message: 'is damaged' },
};

/** Codes of the way to the server: sockets, names, certificates. */
const OF_THE_WAY =
  /^(?:E(?:CONN\w+|AI_\w+|NOTFOUND|NOENT|ACCES|PERM|HOSTUNREACH|NETUNREACH|TIMEDOUT|PIPE|PROTO)|(?:ERR_(?:TLS|SSL)|CERT|UNABLE|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|HOSTNAME)\w*)$/;

/** What the client library says without any code. */
const OF_THE_CLIENT =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|connection error and is not queryable|does not support SSL|SASL|SSL connection/i;

/** Transactions that failed only because others ran beside them. */
export function mayRetry(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return code === '40001' || code === '40P01';
}

/**
 * What the server or the way to it threw, as a user can act on it. What is none of their failures stays as it is: a
 * defect.
 * @param place the URL without its password
 */
export function postgresFailure(thrown: unknown, place: string): unknown {
  if (thrown instanceof NodewardError) return thrown;
  const meaning = meaningOf(thrown);
  if (meaning === null) return thrown;
  const { code, message, remedy } = meaning;
  return new NodewardError(code, `${place} ${message}: ${detailOf(thrown)}`, {
    place,
    cause: thrown,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function meaningOf(thrown: unknown): Meaning | null {
  const code = codeOf(thrown);
  if (/^[0-9A-Z]{5}$/.test(code)) {
    const meaning = BY_STATE[code] ?? BY_STATE[code.slice(0, 2)];
    if (meaning !== undefined) return meaning;
  }
  if (OF_THE_WAY.test(code)) return UNREACHABLE;
  if (!(thrown instanceof Error) || !OF_THE_CLIENT.test(thrown.message)) return null;
  if (/SASL/.test(thrown.message)) return PASSWORD;
  return /terminated|queryable/.test(thrown.message) ? LOST : UNREACHABLE;
}

function codeOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Where a name has several addresses, Node says only that all of them failed. */
function detailOf(thrown: unknown): string {
  const [first] = thrown instanceof AggregateError ? (thrown.errors as readonly unknown[]) : [];
  return reasonOf(first ?? thrown);
}
