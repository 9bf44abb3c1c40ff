import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, lacking } from './tools.ts';

const MIRROR = 'http://deb.debian.org/debian';
const SUITES = [
  `deb ${MIRROR} bookworm main`,
  `deb ${MIRROR} bookworm-updates main`,
  `deb ${MIRROR}-security bookworm-security main`,
];

/** What a Debian system is made of. */
export interface DebianRecipe {
  /** Names the folder it is kept in. */
  readonly name: string;
  readonly variant: 'minbase' | 'important';
  readonly packages: readonly string[];
}

/** A node with containerd, runc, CNI plugins, kubectl and a kernel: 143 packages, 535 MB. */
export const DEBIAN_NODE: DebianRecipe = {
  name: 'debian-node',
  variant: 'minbase',
  packages: [
    'openssh-server',
    'containerd',
    'runc',
    'containernetworking-plugins',
    'kubernetes-client',
    'linux-image-cloud-amd64',
  ],
};

/**
 * A Debian 12 system made by mmdebstrap from Debian's mirror; made once, and kept in the folder for temporary files.
 * @throws where the mirror cannot be reached
 */
export function debianTree({ name, variant, packages }: DebianRecipe): string {
  const kept = join(tmpdir(), 'nodeward-fixtures');
  const tree = join(kept, name);
  if (existsSync(tree)) return tree;
  mkdirSync(kept, { recursive: true });
  const aside = `${tree}.aside-${process.pid}`;
  const words = [
    '--quiet',
    `--variant=${variant}`,
    `--include=${packages.join(',')}`,
    'bookworm',
    aside,
    ...SUITES,
  ];
  try {
    execFileSync(findTool('mmdebstrap') ?? 'mmdebstrap', words, { stdio: ['ignore', 'ignore', 'inherit'] });
    renameSync(aside, tree);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return tree;
}

/** A Debian system, or why there is none here, for `skip`. Where tests must not be left out (`CI`), that is an error. */
export function tryDebianTree(recipe: DebianRecipe): {
  readonly tree: string;
  readonly skip: string | false;
} {
  const missing = process.getuid?.() === 0 ? lacking('mmdebstrap') : 'needs root';
  if (missing !== false) return { tree: '', skip: missing };
  try {
    return { tree: debianTree(recipe), skip: false };
  } catch (thrown) {
    if ((process.env.CI ?? '') !== '') throw thrown;
    const [reason] = (thrown as Error).message.split('\n');
    return { tree: '', skip: `no Debian system could be made: ${reason}` };
  }
}
