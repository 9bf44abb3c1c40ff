import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import fc from 'fast-check';
import { AUDIT_START, auditHash } from '../../src/model/audit-hash.ts';
import type { AuditEntry } from '../../src/model/governance.ts';

const ENTRY: AuditEntry = {
  at: '2024-08-09T00:00:00.000Z',
  actor: 'alice',
  action: 'exemption.add',
  subject: 'x-00000001',
  detail: { reason: 'waived', cve: 'CVE-2024-6387' },
};

it('is SHA-256 of the list of all fields, the detail in the order of its names', () => {
  const text = `[1,"${'0'.repeat(64)}","2024-08-09T00:00:00.000Z","alice","exemption.add","x-00000001",[["cve","CVE-2024-6387"],["reason","waived"]]]`;
  assert.equal(auditHash(ENTRY, 1, AUDIT_START), createHash('sha256').update(text).digest('hex'));
  assert.equal(
    auditHash(ENTRY, 1, AUDIT_START),
    '833d1a08844ce5539a7ce5eaf4fb6c7513bf0a8a1474f901c2a3bea14f006e24',
  );
});

it('does not depend on the order in which a detail was written', () => {
  const { reason = null, cve = null } = ENTRY.detail;
  assert.equal(
    auditHash({ ...ENTRY, detail: { cve, reason } }, 1, AUDIT_START),
    auditHash(ENTRY, 1, AUDIT_START),
  );
});

it('is another one wherever anything differs', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const entry = fc.record({
    at: fc.string(),
    actor: fc.string(),
    action: fc.constantFrom('policy.set', 'vex.import'),
    subject: fc.string(),
    detail: fc.dictionary(fc.string(), value, { maxKeys: 3 }),
  }) as fc.Arbitrary<AuditEntry>;
  const event = fc.tuple(entry, fc.integer({ min: 1, max: 9 }), fc.constantFrom(AUDIT_START, 'f'.repeat(64)));
  fc.assert(
    fc.property(event, event, (a, b) => {
      const flat = ([each, ...rest]: typeof a): string =>
        JSON.stringify([{ ...each, detail: Object.entries(each.detail).sort() }, rest]);
      assert.equal(auditHash(...a) === auditHash(...b), flat(a) === flat(b));
    }),
  );
});
