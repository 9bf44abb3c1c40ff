import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { refuseToReplace } from '../../src/base/files.ts';
import { scratch } from '../advisories/helpers.ts';

test('what somebody names for an output does not replace a database or a device', () => {
  const dir = scratch();
  const database = join(dir, 'inventory.db');
  const made = new DatabaseSync(database);
  made.exec('CREATE TABLE t (a)');
  made.close();
  symlinkSync(database, join(dir, 'link.html'));
  mkdirSync(join(dir, 'folder'));
  for (const [path, what] of [
    [database, /is a database, which is not replaced/],
    [join(dir, 'link.html'), /is a database/],
    ['/dev/null', /is no regular file/],
  ] as const)
    assert.throws(() => refuseToReplace(path), { code: 'usage', message: what });
  writeFileSync(join(dir, 'old.html'), '<');
  writeFileSync(join(dir, 'empty.html'), '');
  for (const name of ['old.html', 'empty.html', 'new.html', 'none/new.html', 'folder'])
    refuseToReplace(join(dir, name));
});
