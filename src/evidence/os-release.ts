import type { OsRelease } from '../model/software.ts';

/** `NAME=value` of os-release(5): the value in double quotes, in single quotes, or bare. */
const ASSIGNMENT =
  /^([A-Za-z_][A-Za-z0-9_]*)=(?:"((?:[^"\\$`\p{Cc}\ufffd]|\\["$`\\])*)"|'([^'\p{Cc}\ufffd]*)'|([^\s"'\\$`\p{Cc}\ufffd]*))$/u;

const MAX_LINE = 4096;
const MAX_VALUE = 200;

/** The lines of an os-release file, read. */
export interface OsFields {
  /** Values by name, without quotes and escapes. Of a name given twice the last, as for a shell. */
  readonly fields: ReadonlyMap<string, string>;
  /** Indexes of the lines that are neither assignments nor comments nor blank. */
  readonly unread: readonly number[];
}

/** Reads the assignments of an os-release file, os-release(5). */
export function parseOsFields(lines: readonly string[]): OsFields {
  const fields = new Map<string, string>();
  const unread: number[] = [];
  for (const [index, raw] of lines.entries()) {
    const line = raw.length > MAX_LINE ? '?' : raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = ASSIGNMENT.exec(line);
    if (match === null) unread.push(index);
    else fields.set(match[1] ?? '', match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? match[4] ?? '');
  }
  return { fields, unread };
}

/**
 * The system that the fields name; null where they name none. `versionId` is empty where they give none, as for
 * rolling releases and Debian's testing.
 */
export function osOf(fields: ReadonlyMap<string, string>): OsRelease | null {
  const read = (name: string): string => {
    const value = fields.get(name) ?? '';
    return value.length > MAX_VALUE ? '' : value;
  };
  const id = read('ID');
  const versionId = read('VERSION_ID');
  if (id === '') return null;
  const prettyName = read('PRETTY_NAME') || `${id} ${versionId}`.trim();
  return { id, versionId, prettyName, variantId: read('VARIANT_ID') || null };
}
