import { printable } from '../../../base/text.ts';
import type { SyncProblem } from '../../../model/fleet-report.ts';
import type { Page } from '../table/text.ts';

/** Problems below a heading, those of one remedy together; nothing where there are none. */
export function problemList(page: Page, problems: readonly SyncProblem[], heading: string): void {
  if (problems.length === 0) return;
  page.heading(heading);
  const groups = Map.groupBy(problems, ({ remedy }) => remedy);
  for (const [remedy, group] of groups) {
    for (const { scope, detail } of group) page.hanging('  ', printable(`${scope}: ${detail}`));
    page.hanging('    → ', printable(remedy));
  }
}
