import type { OsPackage } from '../../../model/software.ts';
import type { ProblemList } from '../outcome.ts';

const NAME = /^[A-Za-z0-9_.][A-Za-z0-9+._-]{0,254}$/;
/** `1.36.1-r20`: digits, letters, suffixes such as `_rc1`, a hash after `~`, and the build. */
const VERSION = /^\d[A-Za-z0-9._~]{0,254}(?:-r\d{1,9})?$/;
const ARCH = /^[a-z0-9_]{1,64}$/;

/** The lines of one package, those that are read. */
interface Entry {
  /** The line it begins on, from 1. */
  readonly line: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly wrong: string | null;
}

/**
 * Reads the packages of apk's `installed` file, apk-db(5): for each package lines of a letter, a colon and a value,
 * and a blank line after them. What cannot be read becomes a problem with its line.
 */
export function readInstalled(text: string, path: string, problems: ProblemList): OsPackage[] {
  const packages: OsPackage[] = [];
  const listed = new Set<string>();
  for (const entry of entriesOf(text)) {
    const place = `${path} line ${entry.line}`;
    const judged = judge(entry);
    if (typeof judged === 'string') problems.add({ place, why: judged });
    else {
      if (listed.has(judged.name)) problems.add({ place, why: `${judged.name} is listed a second time` });
      listed.add(judged.name);
      packages.push(judged);
    }
  }
  if (text === '') problems.add({ place: path, why: 'it is empty' });
  else if (packages.length === 0) problems.add({ place: path, why: 'it lists no package' });
  else if (!text.endsWith('\n\n'))
    problems.add({ place: path, why: 'it does not end as apk writes it, with the end of a package' });
  const zero = text.indexOf('\0');
  if (zero !== -1) problems.add({ place: path, why: `it has NUL bytes from byte ${zero} on` });
  return packages;
}

/** Goes through the files that the packages own: absolute paths without the leading slash. */
export function* ownedFiles(text: string): Generator<{ readonly path: string; readonly owner: string }> {
  let owner = '';
  let folder = '';
  for (const { letter, value } of linesOf(text)) {
    if (letter === 'P') owner = value;
    else if (letter === 'F') folder = value;
    else if (letter === 'R') yield { path: folder === '' ? value : `${folder}/${value}`, owner };
  }
}

function* linesOf(text: string): Generator<{ line: number; letter: string; value: string }> {
  let line = 1;
  for (let at = 0; at < text.length; line++) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const colon = text.charCodeAt(at + 1) === 0x3a && end > at + 1;
    // A blank line has no letter, one without a colon a question mark.
    yield { line, letter: end === at ? '' : colon ? text.charAt(at) : '?', value: text.slice(at + 2, end) };
    at = end + 1;
  }
}

function* entriesOf(text: string): Generator<Entry> {
  let open: { line: number; fields: Map<string, string>; wrong: string | null } | null = null;
  for (const { line, letter, value } of linesOf(text)) {
    if (letter === '') {
      if (open !== null) yield open;
      open = null;
      continue;
    }
    open ??= { line, fields: new Map(), wrong: null };
    if (letter === '?') open.wrong ??= `there is no field on line ${line}`;
    if (!'PVAo'.includes(letter)) continue;
    if (open.fields.has(letter)) open.wrong ??= `the field ${letter} is given twice, again on line ${line}`;
    open.fields.set(letter, value);
  }
  // The last one has no blank line after it. Where it has no newline either, a value may be broken off.
  if (open !== null)
    yield text.endsWith('\n') ? open : { ...open, wrong: 'the file ends in the middle of it' };
}

function judge({ fields, wrong }: Entry): OsPackage | string {
  if (wrong !== null) return wrong;
  const name = fields.get('P') ?? '';
  if (!NAME.test(name)) return 'the name of the package is missing or none that apk allows';
  const version = fields.get('V') ?? '';
  if (!VERSION.test(version)) return `the version of ${name} is missing or none that apk allows`;
  const arch = fields.get('A') ?? '';
  if (!ARCH.test(arch)) return `the architecture of ${name} is missing or none`;
  const origin = fields.get('o');
  if (origin !== undefined && !NAME.test(origin)) return `the origin of ${name} is none that apk allows`;
  return { name, version, arch, source: origin === undefined ? null : { name: origin, version: null } };
}
