import type { FileInode, LinkInode } from '../../../filesystem/types.ts';
import { damaged } from './bytes.ts';
import { Content } from './content.ts';
import { type DiskInode, INODE_FLAGS, inodePlace, isFastLink, MAP_AT } from './inode.ts';
import type { Volume } from './volume.ts';

/** As Linux: no target is longer (PATH_MAX). */
const MAX_TARGET_BYTES = 4096;

/** A regular file of ext. Encrypted ones can be opened but not read: file-unreadable. */
export class ExtFile implements FileInode {
  readonly kind = 'file';
  readonly id: number;
  readonly mode: number;
  readonly size: number;
  readonly #volume: Volume;
  readonly #inode: DiskInode;
  #content: Content | null = null;

  constructor(volume: Volume, inode: DiskInode) {
    this.#volume = volume;
    this.#inode = inode;
    this.id = inode.number;
    this.mode = inode.mode;
    this.size = inode.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#content ??= new Content(this.#volume, this.#inode);
    return this.#content.read(offset, length);
  }

  prefetch(offset: number, length: number): void {
    try {
      this.#content ??= new Content(this.#volume, this.#inode);
      this.#content.prefetch(offset, length);
    } catch {
      // `read` meets the same error and throws it.
    }
  }
}

/** A symbolic link of ext. Encrypted ones can be opened but not read: file-unreadable. */
export class ExtLink implements LinkInode {
  readonly kind = 'symlink';
  readonly id: number;
  readonly mode: number;
  readonly #volume: Volume;
  readonly #inode: DiskInode;

  constructor(volume: Volume, inode: DiskInode) {
    this.#volume = volume;
    this.#inode = inode;
    this.id = inode.number;
    this.mode = inode.mode;
  }

  async target(): Promise<string> {
    const place = inodePlace(this.#inode.number);
    const { size } = this.#inode;
    if (size === 0 || size > MAX_TARGET_BYTES) throw damaged(place, `is a link of ${size} bytes`);
    const bytes = await this.#bytes(size);
    if (bytes.includes(0)) throw damaged(place, 'is a link with a NUL in it');
    return Buffer.from(bytes).toString('utf8');
  }

  async #bytes(size: number): Promise<Uint8Array> {
    const { flags, bytes } = this.#inode;
    const encrypted = (flags & INODE_FLAGS.encrypt) !== 0;
    if (!encrypted && isFastLink(this.#volume.superblock, this.#inode))
      return bytes.subarray(MAP_AT, MAP_AT + size);
    return new Content(this.#volume, this.#inode).read(0, size);
  }
}
