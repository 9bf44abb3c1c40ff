import assert from 'node:assert/strict';
import { it } from 'node:test';
import { countingBook } from '../../src/findings/index.ts';
import type { Exemption } from '../../src/model/exemption.ts';
import type { StoredListFinding, Vulnerability } from '../../src/model/recommendation.ts';
import { exemption, facts, NOW, occurrence, statement } from './exemption-support.ts';

const CVE = 'CVE-2024-24786';
const GHSA = 'GHSA-8r3f-844c-mc37';
const KNOWN = new Map<string, Vulnerability>([
  [CVE, { cve: CVE, aliases: [GHSA, 'USN-6746-1'], cvss: [], published: null, kev: null, epss: null }],
]);

function inList(cve: string, gone: string | null): StoredListFinding {
  return {
    cve,
    severity: 'high',
    occurrences: [occurrence('a')],
    firstSeen: '2024-07-01T00:00:00.000Z',
    gone,
  };
}

function uses(exemptions: readonly Exemption[], lists: readonly (readonly StoredListFinding[])[] = []) {
  const counting = countingBook(exemptions, NOW, KNOWN);
  return { counting, uses: () => counting.uses(new Map(lists.map((each, n) => [`sha256:${n}`, each]))) };
}

it('counts for each pool what suppresses, alone or together, and leaves out what came to nothing', () => {
  const one = uses([
    exemption('x-1', { subject: { package: 'a' } }),
    exemption('x-2', { subject: { package: 'b' } }),
    exemption('x-3', { subject: { package: 'c' } }),
  ]);
  for (const pool of ['/s/c/p1', '/s/c/p2'])
    one.counting.book.of(facts({ pool, occurrences: [occurrence('a'), occurrence('b')] }));
  one.counting.book.of(facts({ occurrences: [occurrence('a')] }));
  one.counting.book.of(facts({ occurrences: [occurrence('c'), occurrence('d')] }));
  assert.deepEqual(one.uses(), {
    'x-1': { suppresses: 3, overruled: 0, goneSince: null },
    'x-2': { suppresses: 2, overruled: 0, goneSince: null },
  });
});

it('counts what a statement keeps open', () => {
  const subject = { cve: 'CVE-2024-6387' };
  const one = uses([
    exemption('x-1', { subject, reason: 'false-positive' }),
    statement('x-2', { status: 'affected', timestamp: NOW }, subject),
  ]);
  one.counting.book.of(facts());
  assert.deepEqual(one.uses(), { 'x-1': { suppresses: 0, overruled: 1, goneSince: null } });
});

it('tells since when no list has the CVE because advisories changed, also by an alias', () => {
  const both = [
    exemption('x-1', { subject: { cve: CVE } }),
    exemption('x-2', { subject: { cve: GHSA } }),
    exemption('x-3', { subject: { cve: 'CVE-2024-6387' } }),
    exemption('x-4', { subject: { severity: 'high' } }),
  ];
  const first = inList(CVE, '2024-08-01T00:00:00.000Z');
  const second = inList(CVE, '2024-08-05T00:00:00.000Z');
  const gone = { suppresses: 0, overruled: 0, goneSince: '2024-08-05T00:00:00.000Z' };
  assert.deepEqual(uses(both, [[first], [second]]).uses(), { 'x-1': gone, 'x-2': gone });
  assert.deepEqual(uses(both, [[second], [first]]).uses(), { 'x-1': gone, 'x-2': gone });
  for (const lists of [
    [[first], [inList(CVE, null)]],
    [[inList(CVE, null), first]],
    [[first, inList(CVE, null)]],
    [],
  ])
    assert.deepEqual(uses(both, lists).uses(), {});
});
