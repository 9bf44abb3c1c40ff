import type { Assessment, FixedIn, ImageDiff, SoftwareChanges } from '../../model/assessment.ts';
import type { Finding } from '../../model/finding.ts';
import type { Gap } from '../../model/gap.ts';

export type CsvCell = string | number | null;

const FINDING_COLUMNS = [
  'cve',
  'severity',
  'package',
  'arch',
  'source',
  'installed',
  'fixed',
  'state',
  'presence',
  'kev',
  'epss',
  'epss_percentile',
  'cvss',
  'aliases',
  'published',
  'feed',
  'ecosystem',
  'advisory',
  'mapping',
  'comparison',
  'note',
  'paths',
] as const;

/** Columns of a gap row; its other cells are empty. */
const GAP_COLUMNS = ['gap_code', 'gap_detail', 'gap_subjects'] as const;

/** One row per finding (`kind` finding), then one per gap (`kind` gap). RFC 4180 with a header row. */
export function assessmentCsv(assessment: Assessment): string {
  const header = ['kind', 'subject', ...FINDING_COLUMNS, ...GAP_COLUMNS];
  const { name } = assessment.subject;
  return writeCsv([
    header,
    ...assessment.findings.map((finding) => ['finding', name, ...findingCells(finding), ...NO_GAP]),
    ...assessment.gaps.map((gap) => ['gap', name, ...blank(FINDING_COLUMNS), ...gapCells(gap)]),
  ]);
}

/**
 * One row per finding (`kind` finding), package and component change, and gap; `change` is removed, left, added or
 * changed. RFC 4180 with a header row.
 */
export function diffCsv(diff: ImageDiff): string {
  const header = ['kind', 'change', ...FINDING_COLUMNS, 'from', 'to', ...GAP_COLUMNS];
  const rows: (readonly CsvCell[])[] = [header];
  for (const change of ['removed', 'left', 'added'] as const) {
    for (const finding of diff.cves[change]) {
      rows.push(['finding', change, ...findingCells(finding), diff.from.name, diff.to.name, ...NO_GAP]);
    }
  }
  rows.push(...changeRows('package', diff.packages), ...changeRows('component', diff.components));
  for (const gap of diff.gaps) {
    rows.push(['gap', '', ...blank(FINDING_COLUMNS), diff.from.name, diff.to.name, ...gapCells(gap)]);
  }
  return writeCsv(rows);
}

function changeRows(kind: 'package' | 'component', changes: SoftwareChanges): (readonly CsvCell[])[] {
  return (['removed', 'added', 'changed'] as const).flatMap((change) =>
    changes[change].map(({ name, arch, from, to }) => {
      const cells = FINDING_COLUMNS.map((column) =>
        column === 'package' ? name : column === 'arch' ? arch : null,
      );
      return [kind, change, ...cells, from, to, ...NO_GAP];
    }),
  );
}

/** One row per family (`kind` family), then one per gap. RFC 4180 with a header row. */
export function fixedInCsv(answer: FixedIn): string {
  const columns = [
    'family',
    'channel',
    'state',
    'image',
    'date',
    'last_affected',
    'package',
    'installed',
    'fixed',
    'why',
  ];
  const { cve, severity, published, kev } = answer;
  const about = [cve, severity, published, kev];
  return writeCsv([
    ['kind', 'cve', 'severity', 'published', 'kev', ...columns, ...GAP_COLUMNS],
    ...answer.families.map((family) => {
      const { channel, state, image, date, lastAffected, installed, fixed, why } = family;
      const package_ = family.package;
      const cells = [
        family.family,
        channel,
        state,
        image,
        date,
        lastAffected,
        package_,
        installed,
        fixed,
        why,
      ];
      return ['family', ...about, ...cells, ...NO_GAP];
    }),
    ...answer.gaps.map((gap) => ['gap', ...about, ...blank(columns), ...gapCells(gap)]),
  ]);
}

const NO_GAP: readonly CsvCell[] = GAP_COLUMNS.map(() => null);

function blank(columns: readonly string[]): readonly CsvCell[] {
  return columns.map(() => null);
}

function gapCells(gap: Gap): readonly CsvCell[] {
  return [gap.code, gap.detail, gap.subjects.join('; ')];
}

function findingCells(finding: Finding): readonly CsvCell[] {
  const { epss, reason } = finding;
  const cells: Record<(typeof FINDING_COLUMNS)[number], CsvCell> = {
    cve: finding.cve,
    severity: finding.severity,
    package: finding.package,
    arch: finding.arch,
    source: finding.source,
    installed: finding.installed,
    fixed: finding.fixed,
    state: finding.state,
    presence: finding.presence,
    kev: finding.kev,
    epss: epss?.score ?? null,
    epss_percentile: epss?.percentile ?? null,
    cvss: finding.cvss.join(' '),
    aliases: finding.aliases.join(' '),
    published: finding.published,
    feed: finding.feed,
    ecosystem: reason.ecosystem,
    advisory: reason.advisory,
    mapping: reason.mapping,
    comparison: reason.comparison,
    note: reason.note,
    paths: finding.paths.join(' '),
  };
  return FINDING_COLUMNS.map((column) => cells[column]);
}

/** Rows of cells as RFC 4180 CSV. */
export function writeCsv(rows: readonly (readonly CsvCell[])[]): string {
  return `${rows.map((row) => row.map(writeCell).join(',')).join('\r\n')}\r\n`;
}

/**
 * One cell. Text that a spreadsheet would take for a formula gets a quote before it; so does text that starts with
 * that quote, so that dropping one leading quote always gives the text back.
 */
function writeCell(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = /^[=+\-@\t\r']/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
