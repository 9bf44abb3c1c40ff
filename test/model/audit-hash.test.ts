import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { auditHash, NO_EVENT } from '../../src/model/audit-hash.ts';
import type { AuditEntry } from '../../src/model/governance.ts';

const ENTRY: AuditEntry = {
  at: '2024-08-09T10:00:00.000Z',
  actor: 'alice',
  action: 'exemption.add',
  subject: 'x-0a1b2c3d',
  detail: { cve: 'CVE-2024-6387', package: null, count: 3, ok: true },
};

test('hashes a known event to a known value, also in the next release', () => {
  const first = auditHash(ENTRY, 1, NO_EVENT);
  assert.equal(first, '49ed203cc80922272fd2f35c5469267bca423194791884a8e8971585c4e8b712');
  assert.equal(
    auditHash({ ...ENTRY, actor: 'bob' }, 2, first),
    '4f661aeb952d603333e587714a77a4fab30b1bc7a5b0435ac7ab4c8cc8027e77',
  );
});

test('the form is plain enough to be computed by anybody', () => {
  const form = `[1,"${NO_EVENT}","2024-08-09T10:00:00.000Z","alice","exemption.add","x-0a1b2c3d",[["count",3],["cve","CVE-2024-6387"],["ok",true],["package",null]]]`;
  assert.equal(auditHash(ENTRY, 1, NO_EVENT), createHash('sha256').update(form).digest('hex'));
});

test('the order of the detail does not matter; everything else does', () => {
  const turned = Object.fromEntries(Object.entries(ENTRY.detail).reverse());
  const hash = auditHash(ENTRY, 1, NO_EVENT);
  assert.equal(auditHash({ ...ENTRY, detail: turned }, 1, NO_EVENT), hash);
  const others: readonly AuditEntry[] = [
    { ...ENTRY, at: '2024-08-09T10:00:00.001Z' },
    { ...ENTRY, actor: 'Alice' },
    { ...ENTRY, action: 'exemption.withdraw' },
    { ...ENTRY, subject: 'x-0a1b2c3e' },
    { ...ENTRY, detail: { ...ENTRY.detail, count: '3' } },
    { ...ENTRY, detail: {} },
  ];
  const hashes = new Set([
    hash,
    auditHash(ENTRY, 2, NO_EVENT),
    auditHash(ENTRY, 1, hash),
    ...others.map((each) => auditHash(each, 1, NO_EVENT)),
  ]);
  assert.equal(hashes.size, others.length + 3);
});

test('text that moves from one field to another gives another hash', () => {
  const text = fc.string({ unit: 'binary', maxLength: 8 });
  const words = fc.record({ actor: text, subject: text });
  fc.assert(
    fc.property(words, words, (one, two) => {
      const same = one.actor === two.actor && one.subject === two.subject;
      const hashes = [one, two].map((each) => auditHash({ ...ENTRY, ...each }, 1, NO_EVENT));
      assert.equal(hashes[0] === hashes[1], same);
    }),
    { numRuns: 500 },
  );
});
