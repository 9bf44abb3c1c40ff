import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
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
    // The shell is replaced by a program that does not know of the child it inherits.
    const parent = spawn('/bin/sh', ['-c', 'true & echo $!; exec sleep 30']);
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(String(line));
      while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')))
        await new Promise((resolve) => setImmediate(resolve));
      assert.equal(isAlive(pid), false);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
