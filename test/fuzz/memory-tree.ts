import { FileTree } from '../../src/evidence/filesystem/tree.ts';
import type { DirectoryInode, FileInode, FileSystem, Inode } from '../../src/evidence/filesystem/types.ts';

type Folder = Map<string, Folder | Uint8Array>;

/** A tree of files in memory, by their paths from the root. */
export function memoryTree(files: Readonly<Record<string, Uint8Array>>): FileTree {
  const root: Folder = new Map();
  for (const [path, bytes] of Object.entries(files)) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = root;
    for (const part of parts) {
      const next = folder.get(part) ?? new Map();
      if (!(next instanceof Map)) throw new Error(`${part} of ${path} is a file`);
      folder.set(part, next);
      folder = next;
    }
    folder.set(name, bytes);
  }
  const fileSystem: FileSystem = {
    type: 'memory',
    journal: 'absent',
    problems: [],
    root: async () => directory('', root),
  };
  return new FileTree(fileSystem);
}

function directory(path: string, folder: Folder): DirectoryInode {
  const open = (name: string, held: Folder | Uint8Array): Inode =>
    held instanceof Map ? directory(`${path}/${name}`, held) : file(`${path}/${name}`, held);
  return {
    kind: 'directory',
    id: path,
    mode: 0o755,
    list: async () =>
      [...folder].map(([name, held]) => ({
        name,
        kind: held instanceof Map ? ('directory' as const) : ('file' as const),
        open: async () => open(name, held),
      })),
    lookup: async (name) => {
      const held = folder.get(name);
      return held === undefined ? null : open(name, held);
    },
  };
}

function file(id: string, bytes: Uint8Array): FileInode {
  return {
    kind: 'file',
    id,
    mode: 0o755,
    size: bytes.length,
    prefetch() {},
    read: async (offset, length) => bytes.subarray(offset, Math.min(bytes.length, offset + length)),
  };
}
