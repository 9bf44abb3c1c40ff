import type { OsPackage, PackageSource } from '../../../model/software.ts';
import { deb } from '../../../versions/deb/deb.ts';
import type { ProblemList } from '../outcome.ts';
import { type Stanza, stanzasOf } from './stanzas.ts';

/**
 * The states of dpkg(1) in which the files of a package are on the disk, wholly or in part. In the two others
 * (`not-installed`, `config-files`) they are not.
 */
const PRESENT: ReadonlySet<string> = new Set([
  'half-installed',
  'unpacked',
  'half-configured',
  'triggers-awaited',
  'triggers-pending',
  'installed',
]);
const ABSENT: ReadonlySet<string> = new Set(['not-installed', 'config-files']);

const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]{0,254}$/;
const ARCH = /^[a-z0-9][a-z0-9-]{0,63}$/;
const SOURCE = /^([A-Za-z0-9][A-Za-z0-9+._-]{0,254})(?:\s*\(([^\s()]{1,1024})\))?$/;

/** What the status files say. Keys are `name:architecture`, which dpkg keeps apart. */
export interface Status {
  /** The packages whose files are on the disk. */
  readonly present: Map<string, OsPackage>;
  /** The names of all packages that are mentioned, removed ones among them. */
  readonly names: Set<string>;
}

/**
 * What kind of file it is: `status` (all packages, each stanza ended by a blank line), `update` (a change that dpkg
 * has not merged into the status file yet) or `fragment` (one package of an image without dpkg, in `status.d`).
 */
export type StatusKind = 'status' | 'update' | 'fragment';

/** Where the text comes from, and where what is wrong with it goes. */
export interface StatusInput {
  readonly path: string;
  readonly kind: StatusKind;
  readonly problems: ProblemList;
}

/** Reads one status file into `status`. What cannot be read becomes a problem with its line. */
export function readStatus(bytes: Buffer, status: Status, { path, kind, problems }: StatusInput): void {
  if (bytes.length === 0) problems.add({ place: path, why: 'it is empty' });
  const zero = bytes.indexOf(0);
  // What a crash leaves of a file whose last blocks were not written.
  if (zero !== -1) problems.add({ place: path, why: `it has NUL bytes from byte ${zero} on` });
  const listed = new Set<string>();
  for (const stanza of stanzasOf(bytes.toString('latin1'))) {
    const place = `${path} line ${stanza.line}`;
    const { cut, drop } = ending(stanza, kind);
    if (cut) problems.add({ place, why: 'the file ends inside the stanza that begins here' });
    const judged = drop ? [] : judge(stanza, kind);
    for (const why of judged.filter((item) => typeof item === 'string')) problems.add({ place, why });
    for (const entry of judged.filter((item) => typeof item !== 'string')) {
      const key = `${entry.package.name}:${entry.package.arch}`;
      if (listed.has(key)) problems.add({ place, why: `${key} is listed a second time` });
      listed.add(key);
      status.names.add(entry.package.name);
      if (entry.present) status.present.set(key, entry.package);
      else status.present.delete(key);
    }
  }
}

/**
 * Whether the file ends too early, and whether that makes the stanza useless: a value that is broken off is another
 * value. dpkg ends every stanza of its status file with a blank line; the files of `status.d` may lack even the last
 * newline.
 */
function ending(stanza: Stanza, kind: StatusKind): { cut: boolean; drop: boolean } {
  if (kind === 'fragment' && stanza.end === 'mid-line')
    return { cut: stanza.endsInField, drop: stanza.endsInField };
  const drop = stanza.end === 'mid-line';
  return { cut: drop || (kind === 'status' && stanza.end === 'line'), drop };
}

interface Entry {
  readonly present: boolean;
  readonly package: OsPackage;
}

/** The package of a stanza, and what is wrong with it. */
function judge({ fields, wrong }: Stanza, kind: StatusKind): (Entry | string)[] {
  const name = fields.get('package');
  if (wrong !== null) return [wrong];
  if (name === undefined) return ['the name of the package is missing'];
  if (!NAME.test(name)) return ['the name of the package is none that dpkg allows'];
  const state = stateOf(fields.get('status'), kind);
  if (state === null) return [`the status of ${name} is missing or none that dpkg knows`];
  const arch = fields.get('architecture') ?? '';
  if (ABSENT.has(state)) return [{ present: false, package: { name, version: '', arch, source: null } }];

  const version = fields.get('version');
  if (version === undefined || version === '') return [`the version of ${name} (${state}) is missing`];
  if (!deb.compare(version, version).ok) return [`the version of ${name} is none that dpkg allows`];
  const source = sourceOf(fields.get('source'), name, version);
  const doubts: string[] = [];
  if (!ARCH.test(arch)) doubts.push(`the architecture of ${name} is missing or none`);
  if (source === null) doubts.push(`the source of ${name} cannot be read`);
  return [
    ...doubts,
    { present: true, package: { name, version, arch: ARCH.test(arch) ? arch : '', source } },
  ];
}

/** The third word of `install ok installed`. Images without dpkg have no status: what they list is there. */
function stateOf(status: string | undefined, kind: StatusKind): string | null {
  if (status === undefined) return kind === 'fragment' ? 'installed' : null;
  const words = status.split(/\s+/);
  const [, , state = ''] = words;
  return words.length === 3 && (PRESENT.has(state) || ABSENT.has(state)) ? state : null;
}

/**
 * `name` or `name (version)`; without the field the package is its own source (deb-control(5)). The version is told
 * where it differs from the package's own.
 */
function sourceOf(field: string | undefined, name: string, version: string): PackageSource | null {
  if (field === undefined) return { name, version: null };
  const match = SOURCE.exec(field);
  if (match?.[1] === undefined) return null;
  const stated = match[2] ?? version;
  if (!deb.compare(stated, stated).ok) return null;
  return { name: match[1], version: stated === version ? null : stated };
}
