import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openDirectory } from '../../../src/evidence/filesystem/directory.ts';
import { FileTree } from '../../../src/evidence/filesystem/tree.ts';
import type {
  Found,
  InstalledPackages,
  Outcome,
  Problem,
  Reader,
} from '../../../src/evidence/readers/types.ts';
import type { OsPackage } from '../../../src/model/software.ts';

/** Runs a reader on a local directory. */
export function readRoot(reader: Reader, root: string): Promise<Outcome> {
  const tree = new FileTree(openDirectory(root));
  return reader.read({ tree, allFiles: false, signal: new AbortController().signal, progress() {} });
}

/** Writes files below a root: contents by path. */
export function writeRoot(root: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** What was found by a reader that must be `ok`. */
export function found(outcome: Outcome): Found {
  assert.equal(outcome.status, 'ok', JSON.stringify(problemsOf(outcome)));
  return outcome.status === 'ok' ? outcome.found : {};
}

/** The packages of an outcome, none where it has none. */
export function packagesOf(outcome: Outcome): InstalledPackages | undefined {
  return outcome.status === 'ok' || outcome.status === 'partial' ? outcome.found.packages : undefined;
}

/** The problems of an outcome. */
export function problemsOf(outcome: Outcome): readonly Problem[] {
  return outcome.status === 'partial' || outcome.status === 'failed' ? outcome.problems : [];
}

/** One line for each package, sorted: name, version, architecture, source and its version. */
export function lines(packages: readonly OsPackage[] | undefined): string[] {
  return (packages ?? [])
    .map(({ name, version, arch, source }) =>
      [name, version, arch, source?.name ?? '-', source?.version ?? '='].join(' '),
    )
    .sort();
}
