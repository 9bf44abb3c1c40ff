import { userInfo } from 'node:os';

/** Who runs the command; some containers have no name for their user. */
export function user(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
