import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readOsvRecord } from '../../src/advisories/feeds/osv/record.ts';
import { ubuntuRecord } from './helpers.ts';

function read(events: unknown, type = 'ECOSYSTEM', more: Record<string, unknown> = {}) {
  const affected = [
    { package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'x' }, ranges: [{ type, events }], ...more },
  ];
  return readOsvRecord(ubuntuRecord('UBUNTU-CVE-2024-1000', { affected }));
}

function ranges(events: unknown, type?: string) {
  const result = read(events, type);
  assert.ok(result.ok, result.ok ? '' : result.error);
  assert.equal(result.value.kind, 'statement');
  return result.value.kind === 'statement' ? result.value.statement.affected[0]?.body.ranges : undefined;
}

describe('OSV range events', () => {
  it('pairs introduced with fixed and last_affected, and leaves the last one open', () => {
    const events = [
      { introduced: '0' },
      { fixed: '1' },
      { introduced: '2' },
      { last_affected: '3' },
      { introduced: '4' },
    ];
    assert.deepEqual(ranges(events), [
      { introduced: null, fixed: '1', lastAffected: null },
      { introduced: '2', fixed: null, lastAffected: '3' },
      { introduced: '4', fixed: null, lastAffected: null },
    ]);
  });

  it('passes over a limit that limits nothing', () => {
    assert.deepEqual(ranges([{ introduced: '0' }, { limit: '*' }]), [
      { introduced: null, fixed: null, lastAffected: null },
    ]);
  });

  const refused: readonly (readonly [string, unknown, string?])[] = [
    ['a fixed event first', [{ fixed: '1' }, { introduced: '0' }]],
    ['two fixed events', [{ introduced: '0' }, { fixed: '1' }, { fixed: '2' }]],
    ['two introduced events', [{ introduced: '0' }, { introduced: '1' }, { fixed: '2' }]],
    ['a real limit', [{ introduced: '0' }, { limit: '2' }]],
    ['an unknown event', [{ introduced: '0' }, { repaired: '2' }]],
    ['an event with two members', [{ introduced: '0', fixed: '1' }]],
    ['an empty event', [{}]],
    ['an empty version', [{ introduced: '0' }, { fixed: '' }]],
    ['no events', []],
    ['events that are no list', { introduced: '0' }],
    ['a version that is no text', [{ introduced: 0 }]],
    ['an unknown type', [{ introduced: '0' }], 'CALVER'],
    ['commits alone', [{ introduced: '0' }], 'GIT'],
  ];
  for (const [what, events, type] of refused) {
    it(`refuses ${what}`, () => {
      const result = read(events, type);
      assert.equal(result.ok, false);
    });
  }

  it('falls back to listed versions beside commits', () => {
    const result = read([{ introduced: '0' }], 'GIT', { versions: ['1.0'] });
    assert.ok(result.ok && result.value.kind === 'statement');
    assert.deepEqual(result.value.statement.affected[0]?.body.versions, ['1.0']);
  });

  it('reads or refuses anything without throwing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        readOsvRecord(json);
      }),
    );
    const event = fc.oneof(
      fc.record({ introduced: fc.string() }),
      fc.record({ fixed: fc.string() }),
      fc.record({ last_affected: fc.string() }),
      fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const result = read(events);
        if (!result.ok || result.value.kind !== 'statement') return;
        const kept = result.value.statement.affected[0]?.body.ranges.length ?? 0;
        assert.equal(
          kept,
          events.filter((one) => 'introduced' in one).length,
          'one range per introduced event',
        );
      }),
    );
  });
});
