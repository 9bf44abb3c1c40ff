/** Why the log cannot be replayed. It never leaves this folder: it becomes a problem of the file system. */
export class LogError extends Error {
  override readonly name = 'LogError';
}
