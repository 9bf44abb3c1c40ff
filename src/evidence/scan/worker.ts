/** The thread that reads what is scanned: nothing of a hostile disk is parsed anywhere else. */
import { parentPort, workerData } from 'node:worker_threads';
import { asNodewardError, NodewardError } from '../../base/errors.ts';
import type { Gap } from '../../model/gap.ts';
import type { Candidate, Disk } from '../disk/disk.ts';
import type { OpenSource } from '../disk/sources/types.ts';
import { FileTree } from '../filesystem/tree.ts';
import { collect } from './collect.ts';
import { listing } from './listing.ts';
import { mountGaps } from './mounts.ts';
import { chooseRoot } from './root.ts';
import type { ScanMessage, ScanRequest } from './types.ts';

const TOLD_MS = 200;

const port = parentPort;
if (port === null) throw new Error('this module only runs in a thread of its own');

const request = workerData as ScanRequest;
const stopped = new AbortController();
port.once('message', (reason: string) => {
  stopped.abort(new NodewardError('limit-reached', reason));
});
// The port alone must not keep the thread alive once everything is told.
port.unref();

function tell(message: ScanMessage): void {
  port?.postMessage(message);
}

try {
  const { target } = request;
  if (target.kind === 'rootfs') await scanDirectory(target.path);
  else await scanDisk(target.location, target.partition);
} catch (thrown) {
  const { code, message, place, remedy } = asNodewardError(thrown, 'internal');
  tell({ kind: 'error', error: { code, message, place, remedy } });
}

async function scanDirectory(path: string): Promise<void> {
  const { openDirectory } = await import('../filesystem/directory.ts');
  const tree = new FileTree(openDirectory(path));
  await tree.fileSystem.root();
  tell({ kind: 'opened', opened: { disk: null, fileSystem: 'directory', journal: 'absent', gaps: [] } });
  await collect({ tree, allFiles: request.allFiles, signal: stopped.signal, tell });
  tell({ kind: 'end', reads: null });
}

async function scanDisk(location: string, partition: number | null): Promise<void> {
  const { findRoots, openDisk } = await import('../disk/disk.ts');
  const { openSource } = await import('../disk/sources/open.ts');
  const { maxRequests, maxBytes, cacheBytes } = request.limits;
  const limits = { maxRequests, maxBytes, cacheBytes };
  const opened = await openSource(location, { limits, signal: stopped.signal });
  // Until the readers tell how far they are, the requests show that the disk answers.
  const told = setInterval(() => {
    tell({
      kind: 'progress',
      label: 'Looking for the root, reads',
      done: opened.counters().requests,
      total: null,
    });
  }, TOLD_MS);
  try {
    const disk = await openDisk(opened.source);
    const candidates = await findRoots(disk.volumes);
    clearInterval(told);
    if (request.task === 'list') {
      tell({ kind: 'listing', listing: listing(disk, candidates, opened.counters()) });
      return;
    }
    await scanRoot(disk, chooseRoot(disk, candidates, partition), opened);
  } finally {
    clearInterval(told);
    await opened.close();
  }
}

async function scanRoot(
  { image, size, scheme }: Disk,
  { root, gaps }: { readonly root: Candidate | null; readonly gaps: readonly Gap[] },
  { counters }: OpenSource,
): Promise<void> {
  const tree = root?.tree ?? null;
  const disk = { image, size, scheme, partition: root?.volume.partition.number ?? null };
  const { type = null, journal = 'absent' } = tree?.fileSystem ?? {};
  const mounts = tree === null ? [] : await mountGaps(tree);
  tell({ kind: 'opened', opened: { disk, fileSystem: type, journal, gaps: [...gaps, ...mounts] } });
  if (tree !== null) await collect({ tree, allFiles: request.allFiles, signal: stopped.signal, tell });
  const { requests, bytes } = counters();
  tell({ kind: 'end', reads: { requests, bytes } });
}
