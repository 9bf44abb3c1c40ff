import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { digestOf } from '../../../src/interfaces/notifications/digest.ts';
import { delivery, HOSTILE, notice } from './support.ts';

const REAL = { sandbox: false };

test('says what is new of each kind, most urgent first, and what to run next', () => {
  const digest = digestOf(
    delivery([
      notice('new-kev', 1, { owner: 'platform@contoso.example', cves: ['CVE-2024-1086'], count: 1 }),
      notice('overdue', 2, { detail: '2024-07-08', count: 3, cves: ['CVE-2024-6387', 'CVE-2023-4911'] }),
      notice('fix-available', 1, { detail: 'AKSUbuntu-2204gen2containerd-202407.08.0', count: 12 }),
    ]),
    REAL,
    20,
  );
  assert.equal(digest.title, '1 exploited finding, 3 findings overdue, 12 findings can be fixed');
  assert.deepEqual(digest.warnings, []);
  assert.deepEqual(
    digest.sections.map(({ kind, title }) => [kind, title]),
    [
      ['new-kev', 'Known to be exploited'],
      ['overdue', 'Overdue'],
      ['fix-available', 'Fix available'],
    ],
  );
  assert.deepEqual(digest.sections[0]?.lines, [
    { pool: 'prod-weu/np1', owner: 'platform@contoso.example', what: '', cves: 'CVE-2024-1086' },
  ]);
  assert.deepEqual(digest.sections[1]?.lines, [
    {
      pool: 'prod-weu/np2',
      owner: null,
      what: '3 findings overdue since 2024-07-08',
      cves: 'CVE-2024-6387, CVE-2023-4911 and 1 more',
    },
  ]);
  assert.equal(
    digest.sections[2]?.lines[0]?.what,
    'AKSUbuntu-2204gen2containerd-202407.08.0 removes 12 findings',
  );
  assert.deepEqual(digest.next, [
    'nodeward recommendations prod-weu/np1',
    'nodeward cve CVE-2024-1086',
    'nodeward recommendations --overdue',
    'nodeward recommendations --fix available',
  ]);
});

test('what is not shown is counted', () => {
  const notices = Array.from({ length: 332 }, (_, n) => notice('new-critical', n));
  const digest = digestOf(delivery(notices, { more: 7 }), REAL, 20);
  assert.equal(digest.sections[0]?.lines.length, 20);
  assert.equal(digest.sections[0]?.more, 'and 312 more');
  assert.match(digest.more ?? '', /^7 more/);
  assert.equal(digestOf(delivery(notices), REAL, 0).sections[0]?.more, 'and 332 more');
});

test('a second try says that it may be a repeat, a sandbox that nothing is real', () => {
  const { warnings, next } = digestOf(
    delivery([notice('new-kev', 1)], { attempts: 2 }),
    { sandbox: true },
    5,
  );
  assert.match(warnings[0] ?? '', /nothing here is real/);
  assert.match(warnings[1] ?? '', /may be a repeat/);
  assert.ok(next.every((command) => command.endsWith(' --sandbox')));
});

test('names from outside stay in their line, have a bound and end no word of a command', () => {
  for (const name of HOSTILE) {
    const digest = digestOf(
      delivery([notice('new-kev', 1, { poolName: name, owner: name, cves: [name] })]),
      REAL,
      5,
    );
    const [line] = digest.sections[0]?.lines ?? [];
    assert.ok(line !== undefined);
    const texts = [line.pool, line.owner ?? '', line.cves, ...digest.next, digest.title];
    for (const text of texts) {
      assert.doesNotMatch(text, /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      assert.ok(text.length < 700, text);
    }
    // A real shell takes the name for one word, and runs nothing of it.
    const words = (digest.next[0] ?? '').replace(/^nodeward /, 'printf "%s\\n" ');
    const said = execFileSync('/bin/sh', ['-c', words], { encoding: 'utf8' });
    assert.equal(said, `recommendations\n${line.pool}\n`);
  }
});
