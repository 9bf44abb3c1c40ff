import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `use` in a new folder, which is gone afterwards. */
export function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-oracle-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a package manager and returns its exit status; fails, naming the Debian package, when it is missing. */
export function runOracle(debianPackage: 'dpkg' | 'rpm', args: readonly string[], errorFile: string): number {
  // To a file: dpkg warns once per unusual version, which can be more than a pipe's buffer should hold.
  const stderr = openSync(errorFile, 'w');
  try {
    const { status, error } = spawnSync(debianPackage, args, {
      stdio: ['ignore', 'ignore', stderr],
      env: { ...process.env, LC_ALL: 'C' },
    });
    if (error !== undefined || status === null) {
      throw new Error(
        `The version tests need \`${debianPackage}\` to compare with; install it with \`apt-get install ${debianPackage}\`.`,
        { cause: error },
      );
    }
    return status;
  } finally {
    closeSync(stderr);
  }
}

/** The end of what the oracle had to say, for a failure. */
export function lastWords(errorFile: string): string {
  return readFileSync(errorFile, 'utf8').slice(-500);
}
