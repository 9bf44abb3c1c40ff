import { compareText, printable } from '../../../base/text.ts';
import { severityRank } from '../../../model/advisory.ts';
import type { Finding } from '../../../model/finding.ts';
import { STATE_WORDING } from '../wording.ts';
import { few, type Page } from './text.ts';

/** One line: a CVE in all packages of one source that share its versions. */
interface Row {
  readonly finding: Finding;
  readonly packages: readonly string[];
}

/** The rows of one source package in the same packages, under one heading. */
interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Findings grouped by source package, worst group first and worst CVE first within. Shows all. */
export function writeFindings(page: Page, findings: readonly Finding[]): void {
  const groups = groupsOf(findings);
  const columns = {
    cve: findings.reduce((width, { cve }) => Math.max(width, cve.length), 0),
    kev: findings.some(({ kev }) => kev !== null),
  };
  for (const { title, rows } of groups) {
    page.space();
    page.hanging('  ', title);
    for (const row of rows) writeRow(page, row.finding, columns);
  }
}

const SEVERITY_WIDTH = 'negligible'.length;

/** How wide the CVE column is, and whether there is one for the mark of known exploitation. */
interface Columns {
  readonly cve: number;
  readonly kev: boolean;
}

function writeRow(page: Page, finding: Finding, columns: Columns): void {
  const { severity, state } = finding;
  const cve = printable(finding.cve).padEnd(columns.cve);
  const mark = finding.kev === null ? '   ' : page.style('alarm', 'KEV');
  const marked = columns.kev ? `${mark}  ` : '';
  const start = `    ${page.severity(severity, severity.padEnd(SEVERITY_WIDTH))}  ${cve}  ${marked}`;
  const startWidth = 4 + SEVERITY_WIDTH + 2 + columns.cve + 2 + (columns.kev ? 5 : 0);
  const installed = printable(finding.installed);
  const parts = [
    ...(finding.fixed === null ? [] : [`→ ${printable(finding.fixed)}`]),
    ...(state === 'fix-available' && finding.fixed !== null ? [] : [STATE_WORDING[state]]),
  ];
  let line = start + installed;
  let width = startWidth + installed.length;
  for (const part of parts) {
    const gap = part.startsWith('→') ? ' ' : '  ';
    if (width + gap.length + part.length <= page.width) {
      line += gap + part;
      width += gap.length + part.length;
    } else {
      page.line(line);
      line = ' '.repeat(startWidth) + part;
      width = startWidth + part.length;
    }
  }
  page.line(line);
}

function groupsOf(findings: readonly Finding[]): Group[] {
  const rows = new Map<string, { finding: Finding; packages: string[] }>();
  for (const finding of findings) {
    const { source, cve, installed, fixed, severity, state } = finding;
    const key = `${source}\n${cve}\n${installed}\n${fixed}\n${severity}\n${state}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { finding, packages: [finding.package] });
    else row.packages.push(finding.package);
  }
  const groups = new Map<string, Row[]>();
  for (const row of rows.values()) {
    const packages = [...new Set(row.packages)].sort();
    const title = titleOf(row.finding, packages);
    const group = groups.get(title);
    if (group === undefined) groups.set(title, [{ ...row, packages }]);
    else group.push({ ...row, packages });
  }
  return [...groups]
    .map(([title, group]) => ({ title, rows: group.sort((a, b) => order(a.finding, b.finding)) }))
    .sort((a, b) => orderGroups(a, b));
}

function order(a: Finding, b: Finding): number {
  return (
    severityRank(a.severity) - severityRank(b.severity) ||
    Number(a.kev === null) - Number(b.kev === null) ||
    compareText(b.cve, a.cve) ||
    compareText(a.installed, b.installed)
  );
}

/** By the worst CVE of each, then by name. */
function orderGroups(a: Group, b: Group): number {
  const [first, second] = [a.rows[0]?.finding, b.rows[0]?.finding];
  if (first === undefined || second === undefined) return 0;
  return (
    severityRank(first.severity) - severityRank(second.severity) ||
    Number(first.kev === null) - Number(second.kev === null) ||
    compareText(a.title, b.title)
  );
}

const NAMED_PROGRAMS = 3;

/** `openssh (client, server)`; `openssl (libssl3, openssl)`; `containerd`; `golang.org/x/net in usr/bin/runc`. */
function titleOf({ source, kind, paths }: Finding, packages: readonly string[]): string {
  if (kind === 'go-module') return `${printable(source)} in ${few(paths, NAMED_PROGRAMS)}`;
  if (packages.length === 1 && packages[0] === source) return printable(source);
  const prefix = `${source}-`;
  const short = packages.every((name) => name.startsWith(prefix))
    ? packages.map((name) => name.slice(prefix.length))
    : packages;
  return printable(`${source} (${short.join(', ')})`);
}
