import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NOTICE_KINDS } from '../../../src/model/governance.ts';
import { gather } from '../../../src/pipeline/notify/gather.ts';
import { isDue, pauseAfter } from '../../../src/pipeline/notify/timing.ts';
import { notice } from '../../interfaces/notifications/support.ts';

test('notices about one pool are told as one, urgent kinds first', () => {
  const { notices, more } = gather(
    [
      notice('fix-available', 1, { detail: 'i-1', count: 4 }),
      notice('new-critical', 1, { cves: ['CVE-1'] }),
      notice('new-critical', 1, { cves: ['CVE-2'] }),
      notice('new-critical', 2, { cves: ['CVE-1'] }),
      notice('overdue', 1, { detail: '2024-07-08' }),
      notice('overdue', 1, { detail: '2024-07-09' }),
      notice('new-kev', 3),
    ],
    1_000_000,
  );
  assert.equal(more, 0);
  assert.deepEqual(
    notices.map(({ kind, pool, cves, count, detail }) => [kind, pool, cves.length, count, detail]),
    [
      ['new-kev', '/pools/np3', 1, 1, null],
      ['new-critical', '/pools/np1', 2, 2, null],
      ['new-critical', '/pools/np2', 1, 1, null],
      ['overdue', '/pools/np1', 1, 1, '2024-07-08'],
      ['overdue', '/pools/np1', 1, 1, '2024-07-09'],
      ['fix-available', '/pools/np1', 1, 4, 'i-1'],
    ],
  );
});

test('whatever there is, it fits, nothing is counted twice and nothing is lost', () => {
  const arbitrary = fc.record({
    kind: fc.constantFrom(...NOTICE_KINDS),
    number: fc.nat(20),
    owner: fc.option(fc.string({ unit: 'binary', maxLength: 100 })),
    detail: fc.option(fc.constantFrom('a', 'b')),
  });
  fc.assert(
    fc.property(fc.array(arbitrary, { maxLength: 200 }), fc.nat(20_000), (all, maxBytes) => {
      const notices = all.map(({ kind, number, ...more }) => notice(kind, number, more));
      const whole = gather(notices, Number.MAX_SAFE_INTEGER);
      assert.equal(
        whole.notices.reduce((sum, { count }) => sum + count, 0),
        notices.length,
      );
      const part = gather(notices, maxBytes);
      assert.equal(part.notices.length + part.more, whole.notices.length);
      assert.deepEqual(part.notices, whole.notices.slice(0, part.notices.length));
      if (part.notices.length > 0) assert.ok(Buffer.byteLength(JSON.stringify(part.notices)) <= maxBytes);
    }),
  );
});

test('pauses grow up to an hour, and a lease that is over is no lease', () => {
  const middle = '7fffffff-0000-4000-8000-000000000000';
  const minutes = [1, 2, 3, 8, 9, 80].map((attempts) => Math.round(pauseAfter(attempts, middle) / 6000) / 10);
  assert.deepEqual(minutes, [0.5, 1, 2, 60, 60, 60]);
  for (const id of ['00000000-x', 'ffffffff-x', 'no id'])
    assert.ok(pauseAfter(1, id) >= 24_000 && pauseAfter(1, id) <= 36_000);
  const now = new Date('2026-03-01T09:00:00Z');
  const due = (state: 'waiting' | 'sending' | 'sent' | 'failed', nextAt: string): boolean =>
    isDue({ state, nextAt }, now);
  assert.equal(due('waiting', '2026-03-01T09:00:00Z'), true);
  assert.equal(due('waiting', '2026-03-01T09:00:01Z'), false);
  assert.equal(due('sending', '2026-03-01T09:01:00Z'), false);
  assert.equal(due('sending', '2026-03-01T08:59:00Z'), true);
  assert.equal(due('sent', '2026-03-01T08:59:00Z'), false);
  assert.equal(due('failed', '2026-03-01T08:59:00Z'), false);
  assert.equal(due('waiting', 'not an instant'), true);
});
