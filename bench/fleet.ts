/**
 * Measures discovery of a large fleet: a sandbox of 1,000 clusters and 100,000 nodes in one process, Nodeward in another.
 *
 *   npm run build && npm run bench:fleet
 *   npm run bench:fleet -- 100 10000     another size: clusters, nodes
 *
 * The bound of a full sync is a program that only reads the same lists of nodes and parses them. The limits of the second
 * part are Azure's documented ones.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type BenchSandbox, readEverything, startSandbox } from './fleet/sandbox.ts';
import { bundle, type Cost, flags, requireTools } from './process.ts';

requireTools();
const [clusters = 1_000, nodes = 100_000] = process.argv.slice(2).map(Number);
const PARALLEL = 16;
const scratch = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));

try {
  line(`Node ${process.versions.node}, ${clusters} clusters, ${nodes} nodes\n`);
  const open = await startSandbox(join(scratch, 'open'), { clusters, nodes, limits: false });
  line(`sandbox: starts in ${open.seconds.toFixed(1)} s\n`);
  try {
    await measureDiscovery(open);
  } finally {
    await open.stop();
  }
  const limited = await startSandbox(join(scratch, 'limited'), { clusters, nodes, limits: true });
  try {
    line("\nwith Azure's request limits");
    nodeward(limited, ['enable', 'all']);
    row('full sync', nodeward(limited, ['sync']));
    row('the next sync', nodeward(limited, ['sync']));
  } finally {
    await limited.stop();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function measureDiscovery(sandbox: BenchSandbox): Promise<void> {
  nodeward(sandbox, ['enable', 'all']);
  const full = nodeward(sandbox, ['sync']);
  row('full sync, with evidence by image', full);
  const bound = await readEverything(sandbox, serversOf(sandbox), PARALLEL);
  line(
    `bound: reading the same lists: ${bound.seconds.toFixed(1)} s, ${bound.nodes} nodes, ${(bound.bytes / 2 ** 20).toFixed(0)} MiB; sync/bound ${(full.cost.seconds / bound.seconds).toFixed(2)}`,
  );
  row('sync, nothing changed', nodeward(sandbox, ['sync']));
  nodeward(sandbox, ['sandbox', 'advance', '6h']);
  row('sync after six hours', nodeward(sandbox, ['sync']));
  row('sync --full', nodeward(sandbox, ['sync', '--full']));
  for (const words of [['clusters'], ['pools'], ['nodes', '--format', 'csv'], ['coverage']])
    row(words.join(' '), nodeward(sandbox, words));
}

/** Paths of the API servers, out of what the sync kept of each cluster. */
function serversOf({ folder, url }: BenchSandbox): readonly string[] {
  const database = new DatabaseSync(join(folder, 'inventory.db'), { readOnly: true });
  const rows = database.prepare('SELECT cursor FROM cluster WHERE cursor IS NOT NULL').all();
  database.close();
  return rows.map((row) => (JSON.parse(String(row.cursor)) as { server: string }).server.slice(url.length));
}

interface Ran {
  readonly cost: Cost;
  readonly output: string;
}

/** One command as a whole process. */
function nodeward({ folder }: BenchSandbox, words: readonly string[]): Ran {
  const report = join(scratch, 'time');
  const command = [process.execPath, ...flags, bundle, ...words, '--data-dir', folder];
  const run = spawnSync('/usr/bin/time', ['-o', report, '-f', '%e %M', ...command], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (run.status !== 0)
    throw new Error(`${words.join(' ')} ended with ${run.status}: ${run.stderr.slice(-2000)}`);
  const [seconds = 0, kibibytes = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
  return { cost: { seconds, mebibytes: kibibytes / 1024 }, output: run.stdout };
}

function row(name: string, { cost, output }: Ran): void {
  line(
    `${name.padEnd(40)} ${cost.seconds.toFixed(1).padStart(6)} s ${cost.mebibytes.toFixed(0).padStart(5)} MiB`,
  );
  const requests = /^Requests +[\s\S]*?(?=\n\S|\n\n|$(?![\s\S]))/m.exec(output)?.[0];
  if (requests !== undefined) line(`    ${requests.replace(/\s+/g, ' ')}`);
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}
