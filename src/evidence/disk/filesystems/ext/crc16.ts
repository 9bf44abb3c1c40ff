const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xa001 : 0);
  return crc;
});

/** CRC-16 (ANSI, reflected) as group descriptors use it: starts from `crc`, nothing is inverted. */
export function crc16(crc: number, bytes: Uint8Array): number {
  let value = crc & 0xffff;
  for (const byte of bytes) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] ?? 0);
  return value;
}
