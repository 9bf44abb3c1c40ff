/**
 * Feeds every parser of what comes from a disk with mutated input, for as long as is asked for.
 *
 *   npm run fuzz                                      a minute for each target, with a seed of its own each time
 *   npm run fuzz -- --seconds 600 --target ext        longer, one target
 *   npm run fuzz -- --seed 7 --rounds 1000            the same inputs again
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { feed } from '../test/fuzz/run.ts';
import { TARGETS } from '../test/fuzz/targets.ts';
import { lacking } from '../test/support/tools.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rounds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string' },
  },
});

for (const target of TARGETS.filter(({ name }) => values.target === undefined || name === values.target)) {
  const missing = lacking(...target.needs);
  if (missing !== false) {
    process.stdout.write(`${target.name}: left out, ${missing}\n`);
    continue;
  }
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-fuzz-'));
  try {
    const [seed, rounds, maxMs] = [Number(values.seed), Number(values.rounds), Number(values.seconds) * 1000];
    const fed = await feed(target, { seed, rounds, maxMs, folder });
    const found = `${fed.rounds} inputs, ${fed.complaints} with complaints`;
    const cost = `slowest ${fed.slowestMs.toFixed(0)} ms, kept ${(fed.keptBytes / 2 ** 20).toFixed(1)} MiB, peak ${(fed.peakBytes / 2 ** 20).toFixed(0)} MiB`;
    process.stdout.write(`${target.name}: seed ${seed}, ${found}, ${cost}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
