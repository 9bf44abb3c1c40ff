import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c, updateCrc32c } from '../../../src/evidence/disk/crc32c.ts';

/** Bit by bit, from the definition. */
function slowly(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

test('the values of RFC 3720 and of the CRC catalogue', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, n) => n)), 0x46dd794e);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, n) => 31 - n)), 0x113fdb5c);
  assert.equal(crc32c(new Uint8Array()), 0);
});

test('equals the definition at every length and alignment, whole and in parts', () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(bytes, fc.nat(200), (data, cut) => {
      const expected = slowly(data);
      assert.equal(crc32c(data), expected);
      const at = Math.min(cut, data.length);
      assert.equal(crc32c(data.subarray(at), crc32c(data.subarray(0, at))), expected);
      assert.equal(~updateCrc32c(~0, data) >>> 0, expected);
    }),
  );
});
