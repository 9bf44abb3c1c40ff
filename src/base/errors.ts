/**
 * The error catalogue: every failure a user can meet has a code here, the exit status it ends the program
 * with, and the remedy that is printed below the message. `docs/errors.md` is checked against it.
 */
export const ERRORS = {
  usage: { exit: 2, remedy: 'Run the command with --help to see what it takes.' },
  'file-not-found': { exit: 3, remedy: 'Check the path.' },
  'file-unreadable': { exit: 3, remedy: 'Check that the path is a readable file of the expected kind.' },
  'file-unwritable': { exit: 3, remedy: 'Check that the folder exists, is writable and has free space.' },
  'input-too-large': {
    exit: 3,
    remedy: 'The input is larger than any genuine one; check where it came from.',
  },
  'input-malformed': {
    exit: 3,
    remedy: 'Fetch or export the file again; if it is genuine, report it with the place named above.',
  },
  'input-unsupported': { exit: 3, remedy: 'Convert the file to one of the supported formats.' },
  'database-missing': {
    exit: 4,
    remedy: 'Build one with `nodeward db build --source FEED=PATH`, or fetch one with `nodeward db update`.',
  },
  'database-unusable': { exit: 4, remedy: 'Build it anew with `nodeward db build` or `nodeward db update`.' },
  'database-busy': {
    exit: 4,
    remedy: 'Another process is replacing this database; try again when it has finished.',
  },
  'catalogue-missing': {
    exit: 4,
    remedy: 'Fetch one with `nodeward images update`, or build it with `nodeward images update --from PATH`.',
  },
  'catalogue-unusable': { exit: 4, remedy: 'Build it anew with `nodeward images update`.' },
  'disk-damaged': {
    exit: 3,
    remedy:
      'Take the snapshot again; if the file system itself is damaged, check it on the machine (fsck, xfs_repair).',
  },
  'disk-unsupported': {
    exit: 3,
    remedy:
      'Convert the disk with `qemu-img convert -O raw`, or scan the mounted file system with `nodeward scan rootfs`.',
  },
  'disk-changed': {
    exit: 3,
    remedy: 'Scan a snapshot of the disk: one that is in use changes while it is read.',
  },
  'root-not-found': {
    exit: 3,
    remedy: 'List what the disk holds with `nodeward scan disk --list`; the disk may hold data only.',
  },
  'limit-reached': {
    exit: 3,
    remedy: 'The input is larger or slower than any genuine one; check where it came from.',
  },
  'image-unknown': { exit: 5, remedy: 'List the known images with `nodeward images list`.' },
  'family-unknown': { exit: 5, remedy: 'List the known families with `nodeward images list --families`.' },
  'feed-unknown': { exit: 2, remedy: 'Use one of: osv, azure-linux, cisa-kev, epss.' },
  'feed-failed': {
    exit: 6,
    remedy: 'The data in use is unchanged. Check the source named above and try again.',
  },
  'network-failed': {
    exit: 6,
    remedy: 'Check the connection and proxy, or carry the file in and name it with --source or --from.',
  },
  'config-invalid': {
    exit: 2,
    remedy: 'Correct the setting; `nodeward config` shows all of them and where each comes from.',
  },
  'scope-unknown': {
    exit: 5,
    remedy:
      'List what there is with `nodeward clusters` and `nodeward pools`; new things appear after `nodeward sync`.',
  },
  'store-missing': {
    exit: 4,
    remedy: 'Run `nodeward sync` first, or `nodeward sandbox` to try it without a cloud.',
  },
  'store-unusable': {
    exit: 4,
    remedy:
      'What is named above is damaged or was written by a newer Nodeward: use that one, or restore a backup with `nodeward restore`.',
  },
  'store-busy': {
    exit: 4,
    remedy: 'Another process is writing to this store; try again when it has finished.',
  },
  'store-failed': {
    exit: 6,
    remedy: 'Check that the PostgreSQL server of storage.url runs, can be reached and lets this user in.',
  },
  'id-unknown': {
    exit: 5,
    remedy:
      'List what there is with `nodeward recommendations`, `nodeward exempt` or `nodeward owners`, and use an id from there.',
  },
  'audit-broken': {
    exit: 11,
    remedy:
      'Somebody changed the record: compare it with a backup, and keep the database as it is until that is explained.',
  },
  'notify-failed': {
    exit: 6,
    remedy: 'Check the address and secret of the channel in the settings; what was not told is tried again.',
  },
  'cloud-credentials': {
    exit: 6,
    remedy:
      'Sign in (`az login`), or set the environment of a service principal or managed identity; `nodeward config check` tests it.',
  },
  'cloud-failed': {
    exit: 6,
    remedy: 'Check the endpoint and the connection; `nodeward config check` tests them.',
  },
  'sandbox-unavailable': { exit: 6, remedy: 'Start it with `nodeward sandbox` and leave it running.' },
  'sandbox-busy': {
    exit: 4,
    remedy:
      'Another sandbox runs on this folder or port; stop it, or choose another with --data-dir or --port.',
  },
  'threshold-reached': { exit: 10, remedy: 'Findings at or above the --fail-on severity exist.' },
  interrupted: { exit: 130, remedy: 'Nothing was replaced; run the command again.' },
  internal: { exit: 70, remedy: 'This is a defect in Nodeward; please report it with the command you ran.' },
} as const;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS;

/**
 * A failure a user can act on. `place` says where (file, then line, byte, record or element); the remedy comes
 * from the catalogue unless a more precise one is given.
 */
export class NodewardError extends Error {
  readonly code: ErrorCode;
  readonly place: string | null;
  readonly remedy: string;

  constructor(
    code: ErrorCode,
    message: string,
    more: { place?: string; remedy?: string; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'NodewardError';
    this.code = code;
    this.place = more.place ?? null;
    this.remedy = more.remedy ?? ERRORS[code].remedy;
  }

  /** The status the program ends with. */
  get exitCode(): number {
    return ERRORS[this.code].exit;
  }
}

/** The short text of anything thrown, for a message or a gap; never a stack trace. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Anything thrown as a catalogued error: ours as it is, everything else as `code` with the thrown text. */
export function asNodewardError(thrown: unknown, code: ErrorCode, place?: string): NodewardError {
  if (thrown instanceof NodewardError) return thrown;
  return new NodewardError(code, reasonOf(thrown), {
    cause: thrown,
    ...(place === undefined ? {} : { place }),
  });
}
