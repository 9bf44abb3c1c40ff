import { readFileSync } from 'node:fs';

/**
 * Whether a process of this machine still runs. One that has ended and that nobody waited for, as happens in containers
 * without an init process, keeps its number on Linux and does not count.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as { code?: string }).code === 'EPERM';
  }
  return !isZombie(pid);
}

/** The state is the first letter behind the name, which is in parentheses and may hold any of them (proc(5)). */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2) === 'Z';
  } catch {
    return false;
  }
}
