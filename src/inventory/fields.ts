import { printable } from '../base/text.ts';

/** An object as it came from outside. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; null for everything else, lists too. */
export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** An object below a key; null where there is none. */
export function objectAt(fields: Fields | null, key: string): Fields | null {
  return fields === null || !Object.hasOwn(fields, key) ? null : fieldsOf(fields[key]);
}

const MAX_TEXT = 512;

/** A text below a key, fit to be shown; null where there is none, it is empty or longer than any genuine one. */
export function textAt(fields: Fields | null, key: string): string | null {
  const text = rawTextAt(fields, key);
  return text === null ? null : printable(text);
}

/** As `textAt`, for what things are told apart by: null also where it holds characters that cannot be shown. */
export function nameAt(fields: Fields | null, key: string): string | null {
  const text = rawTextAt(fields, key);
  return text === null || printable(text) !== text ? null : text;
}

function rawTextAt(fields: Fields | null, key: string): string | null {
  const value = fields === null || !Object.hasOwn(fields, key) ? null : fields[key];
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT ? value : null;
}

const MAX_ENTRIES = 2_000;

/** An object of texts, such as tags or labels; what is no text is left out. */
export function textsAt(fields: Fields | null, key: string): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(fields, key) ?? {}).slice(0, MAX_ENTRIES);
  return Object.fromEntries(
    entries.flatMap(([name, value]) =>
      typeof value === 'string' && name.length <= MAX_TEXT && value.length <= MAX_TEXT
        ? [[printable(name), printable(value)]]
        : [],
    ),
  );
}
