import { createHash } from 'node:crypto';
import { SECTOR } from './gpt.ts';

/** Seconds from 1970 to 2000, from which a footer counts. */
const EPOCH = 946_684_800;

/**
 * The footer of a fixed VHD (Virtual Hard Disk Image Format Specification 1.0), as Azure puts it behind the disk.
 * @param size bytes of the disk
 * @param facts what its id is made from, and seconds since 1970
 */
export function vhdFooter(size: number, facts: { readonly seed: string; readonly made: number }): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('conectix', 0, 'latin1');
  bytes.writeUInt32BE(2, 8);
  bytes.writeUInt32BE(0x00010000, 12);
  bytes.fill(0xff, 16, 24);
  bytes.writeUInt32BE(Math.max(0, facts.made - EPOCH), 24);
  bytes.write('win ', 28, 'latin1');
  bytes.writeUInt32BE(0x000a0000, 32);
  bytes.write('Wi2k', 36, 'latin1');
  bytes.writeBigUInt64BE(BigInt(size), 40);
  bytes.writeBigUInt64BE(BigInt(size), 48);
  writeGeometry(bytes, size / SECTOR);
  bytes.writeUInt32BE(2, 60);
  createHash('md5').update(facts.seed).digest().copy(bytes, 68);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.writeUInt32BE(~sum >>> 0, 64);
  return bytes;
}

/** Cylinders, heads and sectors as the specification derives them for disks of a GiB and more. */
function writeGeometry(bytes: Buffer, sectors: number): void {
  const heads = 16;
  const perTrack = sectors >= 65535 * heads * 63 ? 255 : 63;
  bytes.writeUInt16BE(Math.min(65535, Math.floor(sectors / perTrack / heads)), 56);
  bytes.writeUInt8(heads, 58);
  bytes.writeUInt8(perTrack, 59);
}
