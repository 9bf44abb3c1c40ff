import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReleaseNotes } from '../../../src/evidence/images/index.ts';
import type { ImageEvidence } from '../../../src/model/image.ts';

/** Excerpts of real files, in the tree they have upstream. */
export const TREE = join(import.meta.dirname, '../../fixtures/images');

/** The bytes of one file of the tree. */
export function bytesOf(path: string): Buffer {
  return readFileSync(join(TREE, path));
}

/** One file of the tree, parsed. */
export function evidenceOf(path: string): ImageEvidence {
  return parseReleaseNotes(bytesOf(path), { path });
}

/** `name version` of what is installed, `name version*` of what is cached. */
export function componentsOf({ software }: ImageEvidence, ...names: readonly string[]): readonly string[] {
  return software.components
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .map(({ name, version, role }) => `${name} ${version}${role === 'cached' ? '*' : ''}`);
}

/** The version of an installed package, or undefined. */
export function versionOf({ software }: ImageEvidence, name: string): string | undefined {
  return software.packages.find((package_) => package_.name === name)?.version;
}
