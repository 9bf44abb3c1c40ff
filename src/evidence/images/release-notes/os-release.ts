import type { OsRelease } from '../../../model/software.ts';

/** An assignment of os-release(5). Backslash escapes do not occur in the fields that are read. */
const FIELD =
  /^(ID|VERSION_ID|PRETTY_NAME|VARIANT_ID)=(?:"([^"\\\p{Cc}]{0,200})"|'([^'\p{Cc}]{0,200})'|([^\s"'\\$`\p{Cc}]{0,200}))$/u;

/** Reads the lines of an os-release file. Null where they do not say which system in which version it is. */
export function parseOsRelease(lines: readonly string[]): OsRelease | null {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const match = FIELD.exec(line);
    if (match !== null) fields.set(match[1] ?? '', match[2] ?? match[3] ?? match[4] ?? '');
  }
  const id = fields.get('ID');
  const versionId = fields.get('VERSION_ID');
  if (!id || !versionId) return null;
  const variantId = fields.get('VARIANT_ID') || null;
  return { id, versionId, prettyName: fields.get('PRETTY_NAME') || `${id} ${versionId}`, variantId };
}
