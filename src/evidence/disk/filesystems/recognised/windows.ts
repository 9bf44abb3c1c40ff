import { has, type Probe, signed, textAt } from './start.ts';

/** Where the names of file systems begin in boot sectors. */
const NAME = 3;

const ntfs: Probe = (start) => {
  if (!has(start, NAME, 'NTFS    ')) return null;
  const serial = start.readBigUInt64LE(72).toString(16).toUpperCase().padStart(16, '0');
  return { type: 'NTFS', label: '', uuid: serial };
};

const exfat: Probe = (start) =>
  has(start, NAME, 'EXFAT   ') ? { type: 'exFAT', label: '', uuid: serialAt(start, 100) } : null;

/** As blkid(8) and Windows print it: `1A2B-3C4D`. */
function serialAt(start: Buffer, at: number): string {
  const digits = start.readUInt32LE(at).toString(16).toUpperCase().padStart(8, '0');
  return digits === '00000000' ? '' : `${digits.slice(0, 4)}-${digits.slice(4)}`;
}

/** The identity of BitLocker To Go, whose boot sector is otherwise one of FAT. */
const TO_GO = '3bd66749292ed84a8399f6a339e3d001';

const bitlocker: Probe = (start) =>
  has(start, NAME, '-FVE-FS-') || start.toString('hex', 424, 440) === TO_GO
    ? { type: 'BitLocker', label: '', uuid: '' }
    : null;

/**
 * FAT has no signature of its own: the fields of its boot sector must make sense, and the number of clusters says which
 * of the three it is (Microsoft FAT specification, "FAT type determination"). The label is that of
 * the boot sector, which a later change may have left out.
 */
const fat: Probe = (start) => {
  const sectorSize = start.readUInt16LE(11);
  const clusterSectors = start.readUInt8(13);
  const reserved = start.readUInt16LE(14);
  const copies = start.readUInt8(16);
  const media = start.readUInt8(21);
  const plausible =
    start.readUInt16LE(510) === 0xaa55 &&
    [512, 1024, 2048, 4096].includes(sectorSize) &&
    [1, 2, 4, 8, 16, 32, 64, 128].includes(clusterSectors) &&
    reserved > 0 &&
    (copies === 1 || copies === 2) &&
    (media === 0xf0 || media >= 0xf8);
  if (!plausible) return null;
  const small = start.readUInt16LE(22);
  const tableSectors = small === 0 ? start.readUInt32LE(36) : small;
  const rootSectors = Math.ceil((start.readUInt16LE(17) * 32) / sectorSize);
  const sectors = start.readUInt16LE(19) || start.readUInt32LE(32);
  const clusters = (sectors - reserved - copies * tableSectors - rootSectors) / clusterSectors;
  if (tableSectors === 0 || clusters < 1) return null;
  const type = small === 0 ? 'FAT32' : clusters < 4085 ? 'FAT12' : 'FAT16';
  const extended = type === 'FAT32' ? 66 : 38;
  const marked = [0x28, 0x29].includes(start.readUInt8(extended));
  const label = start.readUInt8(extended) === 0x29 ? textAt(start, extended + 5, 11) : '';
  return {
    type,
    label: label === 'NO NAME' ? '' : label,
    uuid: marked ? serialAt(start, extended + 1) : '',
  };
};

/** What Windows makes, and the EFI system partition. BitLocker keeps boot sectors that look like the others. */
export const WINDOWS: readonly Probe[] = [bitlocker, ntfs, exfat, signed('ReFS', NAME, 'ReFS\0\0\0\0'), fat];
