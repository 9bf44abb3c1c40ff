import type { FileInode } from '../../filesystem/types.ts';
import { type Elf, readPromised, sectionOf } from './elf.ts';

/**
 * How much of `.rodata` is searched, from its end on. The linker sorts constants by size behind the types and texts of
 * the program, so that the small ones lie 88 to 97 % into the section; more is read where they lie before that.
 */
const STEP_PART = 0.08;
const STEP_LEAST = 96 << 10;
const SEARCHED_MOST = 1 << 20;

/** Shorter texts than the version of Go, which is such a text itself, lie this near before it; longer ones behind. */
const BEFORE = 16 << 10;
const BEHIND = 192 << 10;
/** `1.2.3` is the shortest text that is looked for. */
const MIN_LENGTH = 5;
const MAX_LENGTH = 96;

/** A program that is searched. */
interface Searched {
  readonly file: FileInode;
  readonly elf: Elf;
  readonly place: string;
  readonly goVersion: string;
}

/**
 * The texts of a Go program that its link flags (`-X`) may have set, where they match a pattern. Unlike the texts of
 * the source code, which are packed without ends into one block, the linker gives each of them a symbol of its own:
 * aligned by its size, ended by a zero byte, and sorted by size among all constants (cmd/link/internal/ld: addstrdata,
 * dodataSect, symalign). The version of Go is one of them, and shows where they are.
 * @returns distinct texts, in the order of the file; none where the place is not found
 * @throws NodewardError disk-damaged; as `FileInode.read` does
 */
export async function linkedTexts(searched: Searched, pattern: RegExp): Promise<readonly string[]> {
  const { file, elf, place, goVersion } = searched;
  const section = sectionOf(elf, '.rodata');
  if (section === null) return [];
  const step = Math.max(STEP_LEAST, Math.floor(section.size * STEP_PART));
  const first = Math.max(0, section.size - SEARCHED_MOST);
  let bytes: Buffer = Buffer.alloc(0);
  for (let start = section.size; start > first; ) {
    const length = Math.min(step, start - first);
    start -= length;
    const span = { offset: section.offset + start, length };
    const more = await readPromised(file, span, `${place}: its section .rodata`);
    bytes = Buffer.concat([more, bytes]);
    const anchor = anchorIn(bytes, start, goVersion);
    if (anchor === null || (anchor < BEFORE && start > first)) continue;
    const texts = textsNear(bytes, start, { at: anchor, length: goVersion.length });
    return [...new Set(texts.filter((text) => pattern.test(text)))];
  }
  return [];
}

/** Where the version of Go lies among the texts; sections are aligned by more than any text. */
function anchorIn(bytes: Buffer, start: number, goVersion: string): number | null {
  const wanted = Buffer.from(`${goVersion}\0`, 'latin1');
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
    if ((start + at) % alignmentOf(wanted.length) === 0) return at;
  }
  return null;
}

/** All texts that are laid out and sorted as the linker does it. */
function textsNear(
  bytes: Buffer,
  start: number,
  anchor: { readonly at: number; readonly length: number },
): readonly string[] {
  const first = Math.max(0, anchor.at - BEFORE);
  const last = Math.min(bytes.length, anchor.at + BEHIND);
  const texts: string[] = [];
  for (let end = bytes.indexOf(0, first); end >= 0 && end < last; end = bytes.indexOf(0, end + 1)) {
    const at = startOf(bytes, start, end);
    if (at === null) continue;
    const sorted = at < anchor.at ? end - at <= anchor.length : end - at >= anchor.length;
    if (sorted) texts.push(bytes.toString('latin1', at, end));
  }
  return texts;
}

/**
 * Where a text that ends here begins. The constant before it has no end, and may end in bytes that look like text:
 * the first place that is aligned is the beginning, where less than a word lies before it.
 */
function startOf(bytes: Buffer, start: number, end: number): number | null {
  let from = end;
  while (from > 0 && end - from <= MAX_LENGTH && isPrintable(bytes[from - 1] ?? 0)) from--;
  if (end - from > MAX_LENGTH) return null;
  for (let at = from; at < from + 8 && end - at >= MIN_LENGTH; at++) {
    if ((start + at) % alignmentOf(end - at + 1) === 0) return at;
  }
  return null;
}

function isPrintable(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}

/** The least that the linker aligns a symbol of this size by, on any machine. */
function alignmentOf(size: number): number {
  return size >= 8 ? 8 : 4;
}
