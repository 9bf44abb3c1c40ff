import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The package's root, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The pages for people, by their path below the root: README.md and every Markdown file of docs/. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .sort(),
];

/** A file of the package as text. */
export function textOf(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8');
}

/** A fenced block of a page. */
export interface Fence {
  /** `README.md:42`, where its first line is. */
  readonly place: string;
  readonly language: string;
  readonly lines: readonly string[];
}

/** The fenced blocks of a page. */
export function fencesOf(page: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { place: string; language: string; lines: string[] } | null = null;
  for (const [index, line] of textOf(page).split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === null) open = { place: `${page}:${index + 2}`, language: fence[1] ?? '', lines: [] };
    else {
      fences.push(open);
      open = null;
    }
  }
  if (open !== null) throw new Error(`${open.place}: the fence is not closed`);
  return fences;
}

/** A page without its fenced blocks. */
export function proseOf(page: string): string {
  return textOf(page).replace(/^```[\s\S]*?^```$/gm, '');
}

/** The rows of every table of a page whose first column is headed `head`, without the backquotes around a cell. */
export function tableOf(page: string, head: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of proseOf(page).split('\n')) {
    if (!line.startsWith('|')) {
      inside = false;
      continue;
    }
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'));
    if (inside && !/^-+$/.test(cells[0] ?? '')) rows.push(cells);
    else if (cells[0] === head) inside = true;
  }
  return rows;
}
