/** The hashes of names that directory indexes are sorted by (`dx_root_info.hash_version`). */
export const HASHES = { legacy: 0, halfMd4: 1, tea: 2 } as const;

/** How names are hashed in one file system. */
export interface HashRule {
  readonly version: number;
  /** Characters from 128 on count as they are; otherwise as negative numbers. */
  readonly unsigned: boolean;
  /** `s_hash_seed`; all zeros stand for the usual start values. */
  readonly seed: Uint32Array;
}

const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;
/** The last hash is kept for the end of the directory. */
const END_OF_DIRECTORY = 0xfffffffe;

/**
 * The hash of a name, as the kernel's `ext4fs_dirhash`: unsigned, 32 bits, the lowest one clear. Null for a version
 * this does not know.
 */
export function nameHash(name: Uint8Array, { version, unsigned, seed }: HashRule): number | null {
  const state = Uint32Array.from(seed.some((word) => word !== 0) ? seed : START);
  const chars = unsigned ? name : new Int8Array(name.buffer, name.byteOffset, name.length);
  let hash: number;
  if (version === HASHES.legacy) hash = legacyHash(chars);
  else if (version === HASHES.halfMd4) {
    for (let at = 0; at < chars.length; at += 32) halfMd4(state, words(chars, at, 8));
    hash = state[1] ?? 0;
  } else if (version === HASHES.tea) {
    for (let at = 0; at < chars.length; at += 16) tea(state, words(chars, at, 4));
    hash = state[0] ?? 0;
  } else return null;
  const even = (hash & ~1) >>> 0;
  return even === END_OF_DIRECTORY ? END_OF_DIRECTORY - 2 : even;
}

type Characters = Uint8Array | Int8Array;

/** The next `count` words of a name; the length of what is left fills what is missing. */
function words(chars: Characters, at: number, count: number): Uint32Array {
  const left = chars.length - at;
  const pad = (left | (left << 8) | (left << 16) | (left << 24)) >>> 0;
  const result = new Uint32Array(count).fill(pad);
  const length = Math.min(left, count * 4);
  let word = pad;
  for (let n = 0; n < length; n++) {
    word = ((chars[at + n] ?? 0) + (word << 8)) >>> 0;
    if (n % 4 !== 3) continue;
    result[n >> 2] = word;
    word = pad;
  }
  if (length % 4 !== 0) result[length >> 2] = word;
  return result;
}

function legacyHash(chars: Characters): number {
  let hash0 = 0x12a3fe2d;
  let hash1 = 0x37abe8f9;
  for (const char of chars) {
    let hash = (hash1 + (hash0 ^ Math.imul(char, 7152373))) >>> 0;
    if ((hash & 0x80000000) !== 0) hash = (hash - 0x7fffffff) >>> 0;
    hash1 = hash0;
    hash0 = hash;
  }
  return (hash0 << 1) >>> 0;
}

const TEA_DELTA = 0x9e3779b9;

function tea(state: Uint32Array, input: Uint32Array): void {
  const [a = 0, b = 0, c = 0, d = 0] = input;
  let [left = 0, right = 0] = state;
  let sum = 0;
  for (let round = 0; round < 16; round++) {
    sum = (sum + TEA_DELTA) >>> 0;
    left = (left + (((right << 4) + a) ^ (right + sum) ^ ((right >>> 5) + b))) >>> 0;
    right = (right + (((left << 4) + c) ^ (left + sum) ^ ((left >>> 5) + d))) >>> 0;
  }
  state[0] = (state[0] ?? 0) + left;
  state[1] = (state[1] ?? 0) + right;
}

/** The three rounds of half MD4: the mixing function, its constant, the order of the words, the rotations. */
const ROUNDS: readonly {
  mix(x: number, y: number, z: number): number;
  readonly constant: number;
  readonly order: readonly number[];
  readonly turns: readonly number[];
}[] = [
  {
    mix: (x, y, z) => z ^ (x & (y ^ z)),
    constant: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7],
    turns: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => (x & y) + ((x ^ y) & z),
    constant: 0x5a827999,
    order: [1, 3, 5, 7, 0, 2, 4, 6],
    turns: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => x ^ y ^ z,
    constant: 0x6ed9eba1,
    order: [3, 7, 2, 6, 1, 5, 0, 4],
    turns: [3, 9, 11, 15],
  },
];

function halfMd4(state: Uint32Array, input: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (const { mix, constant, order, turns } of ROUNDS)
    for (const [step, index] of order.entries()) {
      const sum = (a + mix(b, c, d) + (input[index] ?? 0) + constant) | 0;
      const turn = turns[step % 4] ?? 0;
      const turned = (sum << turn) | (sum >>> (32 - turn));
      [a, b, c, d] = [d, turned, b, c];
    }
  state[0] = (state[0] ?? 0) + a;
  state[1] = (state[1] ?? 0) + b;
  state[2] = (state[2] ?? 0) + c;
  state[3] = (state[3] ?? 0) + d;
}
