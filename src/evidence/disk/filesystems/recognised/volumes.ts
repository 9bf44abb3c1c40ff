import { has, type Probe, textAt, uuidAt } from './start.ts';

/** The header of version 2 has a second copy, for when the first is damaged. */
const SECOND_LUKS = [16, 32, 64].map((kib) => kib << 10);

const luks: Probe = (start) => {
  const first = has(start, 0, 'LUKS\xba\xbe');
  const at = first ? 0 : SECOND_LUKS.find((offset) => has(start, offset, 'SKUL\xba\xbe'));
  if (at === undefined) return null;
  const label = start.readUInt16BE(at + 6) >= 2 ? textAt(start, at + 24, 48) : '';
  return { type: 'LUKS', label, uuid: textAt(start, at + 168, 40) };
};

/** A physical volume's label is in one of the first four sectors; its header says where the UUID is. */
const lvm: Probe = (start) => {
  const sector = [0, 512, 1024, 1536].find(
    (at) => has(start, at, 'LABELONE') && has(start, at + 24, 'LVM2 001'),
  );
  if (sector === undefined) return null;
  const at = sector + start.readUInt32LE(sector + 20);
  const id = /^[A-Za-z0-9]{32}$/.exec(start.toString('latin1', at, at + 32))?.[0] ?? '';
  const uuid = id.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-$5-$6-');
  return { type: 'LVM', label: '', uuid };
};

export const RAID_MAGIC = 0xa92b4efc;

/** A superblock of version 1 of Linux software RAID, wherever it is. */
export function raidAt(start: Buffer, at: number): ReturnType<Probe> {
  if (start.readUInt32LE(at) !== RAID_MAGIC || start.readUInt32LE(at + 4) !== 1) return null;
  return { type: 'Linux RAID', label: textAt(start, at + 32, 32), uuid: uuidAt(start, at + 16) };
}

const BCACHE_MAGIC = 'c68573f64e1a45ca8265f57f48ba6d81';

const dmVerity: Probe = (start) =>
  has(start, 0, 'verity\0\0') ? { type: 'dm-verity', label: '', uuid: uuidAt(start, 16) } : null;

/** Swap space ends its first page with its signature, or with one of a hibernated system. */
const SWAP_PAGES = [4, 8, 16, 32, 64].map((kib) => kib << 10);
const SWAP_SIGNATURES = ['SWAPSPACE2', 'SWAP-SPACE', 'S1SUSPEND', 'S2SUSPEND', 'ULSUSPEND', 'LINHIB0001'];

const swap: Probe = (start) => {
  const found = SWAP_PAGES.some((page) => SWAP_SIGNATURES.some((text) => has(start, page - 10, text)));
  if (!found) return null;
  const version = start.readUInt32LE(1024);
  const fields = version === 1 || version === 0x01000000;
  return {
    type: 'swap',
    label: fields ? textAt(start, 1052, 16) : '',
    uuid: fields ? uuidAt(start, 1036) : '',
  };
};

/** The list of name and value pairs in a ZFS label, in XDR (RFC 4506), and the first pair in it. */
const ZFS_LIST = 16 << 10;
const ZFS_FIRST = '\0\0\0\x07version';
const XDR_UINT64 = 8;
const XDR_STRING = 9;
const MAX_PAIRS = 64;

const zfs: Probe = (start) => {
  if (start.readUInt8(ZFS_LIST) !== 1 || !has(start, ZFS_LIST + 20, ZFS_FIRST)) return null;
  let label = '';
  let uuid = '';
  let at = ZFS_LIST + 12;
  for (let pair = 0; pair < MAX_PAIRS && at + 24 < start.length; pair += 1) {
    const size = start.readUInt32BE(at);
    const nameLength = start.readUInt32BE(at + 8);
    const value = at + 12 + Math.ceil(nameLength / 4) * 4;
    if (size < 24 || nameLength > 64 || value + 16 > start.length) break;
    const name = start.toString('latin1', at + 12, at + 12 + nameLength);
    const type = start.readUInt32BE(value);
    if (name === 'name' && type === XDR_STRING) {
      const length = start.readUInt32BE(value + 8);
      label = textAt(start, value + 12, Math.min(length, 256));
    }
    if (name === 'pool_guid' && type === XDR_UINT64) uuid = start.readBigUInt64BE(value + 8).toString();
    at += size;
  }
  return { type: 'ZFS', label, uuid };
};

const bcache: Probe = (start) =>
  start.toString('hex', 4096 + 24, 4096 + 40) === BCACHE_MAGIC
    ? { type: 'bcache', label: '', uuid: uuidAt(start, 4096 + 40) }
    : null;

/** What holds other volumes, or no files. They are asked first: a file system may be in them. */
export const VOLUMES: readonly Probe[] = [
  (start) => raidAt(start, 0),
  (start) => raidAt(start, 4096),
  luks,
  lvm,
  zfs,
  bcache,
  dmVerity,
  swap,
];
