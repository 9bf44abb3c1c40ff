import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PAGES, textOf } from './pages.ts';

/** `## `Feed` in `src/advisories/types.ts`` and the table below it. */
const SECTION = /^## `(\w+)` in `(src\/[\w./-]+)`\n([\s\S]*?)(?=^## |(?![\s\S]))/gm;

function membersOf(name: string, path: string): readonly string[] {
  const body = new RegExp(`^export interface ${name} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(textOf(path))?.[1];
  assert.ok(body !== undefined, `${path} has no interface ${name}`);
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map((match) => match[1] ?? '');
}

describe('tables of interface members', () => {
  for (const page of PAGES.filter((each) => each.startsWith('docs/adding-a-'))) {
    const sections = [...textOf(page).matchAll(SECTION)];
    it(`${page} lists some`, () => assert.ok(sections.length > 0));
    for (const [, name = '', path = '', text = ''] of sections) {
      it(`${page}: ${name}`, () => {
        const listed = [...text.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
        assert.deepEqual(listed, membersOf(name, path));
      });
    }
  }
});
