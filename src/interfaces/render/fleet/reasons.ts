import { printable } from '../../../base/text.ts';
import type { CoverageReason } from '../../../model/coverage.ts';
import type { CoverageRow } from '../../../model/fleet-report.ts';
import { counted, few, type Page } from '../table/text.ts';

const NAMED = 5;
const DETAILS = 5;
const REMEDIES = 3;

/** Reasons with their remedies. */
export function writeReasons(page: Page, reasons: readonly CoverageReason[]): void {
  for (const { code, detail, remedy } of reasons) {
    page.line(`  ${page.style('yellow', code)}`);
    page.hanging('    ', printable(detail));
    page.hanging('    → ', printable(remedy));
  }
}

/**
 * The reasons of many things: each code once, with what the widest things say of it, every remedy, and the names of the
 * narrowest things that have it.
 */
export function writeReasonsOf(page: Page, rows: readonly CoverageRow[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const codes = new Set(rows.flatMap(({ reasons }) => reasons.map(({ code }) => code)));
  const found = [...codes].map((code) => {
    const having = rows.filter(({ reasons }) => reasons.some((reason) => reason.code === code));
    const narrowest = having.filter(({ level }) => level === narrowestOf(having));
    return { code, having, narrowest };
  });
  for (const { code, having, narrowest } of found.sort((a, b) => b.narrowest.length - a.narrowest.length)) {
    const names = narrowest.map(({ name }) => name);
    const about = `${counted(names.length, narrowest[0]?.level ?? 'scope')}: ${few(names, NAMED)}`;
    page.line(`  ${page.style('yellow', code)}`);
    page.hanging('    ', about);
    const widest = having.filter(({ level }) => level === having[0]?.level);
    const said = widest.flatMap(({ name, reasons }) =>
      reasons
        .filter((reason) => reason.code === code)
        .map(({ detail }) => (widest.length === 1 ? detail : `${name}: ${detail}`)),
    );
    for (const detail of said.slice(0, DETAILS)) page.hanging('    ', printable(detail));
    if (said.length > DETAILS) page.line(`    … and ${said.length - DETAILS} more like these`);
    const remedies = having.flatMap(({ reasons }) =>
      reasons.filter((reason) => reason.code === code).map(({ remedy }) => remedy),
    );
    const distinct = [...new Set(remedies)];
    for (const remedy of distinct.slice(0, REMEDIES)) page.hanging('    → ', printable(remedy));
    if (distinct.length > REMEDIES) page.line(`    → … and ${distinct.length - REMEDIES} more like these`);
  }
}

const LEVELS: readonly CoverageRow['level'][] = ['node', 'pool', 'cluster', 'subscription'];

function narrowestOf(rows: readonly CoverageRow[]): CoverageRow['level'] | undefined {
  return LEVELS.find((level) => rows.some((row) => row.level === level));
}
