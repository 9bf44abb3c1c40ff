import { printable } from '../../../base/text.ts';
import type { Assessment } from '../../../model/assessment.ts';
import type { Finding, Presence } from '../../../model/finding.ts';
import type { RenderContext } from '../types.ts';
import { writeFindings } from './findings.ts';
import { severityCounts, writeAdvisories, writeGaps, writeSubject } from './parts.ts';
import { writeScan } from './scan.ts';
import { counted, Page } from './text.ts';

const SECTIONS: readonly { readonly title: string; readonly presences: readonly Presence[] }[] = [
  { title: 'Installed software', presences: ['running', 'installed'] },
  { title: 'Cached components', presences: ['cached'] },
  { title: 'Kernels that are not running', presences: ['not-running'] },
];

/** An assessment for a terminal: what was assessed with what, the findings, and always the gaps. */
export function assessmentTable(assessment: Assessment, context: RenderContext): string {
  const page = new Page(context);
  const { software } = assessment;
  writeSubject(page, assessment.subject);
  page.field('Software', `${countsOf(software)} (${printable(software.digest.slice(0, 19))})`);
  if (assessment.scan !== null) writeScan(page, assessment.scan);
  writeAdvisories(page, assessment.advisories);
  page.space();
  writeSummary(page, assessment);
  for (const { title, presences } of SECTIONS) {
    writeSection(
      page,
      title,
      assessment.findings.filter(({ presence }) => presences.includes(presence)),
    );
  }
  if (assessment.notAffected.length > 0) {
    page.space();
    page.hanging(
      '',
      `${counted(assessment.notAffected.length, 'statement')} of vendors that a CVE does not concern an installed package: see --format json.`,
    );
  }
  writeGaps(page, assessment.gaps);
  return page.toString();
}

function countsOf({ packages, components, programs }: Assessment['software']): string {
  const counts = [counted(packages, 'package'), counted(components, 'component')];
  return [...counts, ...(programs === 0 ? [] : [counted(programs, 'Go program')])].join(', ');
}

function writeSection(page: Page, title: string, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  page.heading(`${title} (${findings.length})`);
  writeFindings(page, findings);
}

function writeSummary(page: Page, assessment: Assessment): void {
  const { summary, filters } = assessment;
  if (summary.total === 0) {
    page.hanging('', nothingFound(assessment));
    return;
  }
  page.field('Findings', `${counted(summary.total, 'finding')} of ${counted(summary.cves, 'CVE')}`);
  page.detail(severityCounts(page, summary.bySeverity));
  page.detail(`${counted(summary.fixable, 'finding')} with a fix available`);
  if (summary.exploited > 0) {
    const exploited = `${counted(summary.exploited, 'finding')} known to be exploited (KEV)`;
    page.detail(page.style('alarm', exploited));
  }
  const names = [
    filters.severity === null ? null : `severity ${filters.severity} or worse`,
    filters.fixable ? 'with a fix' : null,
  ].filter((name) => name !== null);
  if (names.length > 0) {
    page.field('Shown', `${counted(summary.shown, 'finding')} (only ${names.join(' and ')})`);
  }
}

/**
 * The words where nothing was found. "No known vulnerabilities" alone is only said where the evidence was complete
 * and complete advisories cover it.
 */
function nothingFound({ gaps, advisories, software }: Assessment): string {
  if (software.packages + software.components + software.programs === 0)
    return `Not assessed: no software could be read; ${counted(gaps.length, 'gap')} below.`;
  const covering = advisories.filter(({ feed }) => feed === 'osv' || feed === 'azure-linux');
  if (!covering.some(({ coverage }) => coverage !== 'none')) {
    return `Not assessed: no advisories cover this software; ${counted(gaps.length, 'gap')} below.`;
  }
  if (gaps.length > 0) {
    return `No known vulnerabilities found in what could be assessed; ${counted(gaps.length, 'gap')} below.`;
  }
  if (covering.some(({ coverage }) => coverage !== 'complete')) {
    return 'No known vulnerabilities found, but the advisories are not complete.';
  }
  return 'No known vulnerabilities: the evidence is complete, and the advisories named above cover it.';
}
