import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { EventQueue } from '../../src/sandbox/engine/queue.ts';
import { StoredCollection } from '../../src/sandbox/state/collection.ts';
import { openState } from '../../src/sandbox/state/state.ts';
import type { SimEvent } from '../../src/sandbox/types.ts';

interface Thing {
  readonly id: string;
  readonly group: string;
  value: number;
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-state-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('a collection', () => {
  test('finds by id in any case, and groups', () => {
    const things = new StoredCollection<Thing>(({ id }) => id);
    const groupOf = things.index(({ group }) => group);
    const a = { id: 'A', group: 'G', value: 1 };
    things.put(a);
    things.put({ id: 'b', group: 'g', value: 2 });
    assert.equal(things.get('a'), a);
    assert.deepEqual(
      groupOf('g').map(({ id }) => id),
      ['A', 'b'],
    );
    const listed = groupOf('G');
    things.delete('a');
    assert.equal(listed.length, 2, 'a list that was given out stays as it was');
    assert.deepEqual(
      groupOf('G').map(({ id }) => id),
      ['b'],
    );
    things.put({ id: 'B', group: 'other', value: 3 });
    assert.deepEqual(groupOf('g'), []);
    assert.equal(things.size, 1);
  });

  test('is the same after any changes, commits and restarts', (context) => {
    const change = fc.record({
      what: fc.constantFrom('put', 'change', 'delete', 'commit', 'restart'),
      id: fc.constantFrom('a', 'B', 'c', 'D'),
      value: fc.nat(100),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const folder = folderOf(context);
        let state = openState(folder);
        const model = new Map<string, number>();
        for (const { what, id, value } of changes) {
          const name = id.toLowerCase();
          const known = state.faults.get(id);
          if (what === 'put' || (what === 'change' && known !== undefined)) {
            const fault = known ?? { id, kind: 'quota' as const, target: '*', left: value };
            fault.left = value;
            state.faults.put(fault);
            model.set(name, value);
          } else if (what === 'delete') {
            state.faults.delete(id.toUpperCase());
            model.delete(name);
          } else state.commit();
          if (what === 'restart') {
            state.close();
            state = openState(folder);
          }
        }
        const found = [...state.faults.values()].map((fault) => [fault.id.toLowerCase(), fault.left]);
        assert.deepEqual(found, [...model]);
        state.close();
      }),
      { numRuns: 60 },
    );
  });

  test('what was not committed is not there after a restart', (context) => {
    const folder = folderOf(context);
    const state = openState(folder);
    state.putSetting('kept', 1);
    state.commit();
    state.putSetting('kept', 2);
    state.putSetting('lost', 1);
    state.close();
    const again = openState(folder);
    assert.deepEqual([again.setting('kept'), again.setting('lost')], [1, undefined]);
    again.close();
  });
});

describe('the database', () => {
  const refused = (folder: string, pattern: RegExp): void =>
    assert.throws(
      () => openState(folder),
      (thrown: Error & { code: string; remedy: string }) => {
        assert.equal(thrown.code, 'file-unreadable');
        assert.match(thrown.message, pattern);
        assert.match(thrown.remedy, /Move its folder away/);
        return true;
      },
    );

  test('of another layout is refused, and left as it is', (context) => {
    const folder = folderOf(context);
    openState(folder).close();
    const database = new DatabaseSync(join(folder, 'sandbox.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    refused(folder, /it has layout 99, this program reads layout 1/);
  });

  test("that is another program's, or no database, is refused", (context) => {
    const folder = folderOf(context);
    const database = new DatabaseSync(join(folder, 'sandbox.db'));
    database.exec('PRAGMA application_id = 7; CREATE TABLE x (y)');
    database.close();
    refused(folder, /not the state of a sandbox/);
    writeFileSync(join(folder, 'sandbox.db'), 'not a database, by far'.repeat(100));
    refused(folder, /cannot be used/);
  });
});

describe('the event queue', () => {
  test('gives events by instant, then in the order in which they were put in, also after a restart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(20), taken: fc.boolean() }), { maxLength: 60 }),
        (steps) => {
          const stored = new StoredCollection<SimEvent>(({ sequence }) => String(sequence));
          let queue = new EventQueue(stored);
          const model: { at: number; order: number }[] = [];
          for (const [order, { at, taken }] of steps.entries()) {
            if (!taken) {
              queue.put({ at, kind: 'x', data: { order } });
              model.push({ at, order });
            } else {
              queue = new EventQueue(stored);
              model.sort((a, b) => a.at - b.at || a.order - b.order);
              const due = model[0] !== undefined && model[0].at <= at ? model.shift() : undefined;
              assert.equal(queue.take(at)?.data.order, due?.order);
            }
          }
          assert.equal(queue.size, model.length);
          assert.equal(stored.size, model.length);
        },
      ),
    );
  });
});
