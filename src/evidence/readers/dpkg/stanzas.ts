/** The fields of a status file that are read, in lower case: deb822(5) names them without regard to case. */
const FIELDS = ['package', 'status', 'version', 'architecture', 'source'] as const;
type Field = (typeof FIELDS)[number];

const LONGEST = Math.max(...FIELDS.map((name) => name.length));
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** One stanza of a status file. */
export interface Stanza {
  /** The line it begins on, from 1. */
  readonly line: number;
  readonly fields: ReadonlyMap<Field, string>;
  /** What is wrong with its lines, one clause; null where nothing is. */
  readonly wrong: string | null;
  /** How it ends: with the blank line that dpkg writes after each, with a whole line, or in the middle of one. */
  readonly end: 'blank-line' | 'line' | 'mid-line';
  /** Whether its last line is of a field that is read. */
  readonly endsInField: boolean;
}

/**
 * Splits a status file into its stanzas, deb822(5). Only lines are looked at that begin a field which is read, so
 * that a file of some megabytes takes some milliseconds.
 * @param text decoded as latin1: the fields that are read are ASCII
 */
export function* stanzasOf(text: string): Generator<Stanza> {
  let line = 1;
  let open: { line: number; fields: Map<Field, string>; wrong: string | null; endsInField: boolean } | null =
    null;
  for (let at = 0; at < text.length; line++) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const first = text.charCodeAt(at);
    const blank = end === at || (first === RETURN && end === at + 1);
    if (blank && open !== null) {
      yield { ...open, end: 'blank-line' };
      open = null;
    } else if (!blank) {
      open ??= { line, fields: new Map(), wrong: null, endsInField: false };
      const known = open.fields.size;
      if (first !== SPACE && first !== TAB) {
        const wrong = readField(text, { at, end }, open.fields);
        if (wrong !== null) open.wrong ??= `${wrong} on line ${line}`;
      } else if (open.line === line) open.wrong ??= 'the stanza begins with the continuation of a line';
      open.endsInField = open.fields.size > known;
    }
    at = end + 1;
  }
  if (open !== null)
    yield { ...open, end: text.charCodeAt(text.length - 1) === NEWLINE ? 'line' : 'mid-line' };
}

/** Reads the line into `fields` where it is one of those; says what is wrong with it, or null. */
function readField(
  text: string,
  { at, end }: { at: number; end: number },
  fields: Map<Field, string>,
): string | null {
  const colon = text.indexOf(':', at);
  if (colon === -1 || colon >= end || colon === at) return 'there is no field';
  if (colon - at > LONGEST) return null;
  const name = text.slice(at, colon).toLowerCase();
  const field = FIELDS.find((known) => known === name);
  if (field === undefined) return null;
  if (fields.has(field)) return `the field ${field} is given twice, again`;
  fields.set(field, text.slice(colon + 1, Math.min(end, colon + 2000)).trim());
  return null;
}
