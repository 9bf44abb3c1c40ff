import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodewardError } from './errors.ts';
import { isAlive } from './process.ts';

const held = new Set<string>();

/**
 * One update of a folder at a time: two would write into the same partial downloads. A lock of a dead process does
 * not count.
 * @returns what gives the lock back
 * @throws NodewardError database-busy, file-unwritable
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, '.lock');
  const own = `${path}-${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    if (isStale(path)) rmSync(path, { force: true });
    // A link is there with its content or not at all, so nobody reads a lock without its owner.
    writeFileSync(own, String(process.pid));
    linkSync(own, path);
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'EEXIST')
      throw new NodewardError('database-busy', `Another update is writing to ${folder}`, { place: path });
    throw new NodewardError('file-unwritable', `${folder} cannot be written`, { cause: thrown });
  } finally {
    rmSync(own, { force: true });
  }
  held.add(path);
  return () => {
    held.delete(path);
    rmSync(path, { force: true });
  };
}

/** In a container every process may have the same number, so our own number is only ours if we hold the lock. */
function isStale(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    if (!Number.isSafeInteger(pid) || pid <= 0) return true;
    if (pid === process.pid) return !held.has(path);
    return !isAlive(pid);
  } catch {
    // A lock that cannot be read is one that somebody holds.
    return false;
  }
}
