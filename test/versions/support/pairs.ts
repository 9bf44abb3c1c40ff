import { randomNumbers } from '../../support/random.ts';

/** Two version texts. */
export type Pair = readonly [string, string];

/** What random versions of one scheme look like. */
export interface Kind {
  /** Genuine versions to mutate. */
  readonly bases: readonly string[];
  /** Characters to mutate with, the treacherous ones repeated. */
  readonly alphabet: string;
  /** What the scheme can read. */
  readonly valid: RegExp;
}

/** The seed of this run; NODEWARD_SEED repeats another one. */
export const SEED = Number(process.env.NODEWARD_SEED ?? 20_260_823);

/** Names the seed in a failure, and how to repeat it. */
export const REPEAT = `(repeat with NODEWARD_SEED=${SEED})`;

/** `count` distinct pairs: half of them a genuine version with a mutation of it, half short adversarial texts. */
export function generatePairs(kind: Kind, count: number): Pair[] {
  const random = randomNumbers(SEED);
  const pairs = new Map<string, Pair>();
  while (pairs.size < count) {
    const adversarial = pairs.size % 2 === 1;
    const a = adversarial ? randomText(kind, random) : pick(kind.bases, random);
    // Mutating the first text keeps the two close, where the decisions are.
    const b = adversarial && random() < 0.5 ? randomText(kind, random) : mutate(a, kind, random);
    if (a !== b && kind.valid.test(a) && kind.valid.test(b)) {
      pairs.set(`${a} ${b}`, random() < 0.5 ? [a, b] : [b, a]);
    }
  }
  return [...pairs.values()];
}

/** Any texts of printable ASCII, most of which no scheme can read. */
export function generateTexts(alphabet: string, count: number): string[] {
  const random = randomNumbers(SEED);
  return Array.from({ length: count }, () => randomText({ alphabet }, random));
}

function randomText({ alphabet }: Pick<Kind, 'alphabet'>, random: () => number): string {
  let text = '';
  for (let length = 1 + below(8, random); length > 0; length--) text += pick(alphabet, random);
  return text;
}

function mutate(text: string, kind: Kind, random: () => number): string {
  let mutated = text;
  for (let times = 1 + below(3, random); times > 0; times--) {
    const at = below(mutated.length + 1, random);
    const head = mutated.slice(0, at);
    const tail = mutated.slice(at);
    const mutations = [
      () => head + pick(kind.alphabet, random) + tail,
      () => head + tail.slice(1),
      () => head + pick(kind.alphabet, random) + tail.slice(1),
      () => mutated.replace(/[0-9]+(?=[^0-9]*$)/, (digits) => String(Number(digits) + 1)),
      () => mutated.replace(/(^|[^0-9])([0-9])/, '$10$2'),
      () => `${below(3, random)}:${mutated.replace(/^[0-9]+:/, '')}`,
      () => head,
      () => head + pick(kind.bases, random).slice(-below(8, random) - 1),
    ];
    mutated = pick(mutations, random)();
  }
  return mutated;
}

function pick<T>(from: { readonly length: number; readonly [index: number]: T }, random: () => number): T {
  return from[below(from.length, random)] as T;
}

function below(limit: number, random: () => number): number {
  return Math.floor(random() * limit);
}
