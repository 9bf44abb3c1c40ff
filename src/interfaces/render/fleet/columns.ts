import { printable } from '../../../base/text.ts';
import type { Page, Style } from '../table/text.ts';

/** One column of a table that fits the terminal. */
export interface Column<T> {
  readonly title: string;
  readonly text: (row: T) => string;
  readonly style?: (row: T) => Style | null;
  /** Numbers stand at the right. */
  readonly right?: boolean;
  /** Where the terminal is narrow, columns with a higher number are left out first; without one never. */
  readonly yields?: number;
  /** The last column alone: its text goes on below itself, in a column at least this wide. */
  readonly wraps?: number;
}

const GAP = 2;
/** Below this a column cannot be cut: too little of it would be left. */
const LEAST = 8;

interface Placed<T> {
  readonly column: Column<T>;
  readonly width: number;
}

/** Rows in aligned columns. Columns without any text are left out, then those that give way, then the longest are cut. */
export class Columns<T> {
  readonly #placed: readonly Placed<T>[];
  readonly #page: Page;
  readonly #indent: string;

  /** Measures the rows; others may be written later, and are cut where they are longer. */
  constructor(
    page: Page,
    columns: readonly Column<T>[],
    { rows, indent = 2 }: { readonly rows: readonly T[]; readonly indent?: number },
  ) {
    this.#page = page;
    this.#indent = ' '.repeat(indent);
    this.#placed = place(columns, rows, page.width - indent);
  }

  header(): void {
    const titles = this.#placed.map(({ column, width }) => pad(column.title, width, column.right));
    this.#page.line(this.#page.style('dim', `${this.#indent}${titles.join(' '.repeat(GAP))}`.trimEnd()));
  }

  row(row: T): void {
    const cells = this.#placed.map(({ column, width }) => {
      const text = printable(column.text(row));
      return column.wraps === undefined ? [cut(text, width)] : wrap(text, width);
    });
    const lines = Math.max(1, ...cells.map((lines) => lines.length));
    for (let line = 0; line < lines; line++) {
      const parts = this.#placed.map(({ column, width }, i) =>
        this.#cell(row, column, pad(cells[i]?.[line] ?? '', width, column.right)),
      );
      this.#page.line(`${this.#indent}${parts.join(' '.repeat(GAP))}`.trimEnd());
    }
  }

  #cell(row: T, column: Column<T>, padded: string): string {
    const style = column.style?.(row) ?? null;
    const text = padded.trim();
    if (style === null || text === '') return padded;
    return padded.replace(text, () => this.#page.style(style, text));
  }
}

function place<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  available: number,
): readonly Placed<T>[] {
  let placed = columns.flatMap((column): readonly Placed<T>[] => {
    const widest = rows.reduce((most, row) => Math.max(most, printable(column.text(row)).length), 0);
    return widest === 0 && rows.length > 0 ? [] : [{ column, width: Math.max(widest, column.title.length) }];
  });
  const over = (): number =>
    placed.reduce((sum, { column, width }) => sum + least(column, width) + GAP, -GAP) - available;
  while (over() > 0) {
    const yielding = placed.reduce((most, { column }) => Math.max(most, column.yields ?? 0), 0);
    if (yielding === 0) break;
    placed = placed.filter(({ column }) => column.yields !== yielding);
  }
  while (over() > 0) {
    const longest = placed.reduce((most, { width }) => Math.max(most, width), 0);
    if (longest <= LEAST) break;
    const shorter = Math.max(LEAST, longest - over());
    const at = placed.findIndex(({ width }) => width === longest);
    placed = placed.map((each, i) => (i === at ? { ...each, width: shorter } : each));
  }
  const taken = placed.reduce(
    (sum, { column, width }) => sum + (column.wraps === undefined ? width + GAP : 0),
    0,
  );
  return placed.map(({ column, width }) =>
    column.wraps === undefined
      ? { column, width }
      : { column, width: Math.min(width, Math.max(available - taken, LEAST)) },
  );
}

function least({ wraps }: { readonly wraps?: number }, width: number): number {
  return wraps === undefined ? width : Math.min(width, wraps);
}

function pad(text: string, width: number, right = false): string {
  return right ? text.padStart(width) : text.padEnd(width);
}

/** The start of a text and the sign that there is more. */
function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  // An arrow stays with what it points at.
  for (const word of text.split(/(?<!→) /)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = cut(line === '' ? word : `${line} ${word}`, width);
  }
  return [...lines, line];
}
