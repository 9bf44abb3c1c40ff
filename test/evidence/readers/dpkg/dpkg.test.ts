import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { dpkgReader } from '../../../../src/evidence/readers/dpkg/dpkg.ts';
import { readStatus, type Status } from '../../../../src/evidence/readers/dpkg/status.ts';
import { ProblemList } from '../../../../src/evidence/readers/outcome.ts';
import { lacking, run, workFolder } from '../../../support/tools.ts';
import { found, lines, packagesOf, problemsOf, readRoot, writeRoot } from '../helpers.ts';

const STATUS = 'var/lib/dpkg/status';
const work = workFolder();
let count = 0;
const newRoot = (files: Readonly<Record<string, string | Uint8Array>>): string =>
  writeRoot(join(work, `root-${++count}`), { 'etc/hostname': 'node\n', ...files });
const readText = (text: string | Uint8Array) => readRoot(dpkgReader, newRoot({ [STATUS]: text }));

interface Facts {
  readonly name: string;
  readonly version?: string;
  readonly status?: string;
  readonly arch?: string;
  readonly source?: string;
}

function stanza({
  name,
  version = '1.0-1',
  status = 'install ok installed',
  arch = 'amd64',
  source,
}: Facts): string {
  const from = source === undefined ? '' : `Source: ${source}\n`;
  const awaited = status.endsWith('awaited') ? 'Triggers-Awaited: held\n' : '';
  const same = name === 'both' ? 'Multi-Arch: same\n' : '';
  const pending = status.endsWith('pending') ? 'Triggers-Pending: /usr/share/x\n' : '';
  const about = 'Maintainer: A <a@b.c>\nDescription: short\n long, with Version: 9 in it\n .\n and more\n';
  return `Package: ${name}\nStatus: ${status}\nPriority: optional\nArchitecture: ${arch}\n${from}Version: ${version}\n${same}${awaited}${pending}${about}\n`;
}

/** What dpkg-query lists of an admin folder, as `lines` gives it; packages without files left out. */
function listedByDpkg(adminDir: string): string[] {
  const fields = [
    'Package',
    'Version',
    'Architecture',
    'source:Package',
    'source:Version',
    'db:Status-Status',
  ];
  const format = `${fields.map((field) => `$\{${field}}`).join('\\t')}\\n`;
  return run('dpkg-query', [`--admindir=${adminDir}`, '-W', '-f', format])
    .split('\n')
    .filter((line) => line !== '' && !/\t(?:config-files|not-installed)$/.test(line))
    .map((line) => {
      const [name, version, arch, source, sourceVersion] = line.split('\t');
      return [name, version, arch, source, sourceVersion === version ? '=' : sourceVersion].join(' ');
    })
    .sort();
}

describe('against dpkg-query', { skip: lacking('dpkg-query') }, () => {
  test('the packages of this machine', {
    skip: existsSync('/var/lib/dpkg/status') ? false : 'no dpkg here',
  }, async () => {
    const root = newRoot({});
    mkdirSync(join(root, 'var/lib/dpkg/info'), { recursive: true });
    copyFileSync('/var/lib/dpkg/status', join(root, STATUS));
    cpSync('/var/lib/dpkg/info', join(root, 'var/lib/dpkg/info'), { recursive: true });
    const outcome = await readRoot(dpkgReader, root);
    const expected = listedByDpkg(join(root, 'var/lib/dpkg'));
    assert.ok(expected.length > 10);
    assert.deepEqual(lines(found(outcome).packages?.list), expected);
    const paths = ['usr/bin/dpkg', 'bin/dpkg', 'usr/bin/env', 'usr/local/bin/none', 'opt/none'];
    const owners = await packagesOf(outcome)?.ownersOf(paths);
    assert.deepEqual([...(owners ?? [])].sort(), [
      ['bin/dpkg', 'dpkg'],
      ['usr/bin/dpkg', 'dpkg'],
      ['usr/bin/env', 'coreutils'],
    ]);
  });

  test('states, sources, architectures and changes not merged yet', async () => {
    const states = [
      'installed',
      'half-installed',
      'unpacked',
      'half-configured',
      'triggers-awaited',
      'triggers-pending',
      'config-files',
      'not-installed',
    ];
    const root = newRoot({
      [STATUS]: [
        ...states.map((state) => stanza({ name: `in-${state}`, status: `install ok ${state}` })),
        stanza({ name: 'held', status: 'hold ok installed' }),
        stanza({ name: 'broken', status: 'install reinstreq half-configured' }),
        stanza({ name: 'both', arch: 'amd64' }),
        stanza({ name: 'both', arch: 'i386' }),
        stanza({ name: 'all', arch: 'all', version: '2:1.2~rc1+b1', source: 'other (1.2~rc1)' }),
        stanza({ name: 'named', source: 'elsewhere' }),
        stanza({ name: 'same', version: '3-1', source: 'origin (3-1)' }),
        stanza({ name: 'updated', version: '1-1' }),
        stanza({ name: 'removed', version: '1-1' }),
      ].join(''),
      'var/lib/dpkg/updates/0000': stanza({ name: 'updated', version: '1-2', status: 'install ok unpacked' })
        .trimEnd()
        .concat('\n'),
      'var/lib/dpkg/updates/0001': stanza({
        name: 'removed',
        version: '1-1',
        status: 'deinstall ok config-files',
      })
        .trimEnd()
        .concat('\n'),
      'var/lib/dpkg/updates/0002': stanza({ name: 'added', version: '7' }).trimEnd().concat('\n'),
      'var/lib/dpkg/updates/tmp.i': '#padding\n',
    });
    const listed = lines(found(await readRoot(dpkgReader, root)).packages?.list);
    assert.deepEqual(listed, listedByDpkg(join(root, 'var/lib/dpkg')));
    assert.deepEqual(
      listed.filter((line) => /^(?:updated|removed|added|in-config|all) /.test(line)),
      ['added 7 amd64 added =', 'all 2:1.2~rc1+b1 all other 1.2~rc1', 'updated 1-2 amd64 updated ='],
    );
  });
});

describe('images without dpkg', () => {
  test('one file for each package; lists of checksums are none', async () => {
    const root = newRoot({
      'var/lib/dpkg/status.d/base-files':
        'Package: base-files\nVersion: 12.4+deb12u5\nArchitecture: amd64\nDescription: x',
      'var/lib/dpkg/status.d/base-files.md5sums': '0123 usr/x\n',
      'var/lib/dpkg/status.d/libssl3':
        'Package: libssl3\nSource: openssl\nArchitecture: amd64\nVersion: 3.0.11-1\n',
    });
    assert.deepEqual(lines(found(await readRoot(dpkgReader, root)).packages?.list), [
      'base-files 12.4+deb12u5 amd64 base-files =',
      'libssl3 3.0.11-1 amd64 openssl =',
    ]);
  });

  test('a file cut off in a version is not taken', async () => {
    const root = newRoot({ 'var/lib/dpkg/status.d/a': 'Package: a\nArchitecture: amd64\nVersion: 3.0.1' });
    assert.equal((await readRoot(dpkgReader, root)).status, 'failed');
  });
});

describe('what is not a whole list', () => {
  const TWO = stanza({ name: 'a' }) + stanza({ name: 'b' });

  test('no database is absent; one that is gone from beside its lists is not', async () => {
    assert.deepEqual(await readRoot(dpkgReader, newRoot({})), { status: 'absent' });
    const outcome = await readRoot(dpkgReader, newRoot({ 'var/lib/dpkg/info/bash.list': '/.\n' }));
    assert.deepEqual(outcome, { status: 'failed', problems: [{ place: STATUS, why: 'it is missing' }] });
  });

  const FAILED: Readonly<Record<string, string>> = {
    empty: '',
    zeros: '\0'.repeat(4096),
    blank: '\n\n',
    text: 'nothing here',
  };
  for (const [what, text] of Object.entries(FAILED))
    test(`${what} is failed`, async () => assert.equal((await readText(text)).status, 'failed'));

  const PARTIAL: Readonly<Record<string, readonly [text: string, why: RegExp]>> = {
    'a missing version': [
      TWO + stanza({ name: 'c' }).replace(/^Version.*\n/m, ''),
      /^the version of c \(installed\) is missing$/,
    ],
    'an invalid version': [TWO + stanza({ name: 'c', version: '1:2:x y' }), /^the version of c is none/],
    'a missing status': [
      TWO + stanza({ name: 'c' }).replace(/^Status.*\n/m, ''),
      /^the status of c is missing/,
    ],
    'an unknown state': [TWO + stanza({ name: 'c', status: 'install ok instaled' }), /^the status of c/],
    'a missing name': [TWO + stanza({ name: 'c' }).replace(/^Package.*\n/m, ''), /^the name/],
    'a source of no form': [TWO + stanza({ name: 'c', source: 'x (1' }), /^the source of c cannot be read$/],
    'a stanza twice': [TWO + stanza({ name: 'a' }), /^a:amd64 is listed a second time$/],
    'two stanzas run together': [
      TWO + stanza({ name: 'c' }).slice(0, -1) + stanza({ name: 'd' }),
      /given twice, again on line \d+$/,
    ],
    'NUL bytes at the end': [`${TWO}${'\0'.repeat(100)}`, /NUL bytes from byte \d+ on/],
    'an end inside a stanza': [TWO.slice(0, -20), /ends inside the stanza/],
    'an end behind a line': [TWO.slice(0, -1), /ends inside the stanza/],
  };
  for (const [what, [text, why]] of Object.entries(PARTIAL))
    test(`${what} is partial`, async () => {
      const outcome = await readText(text);
      assert.equal(outcome.status, 'partial');
      const [first] = problemsOf(outcome);
      assert.match(first?.why ?? '', why);
      assert.match(first?.place ?? '', /^var\/lib\/dpkg\/status(?: line \d+)?$/);
      assert.ok(packagesOf(outcome)?.list.some(({ name }) => name === 'a'));
    });

  test('a list of files without a stanza shows that stanzas are missing', async () => {
    const root = newRoot({
      [STATUS]: TWO,
      'var/lib/dpkg/info/a.list': '/.\n',
      'var/lib/dpkg/info/c:amd64.list': '/.\n',
    });
    const outcome = await readRoot(dpkgReader, root);
    assert.deepEqual(problemsOf(outcome), [
      { place: 'var/lib/dpkg/info/c:amd64.list', why: `${STATUS} does not mention this package` },
    ]);
  });

  test('a status file cut off anywhere but between two stanzas is never whole', async () => {
    const text = TWO + stanza({ name: 'c', source: 'd (1)' });
    for (let end = 0; end < text.length; end++) {
      const problems = new ProblemList();
      const status: Status = { present: new Map(), names: new Set() };
      readStatus(Buffer.from(text.slice(0, end)), status, { path: STATUS, kind: 'status', problems });
      const between = end > 0 && text.slice(0, end).endsWith('\n\n');
      assert.equal(problems.all().length === 0, between, `cut at ${end}`);
      for (const { version } of status.present.values()) assert.equal(version, '1.0-1');
    }
  });

  test('any changes to a status file are read without a failure of the program', () => {
    const bytes = Buffer.from(TWO.repeat(3));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const changed = Buffer.from(bytes);
        for (const [at, value] of changes) changed[at] = value;
        const problems = new ProblemList();
        readStatus(
          changed,
          { present: new Map(), names: new Set() },
          { path: STATUS, kind: 'status', problems },
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('problems are bounded', async () => {
    const outcome = await readText(`${TWO}${'x\n\n'.repeat(5000)}`);
    assert.ok(problemsOf(outcome).length < 300);
    assert.match(problemsOf(outcome).at(-1)?.why ?? '', /4800 more problems/);
  });
});

describe('owners', () => {
  const list = (...paths: string[]): string => `${paths.join('\n')}\n`;
  const info = (name: string): string => `var/lib/dpkg/info/${name}.list`;
  const root = newRoot({
    [STATUS]: ['moby-runc', 'kubernetes-cni', 'odd', 'libc6', 'gone']
      .map((name) => stanza({ name }))
      .join(''),
    [info('moby-runc')]: list('/.', '/sbin', '/sbin/runc'),
    [info('kubernetes-cni')]: list('/.', '/opt/cni/bin/bridge'),
    [info('odd')]: list('/.', '/usr/bin/strange', '/usr/local/bin/strange'),
    [info('libc6:amd64')]: list('/.', '/lib/x86_64-linux-gnu/libc.so.6'),
  });

  test('by both names of the merged folders, in lists of one architecture, and under opt', async () => {
    const packages = packagesOf(await readRoot(dpkgReader, root));
    const paths = [
      'usr/sbin/runc',
      'opt/cni/bin/bridge',
      'usr/lib/x86_64-linux-gnu/libc.so.6',
      'usr/bin/strange',
      'opt/bin/kubelet',
    ];
    assert.deepEqual(Object.fromEntries((await packages?.ownersOf(paths)) ?? []), {
      'usr/sbin/runc': 'moby-runc',
      'opt/cni/bin/bridge': 'kubernetes-cni',
      'usr/lib/x86_64-linux-gnu/libc.so.6': 'libc6',
      'usr/bin/strange': 'odd',
    });
  });

  test('a list that cannot be read is an error where a path is left', async () => {
    const packages = packagesOf(await readRoot(dpkgReader, root));
    rmSync(join(root, info('odd')));
    mkdirSync(join(root, info('odd')));
    await assert.rejects(async () => packages?.ownersOf(['usr/bin/strange']), /not a regular file/);
    assert.equal((await packages?.ownersOf(['usr/sbin/runc']))?.get('usr/sbin/runc'), 'moby-runc');
  });
});

test('a status file of 5 MB takes a fraction of a second', () => {
  const text = Buffer.from(Array.from({ length: 32_000 }, (_, i) => stanza({ name: `p${i}` })).join(''));
  assert.ok(text.length > 5_000_000);
  const status: Status = { present: new Map(), names: new Set() };
  const start = performance.now();
  readStatus(text, status, { path: STATUS, kind: 'status', problems: new ProblemList() });
  assert.equal(status.present.size, 32_000);
  assert.ok(performance.now() - start < 1500);
});
