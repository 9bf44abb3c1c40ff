import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderAssessment, renderDiff, renderFixedIn } from '../../../src/interfaces/render/index.ts';
import type { Assessment } from '../../../src/model/assessment.ts';
import { ASSESSMENT, CONTEXT, DIFF, FIXED_IN, SOFTWARE } from './samples.ts';

/** A strict RFC 4180 reader, written apart from the writer; gives rows by column name. */
function read(csv: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  let at = 0;
  while (at < csv.length) {
    let cell = '';
    if (csv[at] === '"') {
      for (at++; csv[at] !== '"' || csv[at + 1] === '"'; at++) {
        assert.ok(at < csv.length, 'unterminated quote');
        if (csv[at] === '"') at++;
        cell += csv[at];
      }
      at++;
    } else {
      while (at < csv.length && csv[at] !== ',' && csv[at] !== '\r') cell += csv[at++];
      assert.ok(!/["\n]/.test(cell), 'quote or line break in an unquoted cell');
    }
    rows.at(-1)?.push(cell);
    if (csv.startsWith('\r\n', at)) {
      rows.push([]);
      at += 2;
    } else {
      assert.equal(csv[at], ',');
      at++;
      // A comma before the end of a row opens an empty cell.
      if (csv.startsWith('\r\n', at)) {
        rows.at(-1)?.push('');
        rows.push([]);
        at += 2;
      }
    }
  }
  assert.deepEqual(rows.pop(), [], 'ends with a line break');
  const [header = [], ...body] = rows;
  return body.map((row) => {
    assert.equal(row.length, header.length);
    return Object.fromEntries(header.map((name, index) => [name, row[index] ?? '']));
  });
}

const unquote = (cell: string | undefined): string => (cell ?? '').replace(/^'/, '');
const csv = (assessment: Assessment): Promise<string> =>
  renderAssessment('csv', { assessment, software: SOFTWARE }, CONTEXT).then((parts) => [...parts].join(''));

test('one row per finding, then one per gap', async () => {
  const rows = read(await csv(ASSESSMENT));
  assert.deepEqual(
    rows.map((row) => row.kind),
    [...ASSESSMENT.findings.map(() => 'finding'), ...ASSESSMENT.gaps.map(() => 'gap')],
  );
  assert.equal(rows[1]?.package, 'openssh-server');
  assert.equal(rows[1]?.fixed, '1:8.9p1-3ubuntu0.10');
  assert.equal(rows[5]?.fixed, '', 'no fix');
  assert.equal(rows[8]?.gap_code, 'third-party-package');
  assert.equal(rows.at(-1)?.gap_detail, 'The newest advisory is older than the image.');
});

test('whatever text a result has comes back', async () => {
  const nasty = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[=+\-@\t\r'",\n;a]{0,6}$/));
  await fc.assert(
    fc.asyncProperty(nasty, nasty, nasty, async (name, detail, subject) => {
      const [finding] = ASSESSMENT.findings;
      assert.ok(finding !== undefined);
      const assessment: Assessment = {
        ...ASSESSMENT,
        findings: [{ ...finding, package: name, installed: detail }],
        gaps: [{ code: 'bad-evidence', detail, subjects: [subject] }],
      };
      const text = await csv(assessment);
      const [first, second] = read(text);
      assert.deepEqual([unquote(first?.package), unquote(first?.installed)], [name, detail]);
      assert.deepEqual([unquote(second?.gap_detail), unquote(second?.gap_subjects)], [detail, subject]);
    }),
  );
});

test('no cell is a formula', async () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r', "'"]) {
    const gaps = [{ code: 'bad-evidence' as const, detail: `${start}cmd|' /C calc'!A0`, subjects: [] }];
    const row = read(await csv({ ...ASSESSMENT, findings: [], gaps }))[0];
    assert.equal(row?.gap_detail?.[0], "'");
  }
});

test('a difference has findings, changes and gaps', async () => {
  const rows = read(await renderDiff('csv', DIFF, CONTEXT));
  const counts = Map.groupBy(rows, (row) => `${row.kind} ${row.change}`.trim());
  assert.deepEqual(
    [...counts].map(([key, group]) => `${key}: ${group.length}`),
    [
      'finding removed: 4',
      'finding left: 3',
      'finding added: 1',
      'package removed: 1',
      'package added: 1',
      'package changed: 1',
      'component changed: 1',
      'gap: 3',
    ],
  );
  const changed = rows.find((row) => row.kind === 'component');
  assert.deepEqual([changed?.package, changed?.from, changed?.to], ['containerd', '1.7.15-1', '1.7.18-1']);
});

test('fixed-in has a row per family and gap', async () => {
  const rows = read(await renderFixedIn('csv', FIXED_IN, CONTEXT));
  assert.deepEqual(
    rows.map((row) => row.state),
    ['fixed', 'not fixed', 'never present', 'unknown', '', '', ''],
  );
  assert.equal(rows[0]?.image, 'AKSUbuntu-2204gen2containerd-202407.08.0');
  assert.equal(rows[3]?.why, 'The images of this family list no packages.');
  assert.equal(rows[4]?.gap_code, 'third-party-package');
});
