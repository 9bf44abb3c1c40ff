/**
 * Measures whole processes and the matcher.
 *
 *   npm run build && npm run bench
 *   NODEWARD_DATA=DATA_FOLDER npm run bench     also with a database of all advisories in that folder
 *
 * Whole processes: median of several runs of the release bundle and of the checkout, wall seconds and peak memory,
 * each as a ratio to an empty Node process of the same run. Needs Debian's package `time`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAdvisories } from '../src/advisories/index.ts';
import { silent } from '../src/base/log.ts';
import { matchSoftware } from '../src/matching/index.ts';
import { Workspace } from '../src/pipeline/workspace.ts';
import { bundle, type Cost, flags, measure, RUNS, requireTools, root } from './process.ts';

const UBUNTU = 'AKSUbuntu-2204gen2containerd-202309.06.0';
const AZURE_LINUX = 'AKSAzureLinux-V3gen2-202501.05.0';

requireTools();
const scratch = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));
try {
  process.stdout.write(`Node ${process.versions.node}, median of ${RUNS} runs\n\n`);
  const empty = measure(['-e', '0'], scratch, scratch);
  row('empty Node process', empty, empty);
  commands('snapshot', join(scratch, 'none'), empty);
  const data = process.env.NODEWARD_DATA ?? '';
  if (data !== '') {
    const full = join(scratch, 'full');
    await buildAdvisories({
      sources: [
        { feed: 'osv', path: join(data, 'advisories/osv') },
        { feed: 'azure-linux', path: join(data, 'advisories/azure-linux') },
        { feed: 'cisa-kev', path: join(data, 'advisories/cisa-kev/known_exploited_vulnerabilities.json') },
      ],
      database: join(full, 'advisories.db'),
      progress: silent,
    });
    commands('all advisories', full, empty);
  }
  matches();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function commands(label: string, dataDir: string, empty: Cost): void {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['version', ['version']],
    ['assess Ubuntu 22.04, 717 packages', ['assess', '--image', UBUNTU]],
    ['  as JSON', ['assess', '--image', UBUNTU, '--format', 'json']],
    ['assess Azure Linux 3.0, 387 packages', ['assess', '--image', AZURE_LINUX]],
    ['fixed-in, all families', ['fixed-in', 'CVE-2024-6387']],
  ];
  for (const [name, words] of cases) {
    const released = measure([...flags, bundle, ...words], dataDir, scratch);
    row(`${label}: ${name}`, released, empty);
    if (label !== 'snapshot') continue;
    row(
      '    the same from a checkout',
      measure([...flags, join(root, 'src/main.ts'), ...words], dataDir, scratch),
      empty,
    );
  }
}

function row(name: string, cost: Cost, empty: Cost): void {
  const ratio = (cost.mebibytes / empty.mebibytes).toFixed(1);
  const seconds = `${cost.seconds.toFixed(2)} s (+${(cost.seconds - empty.seconds).toFixed(2)})`;
  process.stdout.write(
    `${name.padEnd(56)} ${seconds.padEnd(16)} ${cost.mebibytes.toFixed(0).padStart(4)} MiB (${ratio}×)\n`,
  );
}

/** Findings made in one process, once the database is in memory. */
function matches(): void {
  const workspace = new Workspace({
    dataDir: join(scratch, 'none'),
    snapshotDir: join(root, 'data/snapshot'),
  });
  const { software } = workspace.findImage(UBUNTU);
  let findings = 0;
  matchSoftware(software, workspace.advisories());
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < 3000) {
    findings += matchSoftware(software, workspace.advisories()).findings.length;
    rounds++;
  }
  const seconds = (performance.now() - start) / 1000;
  workspace.close();
  process.stdout.write(
    `\nin one process: ${(rounds / seconds).toFixed(0)} lists of ${software.packages.length} packages a second, ${(findings / seconds).toFixed(0)} findings a second\n`,
  );
}
