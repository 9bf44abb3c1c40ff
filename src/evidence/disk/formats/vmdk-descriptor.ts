import { quoted } from './file.ts';

/** One line that says where a part of the disk is. */
export interface DescriptorExtent {
  readonly access: string;
  /** Sectors of 512 bytes. */
  readonly sectors: number;
  /** `SPARSE`, `FLAT`, `ZERO`, … */
  readonly type: string;
  /** Empty where it names none. */
  readonly file: string;
}

/** What the text of a VMDK says of its disk. */
export interface Descriptor {
  /** `monolithicSparse`, `streamOptimized`, …; empty where it is not said. */
  readonly createType: string;
  readonly extents: readonly DescriptorExtent[];
  /** Why it needs a parent disk; null where it does not. */
  readonly parent: string | null;
}

const MAX_LINES = 4096;
const EXTENT = /^(RW|RDONLY|NOACCESS)\s+(\d{1,15})\s+([A-Z]+)(?:\s+"([^"]*)")?/i;
const NO_PARENT = 'ffffffff';

/** Parses the text of a descriptor; the rest of its room is filled with NUL. Null for more lines than any has. */
export function parseDescriptor(text: string): Descriptor | null {
  const [content = ''] = text.split('\0', 1);
  const lines = content.split(/\r?\n/, MAX_LINES + 1).map((line) => line.trim());
  if (lines.length > MAX_LINES) return null;
  const values = (key: string) =>
    lines.flatMap((line) => {
      const equals = line.indexOf('=');
      const found = equals > 0 && line.slice(0, equals).trim().toLowerCase() === key;
      return found
        ? [
            line
              .slice(equals + 1)
              .trim()
              .replace(/^"|"$/g, ''),
          ]
        : [];
    });
  return {
    createType: values('createtype')[0] ?? '',
    extents: lines.flatMap((line) => extentsOf(line)),
    parent: parentOf(values('parentfilenamehint'), values('parentcid')),
  };
}

function extentsOf(line: string): readonly DescriptorExtent[] {
  const match = EXTENT.exec(line);
  if (match === null) return [];
  const [, access = '', sectors = '', type = '', file = ''] = match;
  return [{ access: access.toUpperCase(), sectors: Number(sectors), type: type.toUpperCase(), file }];
}

function parentOf(hints: readonly string[], ids: readonly string[]): string | null {
  const [hint] = hints;
  if (hint !== undefined) return `names a parent disk ${quoted(hint)}`;
  const id = ids.find((each) => each.toLowerCase() !== NO_PARENT);
  return id === undefined ? null : `has a parent disk with the content ID ${quoted(id)}`;
}
