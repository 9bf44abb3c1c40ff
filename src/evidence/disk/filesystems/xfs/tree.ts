import type {
  DirectoryEntry,
  DirectoryInode,
  FileInode,
  Inode,
  LinkInode,
} from '../../../filesystem/types.ts';
import { prefetchContent, readContent } from './content.ts';
import { damaged } from './damage.ts';
import { findName, readNames } from './directory/directory.ts';
import { type RawEntry, textOf } from './directory/entry.ts';
import type { XfsInode } from './inode.ts';
import { InodeTable } from './inodes.ts';
import { readTarget } from './symlink.ts';
import type { Volume } from './volume.ts';

/** Directories whose inodes are asked for in advance when their parent is listed. */
const MAX_AHEAD = 256;

/** The inodes of a volume as files, directories and links. */
export class Tree {
  readonly #volume: Volume;
  readonly #inodes: InodeTable;

  constructor(volume: Volume) {
    this.#volume = volume;
    this.#inodes = new InodeTable(volume);
  }

  async root(): Promise<DirectoryInode> {
    const number = this.#volume.superblock.rootInode;
    const inode = this.#wrap(await this.#inodes.get(number));
    if (inode.kind !== 'directory') throw damaged(`inode ${number}`, `the root is a ${inode.kind}`);
    return inode;
  }

  /** What an entry leads to. @throws NodewardError disk-damaged where its kind is another than the entry says */
  async open({ inode: number, kind }: Pick<RawEntry, 'inode' | 'kind'>): Promise<Inode> {
    const inode = await this.#inodes.get(number);
    if (kind !== null && kind !== inode.kind)
      throw damaged(`inode ${number}`, `it is a ${inode.kind}, yet its directory calls it a ${kind}`);
    return this.#wrap(inode);
  }

  #wrap(inode: XfsInode): Inode {
    const { number: id, mode } = inode;
    if (inode.kind === 'file') return this.#file(inode);
    if (inode.kind === 'directory') return this.#directory(inode);
    if (inode.kind === 'symlink') return this.#link(inode);
    return { kind: 'special', id, mode };
  }

  #file(inode: XfsInode): FileInode {
    const volume = this.#volume;
    const { number: id, mode, size } = inode;
    return {
      kind: 'file',
      id,
      mode,
      size,
      read: (offset, length) => readContent(volume, inode, { offset, length }),
      prefetch: (offset, length) => prefetchContent(volume, inode, { offset, length }),
    };
  }

  #link(inode: XfsInode): LinkInode {
    const { number: id, mode } = inode;
    return { kind: 'symlink', id, mode, target: () => readTarget(this.#volume, inode) };
  }

  #directory(inode: XfsInode): DirectoryInode {
    const { number: id, mode } = inode;
    return {
      kind: 'directory',
      id,
      mode,
      list: async () => {
        const names = await readNames(this.#volume, inode);
        const below = names.filter(({ kind }) => kind === 'directory').slice(0, MAX_AHEAD);
        this.#inodes.prefetch(below.map((entry) => entry.inode));
        return names.map((entry) => this.#entry(entry));
      },
      lookup: async (name) => {
        const found = await findName(this.#volume, inode, Buffer.from(name));
        return found === null ? null : this.open(found);
      },
    };
  }

  #entry({ name, kind, inode }: RawEntry): DirectoryEntry {
    // Without the view of the name, which would keep its block in memory.
    return { name: textOf(name), kind, open: () => this.open({ inode, kind }) };
  }
}
