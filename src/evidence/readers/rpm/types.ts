import { NodewardError } from '../../../base/errors.ts';
import type { FileTree } from '../../filesystem/tree.ts';
import type { FileInode } from '../../filesystem/types.ts';
import type { Problem } from '../types.ts';

/** The largest header that is read. Those of packages with tens of thousands of files have some MB. */
export const MAX_BLOB_BYTES = 32 << 20;

/** One header of a database: everything rpm knows about one package. */
export interface HeaderBlob {
  /** Where it is, for people: `var/lib/rpm/rpmdb.sqlite row 12`. */
  readonly place: string;
  /** Its bytes; may be called again. @throws NodewardError as inodes do, disk-damaged where the database is */
  read(): Promise<Buffer>;
}

/** Takes what is wrong with a database; the reading of the rest goes on. */
export type Report = (problem: Problem) => void;

/** An rpm database of some backend, opened. */
export interface HeaderStore {
  /** All headers, in the order of the database. Damage that hides some of them is reported. */
  blobs(report: Report): AsyncGenerator<HeaderBlob>;
  /** Looks for headers that `blobs` did not come by, once it has ended and all of its headers were read. */
  check(report: Report): Promise<void>;
}

/** The file of a database. */
export interface DatabaseFile {
  readonly tree: FileTree;
  /** From the root, without links. */
  readonly path: string;
  readonly inode: FileInode;
}

/** The error for damage at a place. */
export function damaged(place: string, why: string): NodewardError {
  return new NodewardError('disk-damaged', why, { place });
}

/** All of the bytes asked for. @throws NodewardError disk-damaged where the file ends before them */
export async function readExactly(
  { path, inode }: Pick<DatabaseFile, 'path' | 'inode'>,
  offset: number,
  length: number,
): Promise<Buffer> {
  const bytes = offset + length <= inode.size ? await inode.read(offset, length) : null;
  if (bytes === null || bytes.length !== length)
    throw damaged(path, `the file ends before byte ${offset + length}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
