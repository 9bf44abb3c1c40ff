/** The Castagnoli polynomial, bits reversed (RFC 3720, appendix B.4). */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/** Table `n` (256 values each) moves a byte on by `n` bytes, so that eight bytes are taken in one step. */
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256] ?? 0;
    table[at] = (before >>> 8) ^ (table[before & 0xff] ?? 0);
  }
  return table;
}

/**
 * The CRC-32C of the bytes as most formats store it (iSCSI, XFS, VHDX, btrfs): the register starts as all ones and
 * is inverted at the end, so that `crc32c` of the ASCII digits `123456789` is 0xe3069283. Unsigned, 32 bits.
 *
 * `seed` is the result for the bytes before these: `crc32c(b, crc32c(a))` is the CRC of `a` followed by `b`, and 0 is
 * the result for no bytes. For formats that do not invert (ext4, jbd2) use `updateCrc32c`.
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  return ~updateCrc32c(~seed, bytes) >>> 0;
}

/**
 * The CRC-32C register after these bytes: nothing is inverted, neither at the start nor at the end. This is the Linux
 * kernel's `crc32c(seed, data, length)` and the value ext4 stores; its chains start with a register of ~0. Unsigned.
 */
export function updateCrc32c(register: number, bytes: Uint8Array): number {
  const table = TABLE;
  const { length } = bytes;
  const whole = length - (length % SLICES);
  let crc = register | 0;
  let at = 0;
  // The indexes are in range by construction; `| 0` tells the engine that each value is a 32-bit integer.
  const get = (index: number): number => table[index] as number;
  const byte = (index: number): number => bytes[index] as number;
  for (; at < whole; at += SLICES) {
    crc ^= byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
    crc =
      get(1792 + (crc & 0xff)) ^
      get(1536 + ((crc >>> 8) & 0xff)) ^
      get(1280 + ((crc >>> 16) & 0xff)) ^
      get(1024 + (crc >>> 24)) ^
      get(768 + byte(at + 4)) ^
      get(512 + byte(at + 5)) ^
      get(256 + byte(at + 6)) ^
      get(byte(at + 7));
  }
  for (; at < length; at++) crc = (crc >>> 8) ^ get((crc ^ byte(at)) & 0xff);
  return crc >>> 0;
}
