/**
 * Measures scans of a Debian node: a folder, a qcow2 image, and its disk over HTTP at several latencies.
 *
 *   npm run build && npm run bench:scan
 *   NODEWARD_TREE=DIR npm run bench:scan     a root file system of your own instead of the one that is built
 *
 * The tree is built once with mmdebstrap (needs root and Debian's mirror) and kept in the folder for temporary files.
 * Whole processes: median of several runs, wall seconds and peak memory, with findings from the advisories of the
 * shipped snapshot, or from those below NODEWARD_DATA where Debian's own are.
 *
 * The lower bound of bytes is what the same scan asks the page cache for, counted in whole pages, each once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAdvisories } from '../src/advisories/index.ts';
import { formatBytes } from '../src/base/files.ts';
import { silent } from '../src/base/log.ts';
import { bundle, type Cost, flags, measure, RUNS, requireTools } from './process.ts';
import { diskOf, nodeTree, sizeOf } from './scan/fixtures.ts';
import { measureReads } from './scan/reads.ts';

requireTools();

const scratch = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));
try {
  const tree = process.env.NODEWARD_TREE ?? nodeTree();
  const { packages, entries, bytes } = sizeOf(tree);
  line(`Node ${process.versions.node}, median of ${RUNS} runs`);
  line(`tree: ${formatBytes(bytes)}, ${entries} entries, ${packages} packages\n`);
  const data = process.env.NODEWARD_DATA ?? '';
  if (data !== '') await buildDebian(data);
  row('scan rootfs', cost(['scan', 'rootfs', tree]));
  row('scan rootfs --all-files', cost(['scan', 'rootfs', tree, '--all-files']));
  for (const type of ['ext4', 'xfs'] as const) {
    const disk = diskOf(tree, type, scratch);
    row(`scan disk, ${type} in a raw image of 30 GB`, cost(['scan', 'disk', disk.raw]));
    row(`scan disk, ${type} in qcow2`, cost(['scan', 'disk', disk.qcow2]));
    row(`  with --all-files`, cost(['scan', 'disk', disk.qcow2, '--all-files']));
    await measureReads(disk.raw, type, line);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** A database with Debian's own advisories, so that its packages have findings. */
async function buildDebian(data: string): Promise<void> {
  await buildAdvisories({
    sources: [
      { feed: 'osv', path: join(data, 'advisories/osv') },
      { feed: 'cisa-kev', path: join(data, 'advisories/cisa-kev/known_exploited_vulnerabilities.json') },
    ],
    database: join(scratch, 'data/advisories.db'),
    progress: silent,
  });
}

function cost(words: readonly string[]): Cost {
  return measure([...flags, bundle, ...words], join(scratch, 'data'), scratch);
}

function row(name: string, { seconds, mebibytes }: Cost): void {
  line(`${name.padEnd(48)} ${seconds.toFixed(2).padStart(6)} s ${mebibytes.toFixed(0).padStart(5)} MiB`);
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}
