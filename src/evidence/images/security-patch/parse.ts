import { NodewardError } from '../../../base/errors.ts';
import { type Lines, linesOf } from '../release-notes/lines.ts';
import type { PackageChange, PatchOrigin, PatchSection, SecurityPatch } from './types.ts';

const TITLE = /^Release notes for security patch [0-9]{8}T[0-9]{6}Z timestamp$/;
const BETWEEN = /^Package difference between (\S{1,120}) and [0-9]{8}T[0-9]{6}Z$/;
const WITH = /^Package difference for [A-Za-z0-9. ]{1,40} with [0-9]{8}T[0-9]{6}Z$/;
const SNAPSHOT = /^([0-9]{4})([0-9]{2})([0-9]{2})T[0-9]{6}Z$/;
/** Said about the changes as a whole; the changes themselves follow. */
const REMARK =
  /^(?:(?:No r|R)eboot required(?: \([a-z ]+\))?|No packages found|\S+ requires base image version .*)?$/;

/**
 * Reads `security-patch/<timestamp>/[<stream>/]release_notes_delta_<timestamp>.txt`. Two forms below the headings
 * `Package difference between X and Y` or `Package difference for Ubuntu 24.04 with Y`:
 * - apt's history: `Upgrade: curl:amd64 (old, new), …`, `Install: name:arch (version, automatic)`, `Remove: …`
 * - tdnf's: lines `name  [epoch:]version-release  repository` below `=== Package Updates ===`, `=== New Packages ===`
 *   and `=== Removed Packages ===`
 *
 * Lines that cannot be read, and a file that is empty, are gaps.
 * @throws NodewardError input-malformed for a file of another kind; input-too-large
 */
export function parseSecurityPatch(bytes: Uint8Array, at: { path: string; day: string }): SecurityPatch {
  const { path, day } = at;
  if (bytes.length === 0) {
    const detail = `${path} is empty: the package changes of the snapshot of ${day} are not known.`;
    return { day, sections: [], gaps: [{ code: 'bad-evidence', detail, subjects: [] }] };
  }
  const text = linesOf(bytes, path);
  if (!text.lines.slice(0, 10).some((line) => TITLE.test(line))) {
    throw new NodewardError('input-malformed', `${path} has no line "Release notes for security patch …"`, {
      place: `${path}, line 1`,
    });
  }
  return { day, sections: readSections(text), gaps: text.unread.gaps(path) };
}

function readSections({ lines, unread }: Lines): readonly PatchSection[] {
  const sections: { from: PatchOrigin; changes: PackageChange[] }[] = [];
  let heading: PackageChange['kind'] | null = null;
  lines.forEach((line, index) => {
    const from = readOrigin(line);
    if (from !== null) {
      sections.push({ from, changes: [] });
      heading = null;
      return;
    }
    if (TITLE.test(line) || REMARK.test(line)) return;
    const named = HEADINGS.get(line);
    if (named !== undefined) {
      heading = named;
      return;
    }
    const changes = heading === null ? parseAptHistory(line) : parseTdnfLine(line, heading);
    const section = sections.at(-1);
    if (changes === null || section === undefined) unread.add(index);
    else section.changes.push(...changes);
  });
  return sections;
}

function readOrigin(line: string): PatchOrigin | null {
  if (WITH.test(line)) return { kind: 'unstated' };
  const name = BETWEEN.exec(line)?.[1];
  if (name === undefined) return null;
  const day = SNAPSHOT.exec(name);
  return day === null ? { kind: 'image', name } : { kind: 'snapshot', day: `${day[1]}-${day[2]}-${day[3]}` };
}

const HEADINGS: ReadonlyMap<string, PackageChange['kind']> = new Map([
  ['=== New Packages ===', 'new'],
  ['=== Package Updates ===', 'upgraded'],
  ['=== Removed Packages ===', 'removed'],
]);
const VERBS: ReadonlyMap<string, PackageChange['kind']> = new Map([
  ['Install', 'new'],
  ['Upgrade', 'upgraded'],
  ['Remove', 'removed'],
  ['Purge', 'removed'],
]);

const NAME = '[A-Za-z0-9][A-Za-z0-9+._-]{0,127}';
const VERSION = '[0-9A-Za-z][0-9A-Za-z.+~^:_-]{0,127}';
const APT_ITEM = new RegExp(
  `^(${NAME}):([a-z0-9]{1,10}) \\((${VERSION})(?:, (${VERSION}))?(?:, automatic)?\\)?$`,
);
const TDNF_LINE = new RegExp(`^(${NAME})  (${VERSION})  @?[A-Za-z0-9._-]{1,80}$`);

/** One line of apt's history; null where any part of it cannot be read. */
function parseAptHistory(line: string): readonly PackageChange[] | null {
  const colon = line.indexOf(': ');
  const kind = VERBS.get(line.slice(0, Math.max(colon, 0)));
  if (kind === undefined) return null;
  const changes: PackageChange[] = [];
  for (const item of line.slice(colon + 2).split('), ')) {
    const match = APT_ITEM.exec(item);
    const [, name, arch = '', first = '', second] = match ?? [];
    // `automatic` reads like a version where it is the second word.
    const version = kind === 'upgraded' ? second : first;
    if (name === undefined || version === undefined) return null;
    changes.push({ kind, name, arch, version });
  }
  return changes;
}

function parseTdnfLine(line: string, kind: PackageChange['kind']): readonly PackageChange[] | null {
  const [, name, version] = TDNF_LINE.exec(line) ?? [];
  return name === undefined || version === undefined ? null : [{ kind, name, arch: '', version }];
}
