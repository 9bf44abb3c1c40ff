import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NodewardError } from '../../src/base/errors.ts';
import { changePolicy, ownerOf, policyEntries, verifyAudit } from '../../src/findings/index.ts';
import { AUDIT_START, auditHash } from '../../src/model/audit-hash.ts';
import { type AuditEvent, DEFAULT_POLICY, type OwnerRule, type Policy } from '../../src/model/governance.ts';

describe('owners', () => {
  const rule = (order: number, by: OwnerRule['by'], said: string): OwnerRule => {
    const [key = '', owner = null] = said.split('=');
    return { id: `o-${order}`, order, by, key, owner };
  };
  const facts = {
    poolTags: { Owner: 'pool team', empty: '  ' },
    clusterTags: { owner: 'cluster team', empty: 'cluster team', costCenter: '42' },
    labels: { team: 'blue', 'contoso.example/team': 'green', '': 'nobody' },
    pool: '/s/c/p',
    cluster: '/s/c',
    subscription: '/s',
  };
  const cases: readonly (readonly [string, readonly OwnerRule[], string | null])[] = [
    ['no rule gives none', [], null],
    ['a tag of the pool goes before that of its cluster', [rule(1, 'tag', 'owner')], 'pool team'],
    ['a tag of the cluster counts where the pool has none', [rule(1, 'tag', 'COSTCENTER')], '42'],
    ['an empty tag of the pool does not count', [rule(1, 'tag', 'empty')], 'cluster team'],
    ['a label', [rule(1, 'label', 'Team')], 'blue'],
    ['a label with a prefix', [rule(1, 'label', 'contoso.example/team')], 'green'],
    ['a tag is no label', [rule(1, 'label', 'costCenter')], null],
    ['a scope that it is in', [rule(1, 'scope', '/s=sub')], 'sub'],
    ['a scope that it is not in', [rule(1, 'scope', '/s2=sub')], null],
    ['everything', [rule(1, 'scope', 'all=all of us')], 'all of us'],
    ['the lowest order first', [rule(2, 'scope', 'all=b'), rule(1, 'scope', '/s/c/p=a')], 'a'],
    ['the next where the first says nothing', [rule(1, 'tag', 'none'), rule(2, 'label', 'team')], 'blue'],
  ];
  for (const [what, rules, expected] of cases) {
    it(what, () => assert.equal(ownerOf(rules, facts), expected));
  }

  it('names of objects are no tags', () => {
    for (const key of ['constructor', '__proto__', 'toString'])
      assert.equal(ownerOf([rule(1, 'tag', key)], facts), null);
  });
});

describe('the policy', () => {
  it('what is written is read as the same', () => {
    const days = fc.option(fc.integer({ min: 1, max: 3650 }), { nil: null });
    const plain = { noNullPrototype: true };
    const severities = {
      critical: days,
      high: days,
      medium: days,
      low: days,
      negligible: days,
      unknown: days,
    };
    const retentionDays = fc.integer({ min: 1, max: 3650 });
    const policies = fc.record(
      { dueDays: fc.record(severities, plain), kevDueDays: days, retentionDays },
      plain,
    );
    fc.assert(
      fc.property(policies, (policy) => {
        let made: Policy = DEFAULT_POLICY;
        for (const { key, value } of policyEntries(policy)) made = changePolicy(made, key, value);
        assert.deepEqual(made, policy);
      }),
    );
  });

  it('takes days in some spellings, and changes one key alone', () => {
    for (const text of ['14d', '14', '14 d', '14days', ' 14D '])
      assert.deepEqual(changePolicy(DEFAULT_POLICY, 'Due.High', text), {
        ...DEFAULT_POLICY,
        dueDays: { ...DEFAULT_POLICY.dueDays, high: 14 },
      });
  });

  it('says what it does not take', () => {
    const cases = [
      ['due.important', '7d', /no key due\.important/],
      ['constructor', '7d', /no key constructor/],
      ['due.high', '', /due\.high cannot be/],
      ['due.high', '0d', /cannot be 0d/],
      ['due.high', '-7d', /cannot be -7d/],
      ['due.high', '3651d', /cannot be 3651d/],
      ['due.high', '1.5d', /cannot be/],
      ['due.high', '2w', /cannot be/],
      ['due.high', 'never', /cannot be never/],
      ['retention', 'none', /retention cannot be none/],
    ] as const;
    for (const [key, value, message] of cases) {
      assert.throws(
        () => changePolicy(DEFAULT_POLICY, key, value),
        (thrown) =>
          thrown instanceof NodewardError && thrown.code === 'usage' && message.test(thrown.message),
      );
    }
  });
});

describe('the audit log', () => {
  function chain(length: number): AuditEvent[] {
    const events: AuditEvent[] = [];
    for (let sequence = 1; sequence <= length; sequence++) {
      const at = `2024-08-09T00:00:0${sequence % 10}.000Z`;
      const entry = {
        at,
        actor: 'alice',
        action: 'policy.set',
        subject: 'due.high',
        detail: { to: sequence },
      } as const;
      const previous = events.at(-1)?.hash ?? AUDIT_START;
      events.push({ ...entry, sequence, previous, hash: auditHash(entry, sequence, previous) });
    }
    return events;
  }
  const whole = chain(6);
  const broken = (events: readonly AuditEvent[], head?: string) =>
    verifyAudit(events, head === undefined ? {} : { head }).broken;

  it('is whole as it was written, also when it has grown since its head was kept', () => {
    assert.deepEqual(verifyAudit(whole), { events: 6, head: whole[5]?.hash, broken: null });
    assert.deepEqual(verifyAudit([]), { events: 0, head: null, broken: null });
    for (const { hash } of whole) assert.equal(broken(whole, ` ${hash.toUpperCase()} `), null);
  });

  it('shows what was cut off at the end only with a head that was kept', () => {
    assert.equal(broken(whole.slice(0, 4)), null);
    assert.deepEqual(broken(whole.slice(0, 4), whole[5]?.hash)?.sequence, 5);
    assert.equal(broken([], whole[5]?.hash)?.sequence, 1);
  });

  it('shows what was written anew only with a head that was kept', () => {
    const anew = chain(6).map((event) => ({ ...event }));
    let previous = AUDIT_START;
    for (const event of anew) {
      const entry = { ...event, actor: 'mallory' };
      const hash = auditHash(entry, event.sequence, previous);
      Object.assign(event, entry, { previous, hash });
      previous = hash;
    }
    assert.equal(broken(anew), null);
    assert.match(broken(anew, whole[5]?.hash)?.why ?? '', /written anew/);
  });

  it('says how an event does not fit', () => {
    const [one, two, three, four] = whole;
    assert.ok(one && two && three && four);
    const cases: readonly (readonly [readonly AuditEvent[], number, RegExp])[] = [
      [[one, { ...two, actor: 'bob' }, three], 2, /altered/],
      [[one, { ...two, hash: three.hash }, three], 2, /altered/],
      [[two, three], 2, /event 1 is missing/],
      [[one, four], 4, /events 2 to 3 are missing/],
      [[one, two, two, three], 2, /moved or inserted/],
      [[one, three, two], 3, /event 2 is missing/],
      [[one, { ...two, previous: one.previous, hash: auditHash(two, 2, one.previous) }], 2, /exchanged/],
    ];
    for (const [events, sequence, why] of cases) {
      const found = broken(events);
      assert.equal(found?.sequence, sequence);
      assert.match(found?.why ?? '', why);
    }
  });

  it('no change of one field, no missing, doubled or moved event goes unseen', () => {
    const field = fc.constantFrom<keyof AuditEvent>(
      'at',
      'actor',
      'action',
      'subject',
      'detail',
      'previous',
      'hash',
      'sequence',
    );
    const change = fc.record({
      at: fc.nat(5),
      field,
      how: fc.constantFrom('alter', 'remove', 'double', 'swap'),
    });
    fc.assert(
      fc.property(change, ({ at, field: name, how }) => {
        const events = chain(6);
        const event = events[at];
        assert.ok(event !== undefined);
        if (how === 'alter') {
          const other = { detail: {}, sequence: event.sequence + 1 }[String(name)] ?? 'x';
          events[at] = { ...event, [name]: other };
        } else if (how === 'remove') events.splice(at, 1);
        else if (how === 'double') events.splice(at, 0, event);
        else events.splice((at + 1) % 6, 0, ...events.splice(at, 1));
        const isCut = how === 'remove' && at === 5;
        assert.equal(broken(events) === null, isCut);
        if (isCut) assert.notEqual(broken(events, whole[5]?.hash), null);
      }),
      { numRuns: 500 },
    );
  });
});
