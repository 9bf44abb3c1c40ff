/** Mutated disks, databases and programs: an answer or an error of ours, soon, and in bounded memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SCAN_LIMITS } from '../../src/evidence/scan/index.ts';
import { lacking, workFolder } from '../support/tools.ts';
import { feed } from './run.ts';
import { TARGETS } from './targets.ts';

const ROUNDS = 100_000;
const SLOWEST_MS = 10_000;
const KEPT_BYTES = 32 * 2 ** 20;
/** What a whole scan may use; garbage of thousands of inputs is among it. */
const PEAK_BYTES = SCAN_LIMITS.memoryBytes;

const weights = TARGETS.reduce((sum, { weight }) => sum + weight, 0);

describe(`${ROUNDS} mutated inputs`, () => {
  for (const target of TARGETS) {
    const rounds = Math.ceil((ROUNDS * target.weight) / weights);
    const skip = lacking(...target.needs);
    it(`${target.name}: ${rounds}`, { skip, timeout: 240_000 }, async () => {
      const fed = await feed(target, { seed: 1, rounds, maxMs: 200_000, folder: workFolder() });
      assert.equal(fed.rounds, rounds, 'it took too long');
      // Mutations that nothing notices test nothing.
      assert.ok(fed.complaints > rounds / 50, `only ${fed.complaints} inputs were complained about`);
      assert.ok(fed.slowestMs < SLOWEST_MS, `one input took ${fed.slowestMs.toFixed(0)} ms`);
      assert.ok(fed.keptBytes < KEPT_BYTES, `${fed.keptBytes} bytes were kept`);
      assert.ok(fed.peakBytes < PEAK_BYTES, `${fed.peakBytes} bytes were in use`);
    });
  }
});
