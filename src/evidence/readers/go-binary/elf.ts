import { NodewardError } from '../../../base/errors.ts';
import type { FileInode } from '../../filesystem/types.ts';

/** One section of an ELF file. Offsets and sizes are bytes, as the headers state them: not yet checked. */
export interface ElfSection {
  readonly name: string;
  /** `sh_type`; 8 (SHT_NOBITS) takes no bytes of the file. */
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

/** One loadable part of an ELF file: where it lies in the file, and at which addresses of the running program. */
export interface ElfSegment {
  readonly writable: boolean;
  readonly executable: boolean;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
}

/** The layout of an ELF program or shared object, of any machine. */
export interface Elf {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  readonly sections: readonly ElfSection[];
  /** PT_LOAD segments alone. */
  readonly segments: readonly ElfSegment[];
}

/** Go's own linker puts all headers into the first page; others put the section headers at the end. */
const HEAD_BYTES = 4096;
/** Programs have some dozens of either; a kernel or a debugging file has more, but is none. */
const MAX_SECTIONS = 4096;
const MAX_SEGMENTS = 1024;
const MAX_NAME_BYTES = 1 << 20;

const SHT_NOBITS = 8;
const PT_LOAD = 1;

/** ELF in whichever class and byte order, read at absolute places of one buffer. */
class Fields {
  readonly bytes: Buffer;
  readonly wide: boolean;
  readonly little: boolean;

  constructor(bytes: Uint8Array, wide: boolean, little: boolean) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.wide = wide;
    this.little = little;
  }

  half(at: number): number {
    return this.little ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }

  word(at: number): number {
    return this.little ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }

  /** An address, offset or size; beyond 2^53 it is no place of a file, and its last digits do not matter. */
  native(at: number): number {
    if (!this.wide) return this.word(at);
    return Number(this.little ? this.bytes.readBigUInt64LE(at) : this.bytes.readBigUInt64BE(at));
  }
}

interface Opened {
  readonly file: FileInode;
  readonly place: string;
  readonly head: Uint8Array;
  readonly fields: Fields;
}

/**
 * Reads the headers of an ELF file (System V ABI, chapters 4 and 5): executables and shared objects of both classes
 * and byte orders.
 * @param place what errors call the file
 * @returns null where the file is no ELF program: it has no ELF magic, or is an object file or core dump
 * @throws NodewardError disk-damaged where the headers contradict the file or one another; as `FileInode.read` does
 */
export async function readElf(file: FileInode, place: string): Promise<Elf | null> {
  const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
  if (head.length < 4 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46)
    return null;
  const wide = head[4] === 2;
  const little = head[5] === 1;
  if (head.length < (wide ? 64 : 52)) throw damaged(place, 'the file ends within its ELF header');
  if ((!wide && head[4] !== 1) || (!little && head[5] !== 2) || head[6] !== 1)
    throw damaged(place, 'its ELF header states an unknown class, byte order or version');
  const opened = { file, place, head, fields: new Fields(head, wide, little) };
  const type = opened.fields.half(16);
  if (type !== 2 && type !== 3) return null;
  const segments = await readSegments(opened);
  const sections = await readSections(opened);
  return { bits: wide ? 64 : 32, littleEndian: little, sections, segments };
}

/** Where the byte at an address lies in the file, with the bytes of its segment from there; null where nowhere. */
export function locate(
  elf: Elf,
  address: number,
): { readonly offset: number; readonly length: number } | null {
  for (const segment of elf.segments) {
    const into = address - segment.address;
    if (into >= 0 && into < segment.fileSize)
      return { offset: segment.offset + into, length: segment.fileSize - into };
  }
  return null;
}

/** The section of a name that has bytes in the file; null where there is none. */
export function sectionOf(elf: Elf, name: string): ElfSection | null {
  return elf.sections.find((section) => section.name === name && section.type !== SHT_NOBITS) ?? null;
}

/** Bytes of a file that its own headers promise. @throws NodewardError disk-damaged where the file has fewer */
export async function readPromised(
  file: FileInode,
  { offset, length }: { readonly offset: number; readonly length: number },
  what: string,
): Promise<Buffer> {
  if (!Number.isSafeInteger(offset + length) || offset + length > file.size)
    throw damaged(what, `it ends beyond the end of the file (${file.size} bytes)`);
  const bytes = await file.read(offset, length);
  if (bytes.length !== length) throw damaged(what, 'the file ends within it');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function readSegments(opened: Opened): Promise<readonly ElfSegment[]> {
  const { fields, place } = opened;
  const { wide } = fields;
  const offset = fields.native(wide ? 32 : 28);
  const entry = fields.half(wide ? 54 : 42);
  const count = fields.half(wide ? 56 : 44);
  if (offset === 0 || count === 0) return [];
  if (entry !== (wide ? 56 : 32)) throw damaged(place, `its program headers are ${entry} bytes each`);
  if (count > MAX_SEGMENTS) throw damaged(place, `it states ${count} program headers`);
  const table = await tableOf(opened, { offset, length: count * entry }, 'program headers');
  const segments: ElfSegment[] = [];
  for (let at = 0; at < count * entry; at += entry) {
    if (table.word(at) !== PT_LOAD) continue;
    const flags = table.word(at + (wide ? 4 : 24));
    segments.push({
      writable: (flags & 2) !== 0,
      executable: (flags & 1) !== 0,
      offset: table.native(at + (wide ? 8 : 4)),
      address: table.native(at + (wide ? 16 : 8)),
      fileSize: table.native(at + (wide ? 32 : 16)),
    });
  }
  return segments;
}

async function readSections(opened: Opened): Promise<readonly ElfSection[]> {
  const { fields, place, file } = opened;
  const { wide } = fields;
  const offset = fields.native(wide ? 40 : 32);
  const entry = fields.half(wide ? 58 : 46);
  const count = fields.half(wide ? 60 : 48);
  const names = fields.half(wide ? 62 : 50);
  // Without section headers a program runs all the same. Extended numbering (0 here) is for object files.
  if (offset === 0 || count === 0) return [];
  if (entry !== (wide ? 64 : 40)) throw damaged(place, `its section headers are ${entry} bytes each`);
  if (count > MAX_SECTIONS) throw damaged(place, `it states ${count} section headers`);
  if (names >= count) throw damaged(place, `its section names are in section ${names} of ${count}`);
  // The names lie before the headers or soon behind: what is between is small, and mostly one page.
  if (offset > HEAD_BYTES && offset < file.size)
    file.prefetch(offset - HEAD_BYTES, Math.min(file.size - offset, count * entry) + HEAD_BYTES);
  const table = await tableOf(opened, { offset, length: count * entry }, 'section headers');
  const header = (index: number): Omit<ElfSection, 'name'> => ({
    type: table.word(index * entry + 4),
    offset: table.native(index * entry + (wide ? 24 : 16)),
    size: table.native(index * entry + (wide ? 32 : 20)),
  });
  const { offset: start, size: length } = header(names);
  if (length > MAX_NAME_BYTES) throw damaged(place, `its section names take ${length} bytes`);
  const text = (await tableOf(opened, { offset: start, length }, 'section names')).bytes;
  const sections: ElfSection[] = [];
  for (let index = 1; index < count; index++) {
    sections.push({ name: nameAt(text, table.word(index * entry)), ...header(index) });
  }
  return sections;
}

/** Longer names are none that is looked for. */
const MAX_NAME = 64;

function nameAt(text: Buffer, at: number): string {
  const end = text.indexOf(0, at);
  return at >= text.length || end < 0 || end - at > MAX_NAME ? '' : text.toString('latin1', at, end);
}

async function tableOf(
  { file, place, head, fields }: Opened,
  { offset, length }: { readonly offset: number; readonly length: number },
  what: string,
): Promise<Fields> {
  const bytes =
    offset + length <= head.length
      ? head.subarray(offset, offset + length)
      : await readPromised(file, { offset, length }, `${place}: the table of ${what}`);
  return new Fields(bytes, fields.wide, fields.little);
}

function damaged(place: string, why: string): NodewardError {
  return new NodewardError('disk-damaged', `${place}: ${why}`, { place });
}
