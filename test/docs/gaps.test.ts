import assert from 'node:assert/strict';
import { it } from 'node:test';
import { tableOf, textOf } from './pages.ts';

it('docs/gaps.md explains every code of the model, and no other', () => {
  const union = /export type GapCode =([^;]+);/.exec(textOf('src/model/gap.ts'))?.[1] ?? '';
  const codes = [...union.matchAll(/'([a-z-]+)'/g)].map((match) => match[1]);
  assert.ok(codes.length > 0);
  const rows = tableOf('docs/gaps.md', 'code');
  assert.deepEqual(
    rows.map(([code]) => code),
    codes,
  );
  for (const [code, ...cells] of rows) {
    assert.equal(cells.length, 2, code);
    for (const cell of cells) assert.ok(cell.length > 20, `${code}: a meaning and what to do`);
  }
});
