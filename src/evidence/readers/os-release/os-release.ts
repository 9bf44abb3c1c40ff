import type { OsRelease } from '../../../model/software.ts';
import type { FileTree } from '../../filesystem/tree.ts';
import { osOf, parseOsFields } from '../../os-release.ts';
import { outcomeOf, ProblemList, problemOf } from '../outcome.ts';
import type { Outcome, Problem, Reader, ReaderContext } from '../types.ts';

/** In the order of os-release(5). The first is usually a link to the second. */
const PATHS = ['etc/os-release', 'usr/lib/os-release'] as const;
/** Genuine files have less than 2 KiB. */
const MAX_BYTES = 64 * 1024;
/** The fields that are used: what a file broken off in one of them says would be wrong. */
const USED = /^(?:ID|VERSION_ID|PRETTY_NAME|VARIANT_ID)=/;
/** The values that decide which advisories apply: lower case, without spaces, os-release(5). */
const PLAIN = /^[a-z0-9._-]*$/;

/**
 * Reads which distribution a root holds, os-release(5). An empty file is no absence: a disk that was copied while it
 * was written shows one. Without `VERSION_ID` (rolling releases, Debian's testing) `versionId` is empty.
 */
export const osReleaseReader: Reader = { id: 'os-release', needs: PATHS, read };

async function read({ tree }: ReaderContext): Promise<Outcome> {
  const problems = new ProblemList();
  const seen = new Set<string>();
  for (const path of PATHS) {
    try {
      const bytes = await content(tree, path, seen);
      if (bytes === null) continue;
      const os = parse(bytes, path, problems);
      if (os !== null) return outcomeOf({ os }, problems.all());
    } catch (thrown) {
      problems.add(problemOf(path, thrown));
    }
  }
  return outcomeOf(null, problems.all());
}

/** Null where there is no such file, or the path leads to one that was read already. */
async function content(tree: FileTree, path: string, seen: Set<string>): Promise<Uint8Array | null> {
  const found = await tree.find(path);
  if (found === null || seen.has(found.path)) return null;
  seen.add(found.path);
  return tree.read(found.path, MAX_BYTES);
}

function parse(bytes: Uint8Array, path: string, problems: ProblemList): OsRelease | null {
  if (bytes.length === 0) {
    problems.add({ place: path, why: 'it is empty' });
    return null;
  }
  const text = new TextDecoder().decode(bytes);
  const lines = text.split('\n');
  const { fields, unread } = parseOsFields(lines);
  for (const index of unread)
    problems.add({
      place: `${path} line ${index + 1}`,
      why: 'it is no assignment as os-release(5) has them',
    });
  const last = lines.at(-1) ?? '';
  if (USED.test(last) && !/["']$/.test(last))
    problems.add({ place: `${path} line ${lines.length}`, why: 'the file ends in the middle of it' });
  for (const problem of doubts(fields, path)) problems.add(problem);
  return osOf(fields);
}

function doubts(fields: ReadonlyMap<string, string>, path: string): Problem[] {
  const wrong = ['ID', 'VERSION_ID', 'VARIANT_ID'].filter((name) => !PLAIN.test(fields.get(name) ?? ''));
  const why = wrong.map((name) => `${name} has characters that os-release(5) does not allow`);
  if (!fields.get('ID')) why.push('it does not say the ID of the system');
  return why.map((text) => ({ place: path, why: text }));
}
