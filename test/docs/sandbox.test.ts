import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FAULTS } from '../../src/sandbox/faults.ts';
import { tableOf, textOf } from './pages.ts';

/** The members of a union type of texts, in its order. */
function unionOf(path: string, name: string): readonly string[] {
  const union = new RegExp(`export type ${name} =([^;]+);`).exec(textOf(path))?.[1] ?? '';
  const members = [...union.matchAll(/'([a-z0-9-]+)'/g)].map((match) => match[1] ?? '');
  assert.ok(members.length > 0, `${path} has no ${name}`);
  return members;
}

it('docs/sandbox.md explains every fault, and no other', () => {
  assert.deepEqual(tableOf('docs/sandbox.md', 'fault'), Object.entries(FAULTS));
});

it('docs/sandbox.md says what each cluster of the fleet is there for', () => {
  const names = [...textOf('src/sandbox/fleet/default.ts').matchAll(/name: '([a-z]+-[a-z0-9]+)'/g)];
  const rows = tableOf('docs/sandbox.md', 'cluster');
  assert.deepEqual(
    rows.map(([name]) => name),
    names.map((match) => match[1]),
  );
});

it('docs/fleet.md explains every reason of coverage, and no other', () => {
  const rows = tableOf('docs/fleet.md', 'reason');
  assert.deepEqual(
    rows.map(([code]) => code),
    unionOf('src/model/coverage.ts', 'CoverageCode'),
  );
  for (const [code, ...cells] of rows) {
    assert.equal(cells.length, 2, code);
    for (const cell of cells) assert.ok(cell.length > 15, `${code}: a meaning and what to do`);
  }
});
