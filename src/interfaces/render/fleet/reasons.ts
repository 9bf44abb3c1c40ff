import { printable } from '../../../base/text.ts';
import type { CoverageReason } from '../../../model/coverage.ts';
import type { CoverageRow } from '../../../model/fleet-report.ts';
import { counted, few, type Page } from '../table/text.ts';

/** A reason, with the things it is about; none where that goes without saying. */
export interface ReasonOf {
  readonly reason: CoverageReason;
  readonly of: readonly { readonly level: CoverageRow['level']; readonly name: string }[];
}

const NAMED = 5;
const DETAILS = 3;

/** Reasons with their remedies: those of one code and remedy together, with the names of what they are about. */
export function writeReasons(page: Page, reasons: readonly ReasonOf[]): void {
  const groups = Map.groupBy(reasons, ({ reason: { code, remedy } }) => `${code}\n${remedy}`);
  for (const group of [...groups.values()].sort((a, b) => namesOf(b).length - namesOf(a).length)) {
    const [first] = group;
    if (first === undefined) continue;
    const names = namesOf(group);
    const about = names.length === 0 ? '' : `  ${counted(names.length, nounOf(group))}: ${few(names, NAMED)}`;
    page.hanging('  ', `${first.reason.code}${about}`);
    const details = [...new Set(group.map(({ reason }) => reason.detail))];
    for (const detail of details.slice(0, DETAILS)) page.hanging('    ', printable(detail));
    if (details.length > DETAILS) page.line(`    … and ${details.length - DETAILS} more like these`);
    page.hanging('    → ', printable(first.reason.remedy));
  }
}

function namesOf(group: readonly ReasonOf[]): readonly string[] {
  return [...new Set(group.flatMap(({ of }) => of.map(({ name }) => name)))];
}

/** `pool` where it is about pools alone. */
function nounOf(group: readonly ReasonOf[]): string {
  const levels = new Set(group.flatMap(({ of }) => of.map(({ level }) => level)));
  const [only] = levels;
  return levels.size === 1 && only !== undefined ? only : 'scope';
}
