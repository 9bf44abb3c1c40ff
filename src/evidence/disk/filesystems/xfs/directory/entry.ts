import type { InodeKind } from '../../../../filesystem/types.ts';
import { damaged } from '../damage.ts';

/** One name of a directory, as it is on disk. */
export interface RawEntry {
  /** The bytes of the name; a view of the block. */
  readonly name: Uint8Array;
  readonly inode: number;
  /** Null where the file system does not keep kinds in directories. */
  readonly kind: InodeKind | null;
}

/** XFS_DIR3_FT_*: unknown, regular, directory, character, block, pipe, socket, link, whiteout. */
const KINDS: readonly (InodeKind | null)[] = [
  null,
  'file',
  'directory',
  'special',
  'special',
  'special',
  'special',
  'symlink',
  'special',
];
const SLASH = 0x2f;

/** The kind for a file type of a directory entry. @throws NodewardError disk-damaged */
export function kindOf(fileType: number, place: string): InodeKind | null {
  const kind = KINDS[fileType];
  if (kind === undefined) throw damaged(place, `a name of file type ${fileType}`);
  return kind;
}

/** @throws NodewardError disk-damaged for a name that no system can have written */
export function checkName(name: Uint8Array, place: string): void {
  if (name.length === 0 || name.includes(0) || name.includes(SLASH))
    throw damaged(place, `an impossible name ${JSON.stringify(textOf(name))}`);
}

/** A name as text; bytes that are no UTF-8 become U+FFFD. */
export function textOf(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString('utf8');
}

/** True for `.` and `..`. */
export function isDot(name: Uint8Array): boolean {
  return name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e));
}
