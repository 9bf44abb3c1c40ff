import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { randomBelow } from '../support/random.ts';
import { Mutator } from './mutate.ts';
import type { Target } from './targets.ts';

/** How long a target is fed: rounds, or until the time is over. */
export interface Run {
  readonly seed: number;
  readonly rounds: number;
  readonly maxMs: number;
  /** Where samples are made. */
  readonly folder: string;
}

/** What came of feeding a target. */
export interface Fed {
  readonly rounds: number;
  /** Inputs in which something was found to be wrong. */
  readonly complaints: number;
  /** The longest one input took, in milliseconds. */
  readonly slowestMs: number;
  /** Memory that is kept beyond that at the start, in bytes. */
  readonly keptBytes: number;
  /** The most memory the process had so far, in bytes. */
  readonly peakBytes: number;
}

/** An input that a target threw on, with what makes it again. */
export class FuzzFailure extends Error {}

/** Feeds a target with mutations of its samples. @throws FuzzFailure for anything but an answer or an error of ours */
export async function feed(target: Target, { seed, rounds, maxMs, folder }: Run): Promise<Fed> {
  const samples = target.samples(folder);
  for (const [index, sample] of samples.entries())
    if (await target.read(sample)) throw new FuzzFailure(`sample ${index} of ${target.name} is not sound`);
  const mutators = samples.map((sample) => new Mutator(sample));
  const before = await used();
  const started = performance.now();
  let [done, complaints, slowestMs] = [0, 0, 0];
  for (; done < rounds && performance.now() - started < maxMs; done++) {
    const mutator = mutators[done % mutators.length];
    if (mutator === undefined) break;
    const input = mutator.next(randomBelow(seed * 1_000_003 + done));
    const from = performance.now();
    if (await readOne(target, input, `seed ${seed}, round ${done}`)) complaints++;
    slowestMs = Math.max(slowestMs, performance.now() - from);
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { rounds: done, complaints, slowestMs, keptBytes: (await used()) - before, peakBytes };
}

async function readOne(target: Target, input: Buffer, where: string): Promise<boolean> {
  try {
    return await target.read(input);
  } catch (thrown) {
    const what = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    throw new FuzzFailure(`${target.name} failed with ${where}: ${what}`, { cause: thrown });
  }
}

/** Memory in use. What native code held is given back some turns of the event loop after the collection. */
async function used(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 4; turn++) {
    collect();
    await sleep(25);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
