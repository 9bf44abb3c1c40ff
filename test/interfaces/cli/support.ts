import { type Program, runProgram } from '../../../src/interfaces/cli/main.ts';
import { scratch } from '../../advisories/helpers.ts';
import { SNAPSHOT } from '../../matching/support.ts';

/** What a run wrote, and its status. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

class Sink {
  text = '';
  readonly isTTY = false;
  write(chunk: string): boolean {
    this.text += chunk;
    return true;
  }
  once(): this {
    return this;
  }
  on(): this {
    return this;
  }
  off(): this {
    return this;
  }
}

const NO_DATA = scratch();

/** Runs the program in this process, on the snapshot unless the words name a data directory. */
export async function run(words: readonly string[], more: Partial<Program> = {}): Promise<Ran> {
  const stdout = new Sink();
  const stderr = new Sink();
  const status = await runProgram({
    words,
    env: { NODEWARD_DATA_DIR: NO_DATA },
    snapshotDir: SNAPSHOT,
    version: '9.8.7',
    scanWorker: new URL('../../../src/evidence/scan/worker.ts', import.meta.url),
    clock: { now: () => new Date('2026-09-01T00:00:00Z') },
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    ...more,
  });
  return { status, stdout: stdout.text, stderr: stderr.text };
}
