/** Whole processes, measured: wall seconds and peak memory, by Debian's `time`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const RUNS = 7;
const TIME = '/usr/bin/time';
export const root = fileURLToPath(new URL('..', import.meta.url));
export const bundle = join(root, 'dist/main.js');
/** As the launcher starts the program. */
export const flags: readonly string[] = ['--max-semi-space-size=2', '--disable-warning=ExperimentalWarning'];

/** What one process costs: the median of several runs. */
export interface Cost {
  readonly seconds: number;
  readonly mebibytes: number;
}

/** Ends the program where what measuring needs is not there. */
export function requireTools(): void {
  if (existsSync(TIME) && existsSync(bundle)) return;
  process.stderr.write(`the benchmark needs ${TIME} (apt-get install time) and the bundle (npm run build)\n`);
  process.exit(2);
}

/** Runs Node with these words several times, after once for the caches. `scratch`: a folder for the reports. */
export function measure(words: readonly string[], dataDir: string, scratch: string): Cost {
  const report = join(scratch, 'time');
  const costs = Array.from({ length: RUNS + 1 }, (): Cost => {
    const run = spawnSync(TIME, ['-o', report, '-f', '%e %M', process.execPath, ...words], {
      env: { ...process.env, NODEWARD_DATA_DIR: dataDir },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (run.status !== 0) throw new Error(`${words.join(' ')} ended with ${run.status}`);
    const [seconds = 0, kibibytes = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
    return { seconds, mebibytes: kibibytes / 1024 };
  }).slice(1);
  return { seconds: median(costs.map((c) => c.seconds)), mebibytes: median(costs.map((c) => c.mebibytes)) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
