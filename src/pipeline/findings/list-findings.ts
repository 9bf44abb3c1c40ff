import { compareText } from '../../base/text.ts';
import { type Severity, severityRank } from '../../model/advisory.ts';
import type { Finding } from '../../model/finding.ts';
import type { ListFinding, Occurrence } from '../../model/recommendation.ts';
import { compareTelling, inUse } from '../telling.ts';

/** The findings of one software list with one for each CVE, by CVE. */
export function listFindings(findings: readonly Finding[]): readonly ListFinding[] {
  return Array.from(
    Map.groupBy(findings, ({ cve }) => cve),
    ([cve, own]) => ({ cve, severity: severityOf(own), occurrences: occurrencesOf(own) }),
  ).sort((a, b) => compareText(a.cve, b.cve));
}

/** The worst of what is in use, else of all. */
function severityOf(findings: readonly Finding[]): Severity {
  const used = findings.filter((each) => inUse(each) === 0);
  const ranked = (used.length > 0 ? used : findings).map(({ severity }) => severity);
  return ranked.reduce((worst, each) => (severityRank(each) < severityRank(worst) ? each : worst), 'unknown');
}

/** Each place once, whatever architectures it is there for. */
function occurrencesOf(findings: readonly Finding[]): readonly Occurrence[] {
  const places: Occurrence[] = [];
  for (const finding of findings.toSorted(byTelling)) {
    const occurrence = occurrenceOf(finding);
    const last = places.at(-1);
    if (last === undefined || !isSame(last, occurrence)) places.push(occurrence);
  }
  return places;
}

function isSame(a: Occurrence, b: Occurrence): boolean {
  return (
    a.package === b.package &&
    a.installed === b.installed &&
    a.advisory === b.advisory &&
    a.fixed === b.fixed &&
    a.source === b.source &&
    a.kind === b.kind &&
    a.presence === b.presence &&
    a.vendor === b.vendor
  );
}

function occurrenceOf({ package: name, source, kind, installed, fixed, ...rest }: Finding): Occurrence {
  const { state: vendor, presence, feed, reason } = rest;
  return { package: name, source, kind, installed, fixed, vendor, presence, feed, advisory: reason.advisory };
}

/** What stands for all goes first; the rest has an order of its own, so that equal sets are equal. */
function byTelling(a: Finding, b: Finding): number {
  return (
    compareTelling(a, b) ||
    compareText(a.package, b.package) ||
    compareText(a.installed, b.installed) ||
    compareText(a.source, b.source) ||
    compareText(a.reason.advisory, b.reason.advisory) ||
    compareText(a.presence, b.presence) ||
    compareText(a.fixed ?? '', b.fixed ?? '') ||
    compareText(a.state, b.state)
  );
}
