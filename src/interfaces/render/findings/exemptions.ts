import { printable } from '../../../base/text.ts';
import type { ExemptionView } from '../../../model/findings-report.ts';
import { type Style, thousands } from '../table/text.ts';
import type { PageForm } from './page.ts';
import { dayOf } from './words.ts';

const STATE_STYLES: Readonly<Record<ExemptionView['state'], Style>> = {
  active: 'green',
  expired: 'yellow',
  withdrawn: 'dim',
  statement: 'cyan',
};

/** Exemptions and statements of vendors, with what each of them does. */
export const EXEMPTIONS: PageForm<ExemptionView> = {
  name: 'exemptions',
  nouns: ['exemption', 'exemptions'],
  csvColumns: [
    ...['id', 'state', 'reason', 'cve', 'package', 'version', 'severity', 'scope', 'family', 'suppresses'],
    ...['justification', 'author', 'created_at', 'expires_at', 'withdrawn_at', 'withdrawn_by'],
    ...['vex_document', 'vex_status', 'notes'],
  ],
  csv: ({ exemption, state, scopeName, suppresses, notes }) => {
    const { subject, vex } = exemption;
    return [
      ...[exemption.id, state, exemption.reason, subject.cve, subject.package, subject.version],
      ...[subject.severity, scopeName, subject.family, suppresses, exemption.justification, exemption.author],
      ...[exemption.createdAt, exemption.expiresAt, exemption.withdrawnAt, exemption.withdrawnBy],
      ...[vex?.document ?? null, vex?.status ?? null, notes.join(' ')],
    ];
  },
  columns: () => [
    { title: 'ID', text: ({ exemption }) => exemption.id },
    { title: 'STATE', text: ({ state }) => state, style: ({ state }) => STATE_STYLES[state] },
    { title: 'REASON', text: reasonWords, yields: 4 },
    { title: 'ABOUT', text: subjectWords },
    { title: 'SUPPRESSES', text: ({ suppresses }) => thousands(suppresses), right: true, yields: 2 },
    { title: 'EXPIRES', text: ({ exemption }) => dayOf(exemption.expiresAt) || 'never', yields: 3 },
    { title: 'AUTHOR', text: ({ exemption }) => exemption.author, yields: 5 },
    { title: 'JUSTIFICATION', text: ({ exemption }) => exemption.justification, wraps: 24, yields: 1 },
  ],
  below: ({ notes }) => notes.map(printable),
};

/** Why it exempts, or what a document says: `false-positive`, `affected (VEX)`. */
export function reasonWords({ exemption: { reason, vex } }: ExemptionView): string {
  return vex === null ? (reason ?? '') : `${vex.status} (VEX)`;
}

/** What an exemption is about: `CVE-2024-6387 in openssh-server 1:8.9p1, prod-weu/system, AKSUbuntu-2204gen2containerd`. */
export function subjectWords({ exemption: { subject }, scopeName }: ExemptionView): string {
  const { cve, package: name, version, severity, family } = subject;
  const software = name === null ? null : `${name}${version === null ? '' : ` ${version}`}`;
  const findings = cve ?? (software === null ? (severity === null ? 'all findings' : null) : null);
  const what = [findings, software].filter((each) => each !== null).join(' in ');
  const grade = severity === null ? null : `severity ${severity}`;
  return [what === '' ? null : what, grade, scopeName ?? 'whole fleet', family]
    .filter((each) => each !== null)
    .join(', ');
}
