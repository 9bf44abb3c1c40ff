/** Pseudo-random numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole pseudo-random numbers from 0 to below a bound. */
export type Random = (below: number) => number;

/** Whole numbers below the bound of each call, the same for the same seed. */
export function randomBelow(seed: number): Random {
  const next = randomNumbers(seed);
  return (below) => Math.floor(next() * below);
}
