import assert from 'node:assert/strict';
import { it } from 'node:test';
import { tableOf, textOf } from './pages.ts';

it('docs/dependencies.md gives a reason for every dependency, and for no other', () => {
  const { dependencies, optionalDependencies, devDependencies } = JSON.parse(
    textOf('package.json'),
  ) as Record<string, Record<string, string>>;
  const known = { ...dependencies, ...optionalDependencies, ...devDependencies };
  const rows = tableOf('docs/dependencies.md', 'package');
  assert.deepEqual(rows.map(([name]) => name).sort(), Object.keys(known).sort());
});
