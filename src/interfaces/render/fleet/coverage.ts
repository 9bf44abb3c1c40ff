import { COVERAGE_STATES } from '../../../model/coverage.ts';
import type { CoverageRow } from '../../../model/fleet-report.ts';
import { counted, Page, thousands } from '../table/text.ts';
import { type Column, Columns } from './columns.ts';
import { writeReasonsOf } from './reasons.ts';
import type { FleetContext, ListForm } from './types.ts';
import { age, codesOf, STATE_STYLES, STATE_WORDS, totalOf } from './words.ts';

const INDENTS: Readonly<Record<CoverageRow['level'], number>> = {
  subscription: 0,
  cluster: 1,
  pool: 2,
  node: 3,
};

/** How far everything is assessed: the rows as they are given, then every reason with its remedy. */
export const COVERAGE: ListForm<CoverageRow> = {
  name: 'coverage',
  json: (row) => row,
  csvColumns: [
    'level',
    'name',
    'coverage',
    'assessed',
    'partly',
    'not_assessed',
    'evidence',
    'taken_at',
    'confidence',
    'reasons',
    'details',
    'remedies',
  ],
  csv: ({ level, name, state, counts, evidence, reasons }) => [
    [
      level,
      name,
      state,
      counts.assessed,
      counts.partly,
      counts['not-assessed'],
      evidence?.source ?? null,
      evidence?.takenAt ?? null,
      evidence?.confidence ?? null,
      codesOf(reasons),
      [...new Set(reasons.map(({ detail }) => detail))].join(' '),
      [...new Set(reasons.map(({ remedy }) => remedy))].join(' '),
    ],
  ],
  async *table(items, context) {
    const rows = await Array.fromAsync(items);
    const page = new Page(context);
    writeSummary(page, rows);
    page.space();
    const columns = new Columns(page, columnsOf(rows, context), { rows, indent: 0 });
    columns.header();
    for (const row of rows) columns.row(row);
    if (rows.some(({ reasons }) => reasons.length > 0)) {
      page.heading('Why not more');
      writeReasonsOf(page, rows);
    }
    page.space();
    yield page.toString();
  },
};

function columnsOf(rows: readonly CoverageRow[], { now }: FleetContext): readonly Column<CoverageRow>[] {
  const top = Math.min(...rows.map(({ level }) => INDENTS[level]));
  return [
    {
      title: 'SCOPE',
      text: ({ level, name }) => `${'  '.repeat(INDENTS[level] - top)}${name.split('/').at(-1) ?? name}`,
    },
    {
      title: 'NODES',
      text: ({ level, counts }) => (level === 'node' ? '' : thousands(totalOf(counts))),
      right: true,
    },
    ...COVERAGE_STATES.map(
      (state): Column<CoverageRow> => ({
        title: state === 'not-assessed' ? 'NOT' : STATE_WORDS[state].toUpperCase(),
        text: ({ level, counts }) => (level === 'node' ? '' : thousands(counts[state])),
        right: true,
      }),
    ),
    { title: 'COVERAGE', text: ({ state }) => STATE_WORDS[state], style: ({ state }) => STATE_STYLES[state] },
    {
      title: 'EVIDENCE',
      text: ({ evidence }) =>
        evidence === null ? '' : `${evidence.source} ${age(evidence.takenAt, now)}, ${evidence.confidence}`,
      yields: 2,
    },
    { title: 'WHY NOT MORE', text: ({ reasons }) => codesOf(reasons), wraps: 24, yields: 1 },
  ];
}

function writeSummary(page: Page, rows: readonly CoverageRow[]): void {
  const counts = { assessed: 0, partly: 0, 'not-assessed': 0 };
  const top = Math.min(...rows.map(({ level }) => INDENTS[level]));
  for (const row of rows.filter(({ level }) => INDENTS[level] === top))
    for (const state of COVERAGE_STATES) counts[state] += row.counts[state];
  const total = totalOf(counts);
  const parts = COVERAGE_STATES.map((state) => {
    const text = `${thousands(counts[state])} ${STATE_WORDS[state]}`;
    return counts[state] === 0 ? text : page.style(STATE_STYLES[state], text);
  });
  page.line(`${counted(total, 'node')}: ${parts.join(', ')}`);
}
