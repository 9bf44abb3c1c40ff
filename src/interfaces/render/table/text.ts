import { printable } from '../../../base/text.ts';
import type { Severity } from '../../../model/advisory.ts';
import { sandboxHints } from '../hints.ts';
import type { RenderContext } from '../types.ts';

/** How text can be set off where colours are on. */
export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan' | 'alarm';

const CODES: Readonly<Record<Style, string>> = {
  bold: '1',
  dim: '2',
  red: '31',
  yellow: '33',
  green: '32',
  cyan: '36',
  alarm: '1;31',
};

/** The colours of severities. */
export const SEVERITY_STYLES: Readonly<Record<Severity, Style>> = {
  critical: 'alarm',
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  negligible: 'dim',
  unknown: 'dim',
};

/** The width of the names of fields. */
export const FIELD = 13;

/** Gathers the lines of a table and sets text off where colours are on. */
export class Page {
  readonly width: number;
  readonly #color: boolean;
  readonly #sandbox: boolean;
  readonly #lines: string[] = [];

  constructor(context: RenderContext) {
    this.width = Math.min(Math.max(context.width, 60), 160);
    this.#color = context.color;
    this.#sandbox = context.sandbox === true;
  }

  style(style: Style, text: string): string {
    return this.#color ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
  }

  severity(severity: Severity, text: string): string {
    return this.style(SEVERITY_STYLES[severity], text);
  }

  line(text: string): void {
    this.#lines.push(text);
  }

  /** A blank line, never two. */
  space(): void {
    if (this.#lines.length > 0 && this.#lines.at(-1) !== '') this.#lines.push('');
  }

  heading(text: string): void {
    this.space();
    this.#lines.push(this.style('bold', text));
  }

  /** A name and its text; lines after the first stand under the text. */
  field(name: string, text: string): void {
    this.hanging(name.padEnd(FIELD), text);
  }

  /** A further line of a field, as it is. */
  detail(text: string): void {
    this.#lines.push(`${' '.repeat(FIELD)}${text}`);
  }

  /** Text with a first part, wrapped so that later lines stand under the text. */
  hanging(first: string, text: string): void {
    const indent = ' '.repeat(first.length);
    const said = this.#sandbox ? sandboxHints(text) : text;
    wrap(said, this.width - first.length).forEach((part, index) => {
      this.#lines.push(`${index === 0 ? first : indent}${part}`);
    });
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

/** Text in lines of at most `width` characters where its spaces allow it; at least one line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** `22,467`. */
export function thousands(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 finding`, `2 findings`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${thousands(count)} ${count === 1 ? noun : plural}`;
}

/** The first few of many names: `a, b, c and 11 more`. */
export function few(names: readonly string[], limit: number): string {
  const shown = names.slice(0, limit).map(printable).join(', ');
  return names.length <= limit ? shown : `${shown} and ${thousands(names.length - limit)} more`;
}
