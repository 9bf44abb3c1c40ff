/** Bits of a 32-bit word, moved round to the left. */
function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/**
 * The hash of a name that the index of a directory is sorted by (xfs_da_hashname): four bytes at a time, seven bits
 * apart. Unsigned, 32 bits.
 */
export function hashOfName(name: Uint8Array): number {
  const byte = (at: number): number => name[at] ?? 0;
  let hash = 0;
  let at = 0;
  for (; at + 4 <= name.length; at += 4)
    hash = (byte(at) << 21) ^ (byte(at + 1) << 14) ^ (byte(at + 2) << 7) ^ byte(at + 3) ^ rotate(hash, 28);
  const rest = name.length - at;
  if (rest === 3) hash = (byte(at) << 14) ^ (byte(at + 1) << 7) ^ byte(at + 2) ^ rotate(hash, 21);
  if (rest === 2) hash = (byte(at) << 7) ^ byte(at + 1) ^ rotate(hash, 14);
  if (rest === 1) hash = byte(at) ^ rotate(hash, 7);
  return hash >>> 0;
}

/** The hash in a file system that takes names without regard to case: one lower-case byte at a time. */
export function hashOfFoldedName(name: Uint8Array): number {
  let hash = 0;
  for (const byte of name) hash = folded(byte) ^ rotate(hash, 7);
  return hash >>> 0;
}

/** A byte of ISO 8859-1 in lower case, as XFS folds it. */
function folded(byte: number): number {
  const upper =
    (byte >= 0x41 && byte <= 0x5a) || (byte >= 0xc0 && byte <= 0xd6) || (byte >= 0xd8 && byte <= 0xde);
  return upper ? byte + 0x20 : byte;
}

/** How the names of a file system are compared and hashed. */
export interface NameRule {
  hash(name: Uint8Array): number;
  /** True where both name the same entry. */
  same(one: Uint8Array, other: Uint8Array): boolean;
}

const EXACT: NameRule = { hash: hashOfName, same: (one, other) => Buffer.compare(one, other) === 0 };

const FOLDED: NameRule = {
  hash: hashOfFoldedName,
  same: (one, other) =>
    one.length === other.length && one.every((byte, at) => folded(byte) === folded(other[at] ?? 0)),
};

/** The rule of a file system, with or without the feature `ascii-ci`. */
export function nameRule(asciiCi: boolean): NameRule {
  return asciiCi ? FOLDED : EXACT;
}
