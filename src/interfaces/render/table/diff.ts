import { printable } from '../../../base/text.ts';
import { SEVERITIES, type Severity } from '../../../model/advisory.ts';
import type { FindingChanges, ImageDiff, PackageChange, SoftwareChanges } from '../../../model/assessment.ts';
import type { Finding } from '../../../model/finding.ts';
import type { RenderContext } from '../types.ts';
import { writeFindings } from './findings.ts';
import { writeAdvisories, writeGaps, writeSubject } from './parts.ts';
import { counted, Page } from './text.ts';

/** What changes from one image to another, for a terminal. */
export function diffTable(diff: ImageDiff, context: RenderContext): string {
  const page = new Page(context);
  page.line('From');
  writeSubject(page, diff.from);
  page.space();
  page.line('To');
  writeSubject(page, diff.to);
  page.space();
  writeAdvisories(page, diff.advisories);
  page.space();
  writeSummary(page, diff);
  const { removed, added, left } = diff.cves;
  writeFindingChange(page, 'Removed', removed);
  writeFindingChange(page, 'Added', added);
  writeLeft(page, left);
  writeSoftwareChanges(page, 'Packages', diff.packages);
  writeSoftwareChanges(page, 'Components', diff.components);
  writeGaps(page, diff.gaps);
  return page.toString();
}

function writeSummary(page: Page, { cves, packages, components, gaps }: ImageDiff): void {
  page.field('Findings', countChanges(cves));
  page.field('Packages', softwareCounts(packages));
  page.field('Components', softwareCounts(components));
  const none = [cves.removed, cves.left, cves.added].every((findings) => findings.length === 0);
  if (none && gaps.length > 0) {
    page.hanging(
      '',
      `No known vulnerabilities found in what could be assessed; ${counted(gaps.length, 'gap')} below.`,
    );
  }
}

function countChanges(cves: FindingChanges): string {
  return (['removed', 'added', 'left'] as const)
    .map((change) => {
      const distinct = new Set(cves[change].map(({ cve }) => cve)).size;
      return `${counted(cves[change].length, 'finding')} of ${counted(distinct, 'CVE')} ${change}`;
    })
    .join(', ');
}

function softwareCounts({ added, removed, changed }: SoftwareChanges): string {
  return `${changed.length} changed, ${added.length} added, ${removed.length} removed`;
}

function writeFindingChange(page: Page, title: string, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  page.heading(`${title} (${findings.length})`);
  writeFindings(page, findings);
}

/** What stays is mostly long and known: one line per source package, with the CVEs in numbers. */
function writeLeft(page: Page, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  page.heading(`Left (${findings.length}), as CVEs by source package; --format json lists all`);
  const groups = [...Map.groupBy(findings, ({ source }) => source)];
  const width = groups.reduce((longest, [source]) => Math.max(longest, source.length), 0);
  for (const [source, group] of groups) {
    const cves = new Map(group.map((finding) => [finding.cve, finding]));
    const counts = SEVERITIES.map((severity) => [severity, countOf(cves.values(), severity)] as const);
    const parts = counts.filter(([, count]) => count > 0).map(([severity, count]) => `${count} ${severity}`);
    const fixable = [...cves.values()].filter(({ fixed }) => fixed !== null).length;
    page.hanging(
      `  ${printable(source).padEnd(width)}  `,
      `${parts.join(', ')}${fixable === 0 ? '' : `; ${fixable} with a fix`}`,
    );
  }
}

function countOf(findings: Iterable<Finding>, severity: Severity): number {
  return [...findings].filter((finding) => finding.severity === severity).length;
}

function writeSoftwareChanges(page: Page, title: string, changes: SoftwareChanges): void {
  const all = [...changes.changed, ...changes.added, ...changes.removed];
  if (all.length === 0) return;
  page.heading(`${title} that change (${all.length})`);
  const width = Math.min(
    all.reduce((longest, { name }) => Math.max(longest, name.length), 0),
    Math.floor(page.width / 2),
  );
  for (const change of all) writeChange(page, change, width);
}

function writeChange(page: Page, { name, from, to }: PackageChange, width: number): void {
  const first = `  ${printable(name).padEnd(width)}  `;
  if (from !== null && to !== null) page.hanging(first, printable(`${from} → ${to}`));
  else if (to !== null) page.hanging(first, printable(`added ${to}`));
  else page.hanging(first, printable(`removed ${from ?? ''}`));
}
