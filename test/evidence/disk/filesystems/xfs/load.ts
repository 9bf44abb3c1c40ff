/** Changes a folder at random until it is killed or its file system shuts down: `node load.ts FOLDER SEED`. */
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const [, , root = '', seed = '1'] = process.argv;
const EXPECTED = new Set(['ENOENT', 'EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR', 'ENOSPC', 'EMLINK']);
let state = Number(seed);
let count = 0;
let folders = [root];
let files: string[] = [];

/** A number below `limit`, the same sequence for the same seed. */
function below(limit: number): number {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return (state >>> 8) % limit;
}

function pick(list: readonly string[]): string {
  return list[below(Math.max(1, list.length))] ?? join(root, 'absent');
}

function create(): void {
  const path = join(pick(folders), `file${count}${'x'.repeat(below(60))}`);
  writeFileSync(path, Buffer.alloc(below(9000), `${count} `));
  files.push(path);
}

function remove(): void {
  const path = pick(files);
  files = files.filter((file) => file !== path);
  unlinkSync(path);
}

function rename(): void {
  const to = join(pick(folders), `moved${count}`);
  renameSync(pick(files), to);
  files.push(to);
}

function scatter(): void {
  const fd = openSync(pick(files), 'r+');
  for (let n = 0; n < 20; n++) writeSync(fd, `data ${count}`, below(1_000_000));
  if (below(2) === 0) fsyncSync(fd);
  closeSync(fd);
}

function makeMany(): void {
  const folder = join(pick(folders), `many${count}`);
  mkdirSync(folder);
  for (let n = 0; n < 150; n++) writeFileSync(join(folder, `name${n}${'y'.repeat(below(30))}`), '');
  if (below(2) === 0) rmSync(folder, { recursive: true });
  else folders.push(folder);
}

function removeFolder(): void {
  const path = pick(folders.slice(1));
  folders = folders.filter((folder) => folder !== path && !folder.startsWith(`${path}/`));
  files = files.filter((file) => !file.startsWith(`${path}/`));
  rmSync(path, { recursive: true, force: true });
}

function makeFolder(): void {
  const path = join(pick(folders), `folder${count}`);
  mkdirSync(path);
  folders.push(path);
}

/** How often each happens, in a hundred. */
const STEPS: readonly (readonly [share: number, step: () => void])[] = [
  [40, create],
  [15, remove],
  [10, rename],
  [8, makeFolder],
  [10, scatter],
  [5, () => symlinkSync('t'.repeat(1 + below(1000)), join(pick(folders), `link${count}`))],
  [5, () => linkSync(pick(files), join(pick(folders), `hard${count}`))],
  [3, () => truncateSync(pick(files), below(100_000))],
  [2, makeMany],
  [2, removeFolder],
];

for (;;) {
  count++;
  let share = below(100);
  const step = STEPS.find(([own]) => {
    share -= own;
    return share < 0;
  });
  try {
    step?.[1]();
    if (files.length > 2000) for (const file of files.splice(0, 1000)) rmSync(file, { force: true });
  } catch (thrown) {
    if (!EXPECTED.has((thrown as { code?: string }).code ?? '')) process.exit(0);
  }
}
