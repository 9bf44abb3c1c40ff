import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { apkReader } from '../../../../src/evidence/readers/apk/apk.ts';
import { readInstalled } from '../../../../src/evidence/readers/apk/installed.ts';
import { ProblemList } from '../../../../src/evidence/readers/outcome.ts';
import { workFolder } from '../../../support/tools.ts';
import { found, lines, packagesOf, problemsOf, readRoot, writeRoot } from '../helpers.ts';

const INSTALLED = 'lib/apk/db/installed';
const work = workFolder();
let count = 0;
const newRoot = (files: Readonly<Record<string, string>>): string =>
  writeRoot(join(work, `root-${++count}`), { 'etc/hostname': 'node\n', ...files });

const MUSL =
  'C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=\nP:musl\nV:1.2.5-r0\nA:x86_64\nS:383304\nI:622592\nT:the musl c library\nU:https://musl.libc.org/\nL:MIT\no:musl\nm:A <a@b.c>\nt:1710523325\nc:4f\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nZ:Q1R/iTZ\nR:libc.musl-x86_64.so.1\na:0:0:777\n\n';
const BUSYBOX =
  'C:Q1\nP:busybox-binsh\nV:1.36.1-r28\nA:x86_64\no:busybox\nF:bin\nR:sh\nF:usr/lib/x\nR:a b\n\n';
const BARE = 'C:Q1\nP:.local-deps\nV:20240101.000000\nA:noarch\n\n';

test('packages, their origins and the files they own', async () => {
  for (const path of [INSTALLED, `usr/${INSTALLED}`]) {
    const outcome = await readRoot(apkReader, newRoot({ [path]: MUSL + BUSYBOX + BARE }));
    assert.deepEqual(lines(found(outcome).packages?.list), [
      '.local-deps 20240101.000000 noarch - =',
      'busybox-binsh 1.36.1-r28 x86_64 busybox =',
      'musl 1.2.5-r0 x86_64 musl =',
    ]);
    const owners = await packagesOf(outcome)?.ownersOf([
      'usr/bin/sh',
      'usr/lib/x/a b',
      'lib/libc.musl-x86_64.so.1',
      'bin/ash',
    ]);
    assert.deepEqual(Object.fromEntries(owners ?? []), {
      'usr/bin/sh': 'busybox-binsh',
      'usr/lib/x/a b': 'busybox-binsh',
      'lib/libc.musl-x86_64.so.1': 'musl',
    });
  }
});

test('no database is absent, an empty one a failure', async () => {
  assert.deepEqual(await readRoot(apkReader, newRoot({})), { status: 'absent' });
  assert.equal((await readRoot(apkReader, newRoot({ [INSTALLED]: '' }))).status, 'failed');
  assert.equal((await readRoot(apkReader, newRoot({ [INSTALLED]: '\0'.repeat(99) }))).status, 'failed');
});

const PARTIAL: Readonly<Record<string, string>> = {
  'a missing version': MUSL + BUSYBOX.replace(/^V:.*\n/m, ''),
  'an invalid version': MUSL + BUSYBOX.replace('V:1.36', 'V:x y'),
  'a missing name': MUSL + BUSYBOX.replace(/^P:.*\n/m, ''),
  'two packages run together': MUSL + BUSYBOX.slice(0, -1) + MUSL.replaceAll('musl', 'mush'),
  'the same package twice': MUSL + MUSL,
  'a line without a field': MUSL + BUSYBOX.replace('F:bin', 'bin'),
  'NUL bytes': `${MUSL}${'\0'.repeat(20)}`,
};
for (const [what, text] of Object.entries(PARTIAL))
  test(`${what} is partial`, async () => {
    const outcome = await readRoot(apkReader, newRoot({ [INSTALLED]: text }));
    assert.equal(outcome.status, 'partial');
    assert.match(problemsOf(outcome)[0]?.place ?? '', /^lib\/apk\/db\/installed/);
  });

test('a database cut off anywhere but between two packages is never whole', () => {
  const text = MUSL + BUSYBOX;
  for (let end = 0; end < text.length; end++) {
    const problems = new ProblemList();
    const packages = readInstalled(text.slice(0, end), INSTALLED, problems);
    assert.equal(
      problems.all().length === 0,
      end > 0 && text.slice(0, end).endsWith('\n\n'),
      `cut at ${end}`,
    );
    for (const { name, version } of packages)
      assert.equal(version, name === 'musl' ? '1.2.5-r0' : '1.36.1-r28');
  }
});

test('any text is read without a failure of the program', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('P', 'V', 'A', 'o', ':', '\n', '1', '-', '\0', 'é') }),
      (text) => {
        readInstalled(text, INSTALLED, new ProblemList());
      },
    ),
  );
});
