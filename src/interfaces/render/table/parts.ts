import { printable } from '../../../base/text.ts';
import { SEVERITIES, type Severity } from '../../../model/advisory.ts';
import type { AdvisoryBasis, AdvisoryCoverage, AssessmentSubject } from '../../../model/assessment.ts';
import type { Gap } from '../../../model/gap.ts';
import { counted, FIELD, few, type Page, thousands } from './text.ts';

const KINDS: Readonly<Record<AssessmentSubject['kind'], string>> = {
  'node-image': 'node image',
  'release-notes': 'release notes',
  sbom: 'SBOM',
  rootfs: 'root file system',
  disk: 'disk',
};

const COVERAGES: Readonly<Record<AdvisoryCoverage, string>> = {
  complete: 'complete',
  sample: 'only a sample',
  none: 'no advisories',
};

/** What was assessed: name and kind. */
export function writeSubject(page: Page, subject: AssessmentSubject): void {
  page.line(`${page.style('bold', printable(subject.name))}  (${KINDS[subject.kind]})`);
  page.field('OS', subject.os === null ? 'unknown' : printable(subject.os.prettyName));
  const facts = [
    subject.buildDate === null ? null : subject.buildDate,
    subject.channel === null ? null : `channel ${subject.channel}`,
    subject.runningKernel === null ? null : `running kernel ${subject.runningKernel}`,
  ].filter((fact) => fact !== null);
  if (facts.length > 0)
    page.field(subject.buildDate === null ? 'Runs' : 'Built', printable(facts.join(', ')));
}

/** Which advisories the result rests on, one line each. */
export function writeAdvisories(page: Page, advisories: readonly AdvisoryBasis[]): void {
  if (advisories.length === 0) page.field('Advisories', 'none');
  const names = advisories.map(({ feed, ecosystem }) => printable(`${feed} ${ecosystem}`));
  const width = Math.min(Math.max(0, ...names.map((name) => name.length)), 34);
  advisories.forEach(({ asOf, coverage, records, origin }, index) => {
    const name = (names[index] ?? '').padEnd(width);
    const first = index === 0 ? 'Advisories' : '';
    const facts = `as of ${printable(asOf)}, ${COVERAGES[coverage]}, ${counted(records, 'record')} (${origin})`;
    page.hanging(`${first.padEnd(FIELD)}${name}  `, facts);
  });
}

/** `2 critical, 31 high`, leaving out what there is none of. */
export function severityCounts(page: Page, counts: Readonly<Record<Severity, number>>): string {
  return SEVERITIES.filter((severity) => counts[severity] > 0)
    .map((severity) => page.severity(severity, `${thousands(counts[severity])} ${severity}`))
    .join(', ');
}

const NAMED_SUBJECTS = 5;

/** All gaps, each with how much it concerns and the first few by name. */
export function writeGaps(page: Page, gaps: readonly Gap[]): void {
  if (gaps.length === 0) {
    page.heading('Gaps (0)');
    page.line('  None: all evidence was read, and advisories cover it.');
    return;
  }
  page.heading(`Gaps (${thousands(gaps.length)}): what this result cannot tell`);
  for (const { code, detail, subjects } of gaps) {
    page.line(`  ${page.style('yellow', code)}`);
    page.hanging('    ', printable(detail));
    if (subjects.length > 0) {
      page.hanging('    ', `${counted(subjects.length, 'subject')}: ${few(subjects, NAMED_SUBJECTS)}`);
    }
  }
}
