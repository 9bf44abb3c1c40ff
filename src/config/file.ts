import { dirname } from 'node:path';
import type { Document, Node, Pair } from 'yaml';
import { NodewardError } from '../base/errors.ts';
import { readBounded } from '../base/files.ts';
import { decodeUtf8, printable } from '../base/text.ts';
import { nearest } from './nearest.ts';
import { SETTINGS } from './settings.ts';
import type { Written } from './values.ts';

/** No genuine file of settings is larger. */
const MAX_BYTES = 256 << 10;

/**
 * The settings that a file of YAML writes down, each with its line.
 * @throws NodewardError config-invalid with line and column; file-not-found, file-unreadable, input-too-large
 */
export async function readConfigFile(path: string): Promise<readonly Written[]> {
  const text = decodeUtf8(await readBounded(path, MAX_BYTES), path);
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const document = parse(() => yaml.parseDocument(text, { lineCounter: lines, logLevel: 'silent' }), path);
  const placeOf = (node: Node | null): string => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
    return `${path}:${line}:${col}`;
  };
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    const [detail = ''] = error.message.split(/ at line \d|\n/);
    throw invalid(`${path}:${line}:${col}`, `is no YAML that can be read: ${printable(detail)}`);
  }
  const walker = new Walker({ yaml, placeOf, base: dirname(path) });
  if (!isEmpty(document.contents)) walker.map(document.contents, '');
  return walker.found;
}

/** The parser recurses into what is nested: deep enough, and it runs out of stack. */
function parse(read: () => Document.Parsed, path: string): Document.Parsed {
  try {
    return read();
  } catch (thrown) {
    throw new NodewardError('config-invalid', `${path} is no YAML that can be read`, { cause: thrown });
  }
}

interface Reading {
  readonly yaml: typeof import('yaml');
  readonly placeOf: (node: Node | null) => string;
  readonly base: string;
}

class Walker {
  readonly found: Written[] = [];
  readonly #reading: Reading;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** The pairs of a map whose keys all begin with `prefix`. */
  map(node: Node, prefix: string): void {
    const { yaml, placeOf } = this.#reading;
    if (!yaml.isMap(node)) {
      const subject = prefix === '' ? 'the file' : prefix.slice(0, -1);
      throw invalid(placeOf(node), `${subject} takes settings by name, such as ${exampleOf(prefix)}`);
    }
    for (const pair of node.items) this.#pair(pair as Pair<Node, Node | null>, prefix);
  }

  #pair({ key: node, value }: Pair<Node, Node | null>, prefix: string): void {
    const { yaml, placeOf, base } = this.#reading;
    const place = placeOf(node);
    if (!yaml.isScalar(node)) throw invalid(place, 'the name of a setting is a word');
    const key = `${prefix}${textOf(node)}`;
    const setting = SETTINGS.find((each) => each.key === key);
    if (setting !== undefined) {
      if (this.found.some((each) => each.setting === setting))
        throw invalid(place, `${key} is written twice`);
      if (!isEmpty(value)) this.found.push({ setting, value: this.#value(value, key), place, base });
    } else if (SETTINGS.some((each) => each.key.startsWith(`${key}.`))) {
      if (!isEmpty(value)) this.map(value, `${key}.`);
    } else throw invalid(place, unknownKey(key));
  }

  #value(node: Node, key: string): string | readonly string[] {
    const { yaml, placeOf } = this.#reading;
    if (yaml.isScalar(node)) return textOf(node);
    if (!yaml.isSeq(node)) throw invalid(placeOf(node), `${key} takes a value or a list`);
    return node.items.map((item) => {
      if (yaml.isScalar(item) && item.value !== null) return textOf(item);
      throw invalid(placeOf((item as Node | null) ?? node), `${key} takes a list of words`);
    });
  }
}

/** Whether a value was left out, or written as `null` or `~`: then it says nothing. */
function isEmpty(node: Node | null): node is null {
  return node === null || ('value' in node && node.value === null);
}

/** A scalar as it is written: `1.10` stays that, and is not 1.1. */
function textOf(node: { readonly source?: string; readonly value: unknown }): string {
  return node.source ?? String(node.value);
}

function exampleOf(prefix: string): string {
  const example = SETTINGS.find(({ key }) => key.startsWith(prefix) && key.includes('.'))?.key ?? '';
  const [section = '', name = ''] = example.split('.');
  return prefix === '' ? `\`${section}:\` and, indented below it, \`${name}: …\`` : `\`${name}: …\``;
}

function unknownKey(key: string): string {
  const keys = SETTINGS.map((each) => each.key);
  const sections = keys.flatMap((each) => (each.includes('.') ? [each.split('.')[0] ?? ''] : []));
  const meant = nearest(key, [...keys, ...sections]);
  const known = `there is no setting ${printable(key.slice(0, 100))}`;
  return meant === null ? known : `${known}; did you mean ${meant}?`;
}

function invalid(place: string, problem: string): NodewardError {
  return new NodewardError('config-invalid', `${place}: ${problem}`, { place });
}
