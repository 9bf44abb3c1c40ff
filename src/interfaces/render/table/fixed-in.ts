import { printable } from '../../../base/text.ts';
import {
  FAMILY_STATES,
  type FamilyAnswer,
  type FamilyState,
  type FixedIn,
} from '../../../model/assessment.ts';
import type { RenderContext } from '../types.ts';
import { writeAdvisories, writeGaps } from './parts.ts';
import { counted, FIELD, few, Page, type Style } from './text.ts';

const STYLES: Readonly<Record<FamilyState, Style>> = {
  fixed: 'green',
  'not fixed': 'red',
  'never present': 'dim',
  unknown: 'yellow',
};

const STATE_WIDTH = 'never present'.length;
const NAMED_ALIASES = 6;

/** Which node image of each family removes a CVE, for a terminal. */
export function fixedInTable(answer: FixedIn, context: RenderContext): string {
  const page = new Page(context);
  const { cve, aliases, severity, published, kev, families } = answer;
  page.line(`${page.style('bold', printable(cve))}  (${page.severity(severity, severity)})`);
  if (aliases.length > 0) page.field('Aliases', few(aliases, NAMED_ALIASES));
  page.field('Published', published === null ? 'unknown' : printable(published));
  if (kev !== null)
    page.line(`${'Exploited'.padEnd(FIELD)}${page.style('alarm', `yes (KEV since ${printable(kev)})`)}`);
  writeAdvisories(page, answer.advisories);
  page.heading(`Node image families (${families.length})`);
  if (families.length === 0) page.line('  None is known; build the catalogue of images first.');
  const width = Math.min(
    families.reduce((longest, { family }) => Math.max(longest, family.length), 0),
    48,
  );
  for (const family of families) writeFamily(page, family, width);
  page.space();
  page.line(countStates(families));
  writeGaps(page, answer.gaps);
  return page.toString();
}

/** One family: its answer, and why. */
export function writeFamily(page: Page, answer: FamilyAnswer, width: number): void {
  const { state, image, date, lastAffected, installed, fixed, why } = answer;
  const channel = answer.channel === 'NodeImage' ? '' : `  (${answer.channel} channel)`;
  page.line(
    `  ${printable(answer.family).padEnd(width)}  ${page.style(STYLES[state], state.padEnd(STATE_WIDTH))}${channel}`.trimEnd(),
  );
  const facts: readonly (readonly [string, string | null])[] = [
    ['fixed in', image === null ? null : `${image}${date === null ? '' : `, built ${date}`}`],
    ['last affected', lastAffected],
    ['package', packageFact(answer.package, installed, fixed)],
    ['why', why],
  ];
  for (const [name, text] of facts) {
    if (text !== null) page.hanging(`    ${name.padEnd(15)}`, printable(text));
  }
}

function packageFact(name: string | null, installed: string | null, fixed: string | null): string | null {
  if (name === null) return null;
  const versions = `${name} ${installed ?? ''}`.trimEnd();
  return fixed === null ? `${versions}, no fixed version known` : `${versions} → ${fixed}`;
}

function countStates(families: readonly FamilyAnswer[]): string {
  const counts = FAMILY_STATES.map(
    (state) => [state, families.filter((f) => f.state === state).length] as const,
  );
  const listed = counts.filter(([, count]) => count > 0).map(([state, count]) => `${count} ${state}`);
  return `${counted(families.length, 'family', 'families')}${listed.length === 0 ? '' : `: ${listed.join(', ')}`}`;
}
