import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { PAGES, proseOf, ROOT, textOf } from './pages.ts';

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the pages of the documentation', () => {
  for (const page of PAGES) {
    it(`${page} links only to what is there`, () => {
      for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [file = '', anchor] = target.split('#');
        const path = file === '' ? page : normalize(join(dirname(page), file));
        assert.ok(existsSync(join(ROOT, path)), `${page} links to ${target}`);
        if (anchor !== undefined)
          assert.ok(anchorsOf(path).has(anchor), `${page} links to ${target}, which has no such heading`);
      }
    });

    it(`${page} names only files that are there`, () => {
      const names = proseOf(page).matchAll(/`((?:src|test|docs|scripts|bench|data|bin)\/[\w./-]*)`/g);
      for (const [, name = ''] of names) assert.ok(existsSync(join(ROOT, name)), `${page} names ${name}`);
    });
  }

  it('README.md links to every page directly below docs/', () => {
    const readme = textOf('README.md');
    for (const page of PAGES.filter((each) => /^docs\/[^/]+\.md$/.test(each)))
      assert.ok(readme.includes(`](${page})`), `README.md does not link to ${page}`);
  });
});
