import { NodewardError } from '../../../base/errors.ts';
import type { FileInode } from '../../filesystem/types.ts';
import { type Elf, locate, readPromised, sectionOf } from './elf.ts';
import { type ModInfo, parseModInfo } from './mod-info.ts';

/** The build information of a Go program. */
export interface BuildInfo extends ModInfo {
  /** As the toolchain calls itself: `go1.21.5`, `go1.22.5 X:boringcrypto`, `devel go1.23-…`. */
  readonly goVersion: string;
}

/** Marks the build information: cmd/link/internal/ld.(*Link).buildinfo. */
const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const HEADER_BYTES = 32;
const ALIGNMENT = 16;
/** In the flags byte: the pointers are big-endian; the texts follow the header. */
const BIG_ENDIAN = 1;
const INLINE = 2;

/** Enough for most programs' build information in one read. */
const FIRST_READ = 64 << 10;
const MAX_VERSION = 1024;
const MAX_MOD_INFO = 4 << 20;
/** Where there are no section headers the data is searched; Go's own linker puts the information at its start. */
const MAX_SEARCH = 16 << 20;
const SEARCH_STEP = 1 << 20;

/** The module information lies between two marks of 16 bytes: cmd/go/internal/modload.ModInfoProg. */
const MARK_BYTES = 16;

/** A part of a file. */
interface Span {
  readonly offset: number;
  readonly length: number;
}

/** A program that is being read. */
interface Program {
  readonly file: FileInode;
  readonly elf: Elf;
  readonly place: string;
}

/**
 * Reads the build information of a program, in the format since Go 1.18 (texts inline) or the one before (pointers).
 * Reads the information alone, and the data of the program only where section headers do not say where it is.
 * @returns null where the program has none: it was not built by Go, or by Go before 1.13
 * @throws NodewardError disk-damaged with what contradicts; as `FileInode.read` does
 */
export async function readBuildInfo(program: Program): Promise<BuildInfo | null> {
  const found = await findInfo(program);
  if (found === null) return null;
  const { place } = program;
  const { bytes } = found;
  if (bytes.length < HEADER_BYTES) throw damaged(place, 'is cut off');
  const flags = bytes[15] ?? 0;
  const [goVersion, marked] =
    (flags & INLINE) !== 0
      ? await inlineTexts(program, found)
      : await pointedTexts(program, { bytes, bigEndian: (flags & BIG_ENDIAN) !== 0 });
  if (goVersion === '') throw damaged(place, 'does not name the version of Go');
  if (/[\p{Cc}\ufffd]/u.test(goVersion)) throw damaged(place, 'has a version of Go that is no text');
  return { goVersion, ...parseModInfo(unmarked(marked, place), place) };
}

/** Build information: the part of the file that may belong to it, and its first bytes. */
interface Located {
  readonly span: Span;
  readonly bytes: Buffer;
}

async function findInfo(program: Program): Promise<Located | null> {
  const { elf, file, place } = program;
  const section = sectionOf(elf, '.go.buildinfo');
  if (section !== null) {
    const { offset, size } = section;
    const first = { offset, length: Math.min(size, FIRST_READ) };
    const bytes = await readPromised(file, first, `${place}: its section .go.buildinfo`);
    const at = magicIn(bytes, 0);
    if (at === null) throw damaged(place, 'lacks its mark');
    return { span: { offset: offset + at, length: size - at }, bytes: bytes.subarray(at) };
  }
  // A program with section headers says what it has.
  if (elf.sections.length > 0) return null;
  const data = elf.segments.find(({ writable, executable }) => writable && !executable);
  const span = data === undefined ? null : await searchData(program, data);
  if (span === null) return null;
  const first = { ...span, length: Math.min(span.length, FIRST_READ) };
  return { span, bytes: await readPromised(file, first, place) };
}

async function searchData(
  { file, place }: Program,
  { offset, fileSize, address }: { offset: number; fileSize: number; address: number },
): Promise<Span | null> {
  const end = Math.min(fileSize, MAX_SEARCH);
  // Aligned by address, as it was laid out.
  const skew = address % ALIGNMENT;
  for (let at = 0; at < end; at += SEARCH_STEP) {
    // Steps overlap by a header, so that none is cut in two.
    const length = Math.min(SEARCH_STEP + HEADER_BYTES, fileSize - at);
    const bytes = await readPromised(file, { offset: offset + at, length }, `${place}: its data segment`);
    const found = magicIn(bytes, skew);
    if (found !== null) return { offset: offset + at + found, length: fileSize - at - found };
  }
  if (end < fileSize)
    throw damaged(
      place,
      `is not in the first ${MAX_SEARCH >> 20} MiB of its data, and it has no section headers`,
    );
  return null;
}

function magicIn(bytes: Buffer, skew: number): number | null {
  for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    if ((at + skew) % ALIGNMENT === 0) return at;
  }
  return null;
}

/** Since Go 1.18: each text is its length as a varint, then its bytes. */
async function inlineTexts(
  { file, place }: Program,
  { span, bytes }: Located,
): Promise<readonly [string, Buffer]> {
  const version = lengthAt(bytes, HEADER_BYTES, place);
  if (version.value > MAX_VERSION || version.next + version.value > bytes.length)
    throw damaged(place, `states a Go version of ${version.value} bytes`);
  const end = version.next + version.value;
  const goVersion = bytes.toString('utf8', version.next, end);
  const info = lengthAt(bytes, end, place);
  if (info.value > MAX_MOD_INFO || info.next + info.value > span.length)
    throw damaged(
      place,
      `states ${info.value} bytes of module information, and has ${span.length - info.next}`,
    );
  if (info.next + info.value <= bytes.length)
    return [goVersion, bytes.subarray(info.next, info.next + info.value)];
  return [
    goVersion,
    await readPromised(file, { offset: span.offset + info.next, length: info.value }, place),
  ];
}

function lengthAt(bytes: Buffer, at: number, place: string): { value: number; next: number } {
  let value = 0;
  for (let read = 0; read < 5; read++) {
    const byte = bytes[at + read];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * read);
    if (byte < 0x80) return { value, next: at + read + 1 };
  }
  throw damaged(place, `has no length at byte ${at}`);
}

/** Before Go 1.18: pointers to two Go strings, each of them a pointer and a length. */
async function pointedTexts(
  program: Program,
  { bytes, bigEndian }: { bytes: Buffer; bigEndian: boolean },
): Promise<readonly [string, Buffer]> {
  const { place } = program;
  const size = bytes[14];
  if (size !== 4 && size !== 8) throw damaged(place, `states pointers of ${size} bytes`);
  const pointer = (from: Buffer, at: number): number => {
    if (size === 4) return bigEndian ? from.readUInt32BE(at) : from.readUInt32LE(at);
    return Number(bigEndian ? from.readBigUInt64BE(at) : from.readBigUInt64LE(at));
  };
  const text = async (address: number, limit: number): Promise<Buffer> => {
    // Relocated programs have their pointers elsewhere; the linker leaves nothing here.
    if (address === 0) return Buffer.alloc(0);
    const header = await atAddress(program, address, 2 * size);
    const length = pointer(header, size);
    if (length === 0) return Buffer.alloc(0);
    if (length > limit) throw damaged(place, `has a text of ${length} bytes`);
    return atAddress(program, pointer(header, 0), length);
  };
  const version = await text(pointer(bytes, 16), MAX_VERSION);
  return [version.toString('utf8'), await text(pointer(bytes, 16 + size), MAX_MOD_INFO)];
}

async function atAddress({ file, elf, place }: Program, address: number, length: number): Promise<Buffer> {
  const span = locate(elf, address);
  if (span === null || span.length < length)
    throw damaged(place, `points to address 0x${address.toString(16)}, which the file does not hold`);
  return readPromised(file, { offset: span.offset, length }, place);
}

function unmarked(marked: Buffer, place: string): string {
  if (marked.length === 0) return '';
  if (marked.length < 2 * MARK_BYTES + 1 || marked[marked.length - MARK_BYTES - 1] !== 0x0a)
    throw damaged(place, 'has module information without its marks');
  return marked.toString('utf8', MARK_BYTES, marked.length - MARK_BYTES);
}

function damaged(place: string, why: string): NodewardError {
  return new NodewardError('disk-damaged', `${place}: its Go build information ${why}`, { place });
}
