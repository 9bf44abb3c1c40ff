import { createHash } from 'node:crypto';
import { NodewardError } from '../../../base/errors.ts';

/** Tags of rpmtag.h, those that are read. */
export const TAG = {
  immutable: 63,
  sha1: 269,
  sha256: 273,
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  arch: 1022,
  sourceRpm: 1044,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
} as const;

/** Types of rpmtag.h. */
const INT32 = 4;
const STRING = 6;
const BINARY = 7;
const STRING_ARRAY = 8;
const LAST_TYPE = 9;
/** How the start of an entry's data is aligned, and how long one item is at least, by type. */
const ALIGNMENT = [1, 1, 1, 2, 4, 8, 1, 1, 1, 1] as const;

/** rpm's own bounds. */
const MAX_ENTRIES = 0xffff;
const MAX_DATA = 0x0fff_ffff;
const ENTRY_BYTES = 16;
/** Items of one tag. The largest packages have some hundred thousand files. */
const MAX_ITEMS = 2_000_000;
/** Magic, version and reserved bytes that a header has in front of it in a package, and in its digests. */
const PACKAGE_MAGIC = Buffer.from('8eade80100000000', 'hex');

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

/**
 * A header as an rpm database keeps it (rpm's file format, "Header"): the number of entries and of data bytes, the
 * entries (tag, type, offset, count; all big-endian) and the data.
 */
export class RpmHeader {
  readonly #bytes: Buffer;
  readonly #data: Buffer;
  readonly #entries = new Map<number, Entry>();

  /** @throws NodewardError disk-damaged where an entry lies outside of the data */
  constructor(bytes: Buffer) {
    if (bytes.length < 8) throw wrong('it is too short for a header');
    const entries = bytes.readUInt32BE(0);
    const length = bytes.readUInt32BE(4);
    if (entries < 1 || entries > MAX_ENTRIES || length > MAX_DATA)
      throw wrong('it states sizes that rpm does not allow');
    const start = 8 + entries * ENTRY_BYTES;
    if (start + length !== bytes.length)
      throw wrong(`it has ${bytes.length} bytes and states ${start + length}`);
    this.#bytes = bytes;
    this.#data = bytes.subarray(start);
    for (let i = 0; i < entries; i++) this.#add(8 + i * ENTRY_BYTES);
  }

  #add(at: number): void {
    const tag = this.#bytes.readUInt32BE(at);
    const entry: Entry = {
      type: this.#bytes.readUInt32BE(at + 4),
      offset: this.#bytes.readInt32BE(at + 8),
      count: this.#bytes.readUInt32BE(at + 12),
    };
    const { type, offset, count } = entry;
    if (type > LAST_TYPE) throw wrong(`tag ${tag} is of type ${type}, which rpm does not have`);
    const alignment = ALIGNMENT[type] ?? 1;
    if (offset < 0 || offset > this.#data.length || count * alignment > this.#data.length - offset)
      throw wrong(`tag ${tag} lies outside of the data`);
    if (offset % alignment !== 0) throw wrong(`tag ${tag} is not aligned`);
    // The first of several is the package's own.
    if (!this.#entries.has(tag)) this.#entries.set(tag, entry);
  }

  /** The text of a tag; null where the header does not have it. @throws NodewardError disk-damaged */
  text(tag: number): string | null {
    const entry = this.#entry(tag, STRING);
    return entry === null ? null : (this.#strings({ ...entry, count: 1 })[0] ?? null);
  }

  /** The texts of a tag; none where the header does not have it. @throws NodewardError disk-damaged */
  texts(tag: number): readonly string[] {
    const entry = this.#entry(tag, STRING_ARRAY);
    return entry === null ? [] : this.#strings(entry);
  }

  /** The numbers of a tag; none where the header does not have it. @throws NodewardError disk-damaged */
  numbers(tag: number): readonly number[] {
    const entry = this.#entry(tag, INT32);
    if (entry === null) return [];
    return Array.from({ length: entry.count }, (_, i) => this.#data.readUInt32BE(entry.offset + i * 4));
  }

  /** Where each file is: paths without the leading slash. @throws NodewardError disk-damaged */
  files(): string[] {
    const folders = this.texts(TAG.dirNames);
    const indexes = this.numbers(TAG.dirIndexes);
    const names = this.texts(TAG.baseNames);
    if (indexes.length !== names.length)
      throw wrong('its lists of files and of their folders differ in length');
    return names.map((name, i) => {
      const folder = folders[indexes[i] ?? -1];
      if (folder === undefined) throw wrong('a file is in a folder that is not listed');
      return `${folder}${name}`.replace(/^\/+/, '');
    });
  }

  /**
   * Compares the part of the header that came with the package with the digest that came with it, where there is one;
   * says which digest differs, or null. What rpm has added when it installed the package is not covered.
   */
  differs(): string | null {
    const region = this.#region();
    if (region === null) return null;
    const sha256 = this.text(TAG.sha256);
    const sha1 = sha256 === null ? this.text(TAG.sha1) : null;
    const stated = sha256 ?? sha1;
    if (stated === null) return null;
    const hash = createHash(sha256 === null ? 'sha1' : 'sha256');
    for (const part of region) hash.update(part);
    if (hash.digest('hex') === stated) return null;
    return `the header does not match its own ${sha256 === null ? 'SHA-1' : 'SHA-256'} digest`;
  }

  /**
   * The immutable region as it was in the package: its first entry points to its last 16 bytes, which give back the
   * number of its entries as a negative offset.
   */
  #region(): readonly Uint8Array[] | null {
    const first = this.#bytes.readUInt32BE(8);
    if (first !== TAG.immutable) return null;
    const entry = this.#entry(TAG.immutable, BINARY);
    if (entry === null || entry.count !== ENTRY_BYTES) throw wrong('its region has no trailer');
    const entries = -this.#data.readInt32BE(entry.offset + 8) / ENTRY_BYTES;
    const indexEnd = 8 + entries * ENTRY_BYTES;
    if (!Number.isInteger(entries) || entries < 1 || indexEnd > this.#bytes.length - this.#data.length)
      throw wrong('its region has a trailer that contradicts it');
    const length = entry.offset + ENTRY_BYTES;
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32BE(entries, 0);
    sizes.writeUInt32BE(length, 4);
    return [PACKAGE_MAGIC, sizes, this.#bytes.subarray(8, indexEnd), this.#data.subarray(0, length)];
  }

  #entry(tag: number, type: number): Entry | null {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return null;
    if (entry.type !== type || entry.count === 0 || (type !== BINARY && entry.count > MAX_ITEMS))
      throw wrong(`tag ${tag} is not of the type it must have`);
    return entry;
  }

  #strings({ offset, count }: Entry): string[] {
    const texts: string[] = [];
    for (let at = offset; texts.length < count; ) {
      const end = this.#data.indexOf(0, at);
      if (end === -1 || at >= this.#data.length) throw wrong('a text has no end');
      texts.push(this.#data.toString('utf8', at, end));
      at = end + 1;
    }
    return texts;
  }
}

function wrong(why: string): NodewardError {
  return new NodewardError('disk-damaged', why);
}
