import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { noticesOf, type TellableFinding } from '../../src/findings/index.ts';

function finding(cve: string, more: Partial<TellableFinding> = {}): TellableFinding {
  const rest = {
    kev: false,
    fix: 'no-image',
    fixImage: null,
    dueAt: null,
    overdue: false,
    risk: 40,
  } as const;
  return { cve, severity: 'high', ...rest, ...more };
}

function notices(...findings: readonly TellableFinding[]) {
  return noticesOf({ pool: '/s/c/p', poolName: 'p', clusterName: 'c', owner: 'blue', findings });
}

function keys(...findings: readonly TellableFinding[]): readonly string[] {
  return notices(...findings).map(({ key }) => key);
}

describe('notices of a pool', () => {
  it('are none where nothing is urgent and nothing can be done', () => {
    assert.deepEqual(notices(), []);
    assert.deepEqual(
      notices(finding('CVE-1'), finding('CVE-2', { fix: 'not-in-region', fixImage: 'I-2' })),
      [],
    );
  });

  it('tell each exploited and each critical vulnerability, and one that is both once', () => {
    const both = finding('CVE-1', { kev: true, severity: 'critical' });
    const found = notices(
      finding('CVE-3', { severity: 'critical' }),
      finding('CVE-2', { kev: true, risk: 90 }),
      both,
    );
    assert.deepEqual(
      found.map(({ kind, key, cves, count, detail }) => [kind, key, cves, count, detail]),
      [
        ['new-kev', 'new-kev:/s/c/p:CVE-2', ['CVE-2'], 1, null],
        ['new-kev', 'new-kev:/s/c/p:CVE-1', ['CVE-1'], 1, null],
        ['new-critical', 'new-critical:/s/c/p:CVE-3', ['CVE-3'], 1, null],
      ],
    );
    assert.deepEqual([found[0]?.poolName, found[0]?.clusterName, found[0]?.owner], ['p', 'c', 'blue']);
  });

  it('tell once that an image fixes some, whichever they are', () => {
    const fixed = (cve: string, risk: number) => finding(cve, { fix: 'available', fixImage: 'I-2', risk });
    const [first, ...others] = notices(fixed('CVE-1', 10), fixed('CVE-2', 80));
    assert.deepEqual(others, []);
    assert.deepEqual(first, {
      kind: 'fix-available',
      key: 'fix-available:/s/c/p:I-2',
      pool: '/s/c/p',
      poolName: 'p',
      clusterName: 'c',
      owner: 'blue',
      cves: ['CVE-2', 'CVE-1'],
      count: 2,
      detail: 'I-2',
    });
    assert.deepEqual(keys(fixed('CVE-3', 1)), [first?.key]);
  });

  it('tell each day on which some became overdue', () => {
    const due = (cve: string, dueAt: string) => finding(cve, { overdue: true, dueAt });
    assert.deepEqual(
      keys(
        due('CVE-1', '2024-08-01T09:00:00.000Z'),
        due('CVE-2', '2024-08-01T17:00:00.000Z'),
        due('CVE-3', '2024-08-02T09:00:00.000Z'),
        finding('CVE-4', { dueAt: '2024-09-01T00:00:00.000Z' }),
      ).toSorted(),
      ['overdue:/s/c/p:2024-08-01', 'overdue:/s/c/p:2024-08-02'],
    );
  });

  it('name ten at the most, and count all', () => {
    const many = Array.from({ length: 25 }, (_, n) =>
      finding(`CVE-${n}`, { fix: 'available', fixImage: 'I', risk: n }),
    );
    const [first] = notices(...many);
    assert.equal(first?.count, 25);
    assert.deepEqual(first?.cves.slice(0, 2), ['CVE-24', 'CVE-23']);
    assert.equal(first?.cves.length, 10);
  });

  it('have keys that are theirs alone, and the same whatever the order of findings', () => {
    const some = fc.record({
      severity: fc.constantFrom('critical' as const, 'high' as const),
      kev: fc.boolean(),
      fix: fc.constantFrom('available' as const, 'no-image' as const),
      fixImage: fc.constantFrom('I-1', 'I-2', null),
      dueAt: fc.constantFrom('2024-08-01T00:00:00.000Z', '2024-08-02T00:00:00.000Z', null),
      overdue: fc.boolean(),
      risk: fc.integer({ min: 0, max: 3 }),
    });
    const findings = fc
      .array(some, { maxLength: 12 })
      .map((made) => made.map((each, n) => finding(`CVE-${n}`, each)));
    const shuffled = findings.chain((made) =>
      fc.tuple(fc.constant(made), fc.shuffledSubarray(made, { minLength: made.length })),
    );
    fc.assert(
      fc.property(shuffled, ([made, other]) => {
        const found = notices(...made);
        assert.equal(new Set(found.map(({ key }) => key)).size, found.length);
        const byKey = (list: typeof found) => Map.groupBy(list, ({ key }) => key);
        assert.deepEqual([...byKey(notices(...other))].toSorted(), [...byKey(found)].toSorted());
        for (const { kev, cve } of made)
          assert.equal(
            found.some(({ key }) => key === `new-kev:/s/c/p:${cve}`),
            kev,
          );
      }),
    );
  });
});
