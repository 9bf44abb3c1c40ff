import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ERRORS } from '../../src/base/errors.ts';
import { tableOf } from './pages.ts';

it('docs/errors.md lists every code with its exit status, and no other', () => {
  const listed = tableOf('docs/errors.md', 'code').map(([code, exit]) => [code, Number(exit)]);
  const known = Object.entries(ERRORS).map(([code, { exit }]) => [code, exit]);
  assert.deepEqual(listed, known, 'in the order of src/base/errors.ts');
});

it('the tables of exit statuses list every status', () => {
  const known = new Set([0, ...Object.values(ERRORS).map(({ exit }) => exit)]);
  for (const page of ['README.md', 'docs/errors.md']) {
    const listed = tableOf(page, 'exit status').map(([status]) => Number(status));
    assert.deepEqual(
      listed,
      [...known].sort((a, b) => a - b),
      page,
    );
  }
});
