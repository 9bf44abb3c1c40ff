import { crc32 } from 'node:zlib';
import type { BlockSource } from '../sources/types.ts';
import type { Partition } from './types.ts';

/** A GPT header that passed every check, with its entries. Follows the UEFI specification 2.10, chapter 5.3. */
export interface Gpt {
  /** Size of a logical sector in bytes. */
  readonly sector: number;
  /** The sector of the other copy. */
  readonly alternate: number;
  readonly entries: readonly GptEntry[];
}

export interface GptEntry {
  /** From 1. */
  readonly number: number;
  readonly type: string;
  /** First and last sector; exact up to 2^53. */
  readonly first: number;
  readonly last: number;
  readonly name: string;
}

/** What is at the place of a GPT header. */
export type GptCopy =
  | { readonly kind: 'valid'; readonly gpt: Gpt }
  /** It bears the signature and fails a check. `alternate` is known where only the entries fail. */
  | { readonly kind: 'damaged'; readonly reason: string; readonly alternate: number | null }
  | { readonly kind: 'absent' };

/** Where a header may be. */
export interface HeaderPlace {
  readonly sector: number;
  /** In sectors. */
  readonly number: number;
}

const SIGNATURE = 'EFI PART';
const HEADER = 92;
/** The specification asks for room for 128 entries of 128 bytes; no tool makes more than a few thousand. */
const MAX_ENTRIES_BYTES = 2 ** 20;
const MIN_ENTRY = 128;
const MAX_ENTRY = 4096;
const UNUSED = '00000000-0000-0000-0000-000000000000';

/** Reads one copy of a GPT and checks all of it. */
export async function readGptCopy(disk: BlockSource, { sector, number }: HeaderPlace): Promise<GptCopy> {
  const offset = number * sector;
  if (!Number.isSafeInteger(offset) || number < 1 || offset + sector > disk.size) return { kind: 'absent' };
  const bytes = Buffer.from(await disk.read(offset, sector));
  if (bytes.toString('latin1', 0, 8) !== SIGNATURE) return { kind: 'absent' };
  const fault = headerFault(bytes, number);
  if (fault !== null) return { kind: 'damaged', reason: fault, alternate: null };
  const alternate = Number(bytes.readBigUInt64LE(32));
  const damaged = (reason: string): GptCopy => ({ kind: 'damaged', reason, alternate });
  const table = tableOf(bytes, sector);
  if (typeof table === 'string') return damaged(table);
  if (table.offset + table.count * table.entry > disk.size)
    return damaged('its entries lead beyond the end of the disk');
  const array = Buffer.from(await disk.read(table.offset, table.count * table.entry));
  if (crc32(array) !== bytes.readUInt32LE(88)) return damaged('the checksum of its entries is wrong');
  const entries = Array.from({ length: table.count }, (_, index) =>
    entryOf(array.subarray(index * table.entry, (index + 1) * table.entry), index + 1),
  );
  return { kind: 'valid', gpt: { sector, alternate, entries: entries.filter((entry) => entry !== null) } };
}

/** The partition an entry tells of; null where it ends before it begins. */
export function partitionOf({ number, type, first, last, name }: GptEntry, sector: number): Partition | null {
  const size = (last - first + 1) * sector;
  const whole = Number.isSafeInteger(size) && Number.isSafeInteger((last + 1) * sector);
  return last < first || first < 1 || !whole ? null : { number, offset: first * sector, size, type, name };
}

function headerFault(header: Buffer, number: number): string | null {
  const length = header.readUInt32LE(12);
  if (length < HEADER || length > header.length) return `its header has an impossible length (${length})`;
  const checked = Buffer.from(header.subarray(0, length));
  checked.fill(0, 16, 20);
  if (crc32(checked) !== header.readUInt32LE(16)) return 'the checksum of its header is wrong';
  const own = header.readBigUInt64LE(24);
  return own === BigInt(number) ? null : `its header belongs to sector ${own}`;
}

/** Where the entries are, in bytes; what is wrong with that, where something is. */
function tableOf(
  header: Buffer,
  sector: number,
): { readonly offset: number; readonly count: number; readonly entry: number } | string {
  const offset = Number(header.readBigUInt64LE(72)) * sector;
  const count = header.readUInt32LE(80);
  const entry = header.readUInt32LE(84);
  if (entry < MIN_ENTRY || entry > MAX_ENTRY || entry % 8 !== 0) return `its entries have ${entry} bytes`;
  if (count === 0 || count * entry > MAX_ENTRIES_BYTES) return `it has ${count} entries`;
  return Number.isSafeInteger(offset) && offset > 0 ? { offset, count, entry } : 'its entries are nowhere';
}

function entryOf(bytes: Buffer, number: number): GptEntry | null {
  const type = guid(bytes);
  if (type === UNUSED) return null;
  const name = bytes.toString('utf16le', 56, 128);
  return {
    number,
    type,
    first: Number(bytes.readBigUInt64LE(32)),
    last: Number(bytes.readBigUInt64LE(40)),
    name: name.replace(/\0.*$/s, ''),
  };
}

/** The first three groups are little-endian, the last two are in order. */
function guid(bytes: Buffer): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return [
    hex(bytes.readUInt32LE(0), 8),
    hex(bytes.readUInt16LE(4), 4),
    hex(bytes.readUInt16LE(6), 4),
    bytes.toString('hex', 8, 10),
    bytes.toString('hex', 10, 16),
  ].join('-');
}
