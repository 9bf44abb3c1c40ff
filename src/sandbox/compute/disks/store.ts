import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NodewardError } from '../../../base/errors.ts';
import type { SandboxCore } from '../../ports.ts';
import type { DiskContent } from './content.ts';
import { diskSupport, type Identity, makeExt4, removeLeftTrees } from './ext4.ts';
import { guidFrom } from './gpt.ts';
import { layOut } from './layout.ts';
import { type Installed, softwareOn } from './software.ts';
import type { VirtualDisk } from './virtual-disk.ts';

/** Changes whenever the same software gives another file system. */
const LAYOUT = 1;
/** Disks whose layout is remembered: each takes some 50 KB, and is worked out again in milliseconds. */
const REMEMBERED = 100;
/** File systems that are made at the same time. */
const PARALLEL = 2;

/**
 * The disks of nodes. Only file systems are kept, one per distinct content, in files of the folder `disks`; each is
 * made when a disk with that content is first opened.
 */
export class DiskStore {
  readonly #core: Pick<SandboxCore, 'folder' | 'images' | 'random'>;
  readonly #roots = new Map<string, Promise<string>>();
  readonly #opened = new Map<string, Promise<VirtualDisk>>();
  #swept: Promise<void> | null = null;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(core: Pick<SandboxCore, 'folder' | 'images' | 'random'>) {
    this.#core = core;
  }

  /**
   * Opens a disk.
   * @throws NodewardError file-unwritable where its file system cannot be made, input-unsupported where no packages of
   *   its image are known
   */
  open(content: DiskContent): Promise<VirtualDisk> {
    return remembered(this.#opened, JSON.stringify(content), async () =>
      layOut(content, content.kind === 'linux' ? await this.#root(content) : null),
    );
  }

  async #root(content: DiskContent): Promise<string> {
    const installed = softwareOn(content, this.#core);
    if (installed === null) {
      const detail = `The sandbox knows no packages of ${content.image}, so there is no disk with them`;
      throw new NodewardError('input-unsupported', detail);
    }
    const hash = createHash('sha256')
      .update(JSON.stringify([LAYOUT, installed.software.os, installed.software.packages, installed.kernels]))
      .digest('hex');
    const identity = { id: guidFrom(hash), made: Math.floor(content.made / 1000) };
    return remembered(this.#roots, hash, () => this.#make(hash, installed, identity));
  }

  async #make(hash: string, installed: Installed, identity: Identity): Promise<string> {
    const folder = join(this.#core.folder, 'disks');
    const path = join(folder, `${hash.slice(0, 32)}.ext4`);
    if (existsSync(path)) return path;
    const missing = diskSupport();
    if (missing !== null)
      throw new NodewardError('file-unwritable', missing, { remedy: 'Install e2fsprogs on this machine.' });
    if (this.#running >= PARALLEL) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      this.#swept ??= removeLeftTrees(folder);
      await this.#swept;
      await makeExt4(path, installed, identity);
      return path;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** What was made for a key lately, or is being made; what failed is tried again. */
function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  for (const oldest of known.keys()) {
    if (known.size <= REMEMBERED) break;
    known.delete(oldest);
  }
  made.catch(() => {
    if (known.get(key) === made) known.delete(key);
  });
  return made;
}
