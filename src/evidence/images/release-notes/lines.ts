import { NodewardError } from '../../../base/errors.ts';
import { tooLarge } from '../../../base/files.ts';
import type { Gap } from '../../../model/gap.ts';

/** The largest release notes to date have 110 KB and 2,400 characters in the longest line. */
const MAX_FILE_BYTES = 8 << 20;
const MAX_LINES = 100_000;
const MAX_LINE_LENGTH = 65_536;
const SHOWN = 10;

const decoder = new TextDecoder('utf-8');

/** A text file as lines without their ends. A line beyond the bound is empty and its number is in `unread`. */
export interface Lines {
  readonly lines: readonly string[];
  /** Line numbers, counted from 1. */
  readonly unread: UnreadLines;
}

/**
 * Splits a text file. Bytes that are not UTF-8 become U+FFFD, which no line format accepts, so that one damaged line
 * is one unread line. A byte order mark and carriage returns are dropped.
 * @throws NodewardError input-too-large; input-malformed for binary content
 */
export function linesOf(bytes: Uint8Array, path: string): Lines {
  if (bytes.length > MAX_FILE_BYTES) throw tooLarge(path, MAX_FILE_BYTES);
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    throw new NodewardError('input-malformed', `${path} is not a text file`, {
      place: `${path}, byte ${nul}`,
    });
  }
  const text = decoder.decode(bytes);
  const lines = text.split('\n', MAX_LINES + 1);
  if (lines.length > MAX_LINES) {
    throw new NodewardError('input-too-large', `${path} has more than ${MAX_LINES} lines`);
  }
  const unread = new UnreadLines();
  return {
    lines: lines.map((line, index) => {
      if (line.length > MAX_LINE_LENGTH) {
        unread.add(index);
        return '';
      }
      return line.endsWith('\r') ? line.slice(0, -1) : line;
    }),
    unread,
  };
}

/** Collects the lines that could not be read, to report them as one gap. */
class UnreadLines {
  readonly #numbers: number[] = [];
  readonly #subjects = new Set<string>();

  /** Notes the line with this index (from 0), and the names it is about where they are known. */
  add(index: number, ...subjects: readonly string[]): void {
    this.#numbers.push(index + 1);
    for (const subject of subjects) this.#subjects.add(subject);
  }

  /** One `bad-evidence` gap for all of them; none where every line was read. */
  gaps(path: string): readonly Gap[] {
    const count = this.#numbers.length;
    if (count === 0) return [];
    const shown = this.#numbers
      .toSorted((a, b) => a - b)
      .slice(0, SHOWN)
      .join(', ');
    const lines = count === 1 ? `line ${shown}` : `${count} lines (${shown}${count > SHOWN ? ', …' : ''})`;
    const detail = `${path}: ${lines} could not be read; what they list is not known.`;
    return [{ code: 'bad-evidence', detail, subjects: [...this.#subjects].sort() }];
  }
}
