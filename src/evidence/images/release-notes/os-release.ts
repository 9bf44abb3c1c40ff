import type { OsRelease } from '../../../model/software.ts';
import { osOf, parseOsFields } from '../../os-release.ts';

/** Reads the lines of an os-release file. Null where they do not say which system in which version it is. */
export function parseOsRelease(lines: readonly string[]): OsRelease | null {
  const os = osOf(parseOsFields(lines).fields);
  return os === null || os.versionId === '' ? null : os;
}
