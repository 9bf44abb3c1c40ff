import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { isAlive } from '../../src/base/process.ts';

describe('isAlive', () => {
  it('tells a process that runs from one that does not', async () => {
    assert.equal(isAlive(process.pid), true);
    const child = spawn('sleep', ['30']);
    const pid = child.pid ?? 0;
    assert.equal(isAlive(pid), true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(isAlive(pid), false);
  });

  it('does not count a process that ended and that nobody waited for', {
    skip: existsSync('/proc/self/stat') ? false : 'needs /proc',
  }, async () => {
    // The shell is replaced by a program that does not know of the child it inherits; then the child ends.
    const parent = spawn('/bin/sh', ['-c', 'cat <&3 & echo $!; exec sleep 30 3<&-'], {
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    });
    const until = async (file: string, pattern: RegExp): Promise<void> => {
      while (!pattern.test(readFileSync(file, 'utf8'))) await new Promise((resolve) => setImmediate(resolve));
    };
    try {
      const [line] = (await once(parent.stdio[1] as Readable, 'data')) as [Buffer];
      const pid = Number(String(line));
      await until(`/proc/${parent.pid}/comm`, /^sleep/);
      assert.equal(isAlive(pid), true);
      (parent.stdio[3] as Writable).end();
      await until(`/proc/${pid}/stat`, /\) Z /);
      assert.equal(isAlive(pid), false);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
