import { isoDay } from '../../../base/clock.ts';
import type { Gap } from '../../../model/gap.ts';
import type { OsRelease, RunningKernel } from '../../../model/software.ts';
import { sortPackages } from '../../sorting.ts';
import { settleComponents } from './components.ts';
import type { Facts } from './facts.ts';
import type { Lines } from './lines.ts';
import { isBullet, type Mention, parseBullet, parseOtherLine } from './mentions.ts';
import { parseOsRelease } from './os-release.ts';
import { parsePackages } from './packages.ts';

const PACKAGES_BEGIN = '=== Installed Packages Begin';
const PACKAGES_END = '=== Installed Packages End';
const MARKS = [PACKAGES_BEGIN, 'Starting build on', 'Components downloaded in this VHD build'];

/** Whether the lines are release notes of a Linux node image. */
export function isLinux(lines: readonly string[]): boolean {
  return lines.some((line) => MARKS.some((mark) => line.startsWith(mark)));
}

/**
 * Reads the release notes of a Linux node image: a log that echoes what its build downloaded, then
 * `=== Installed Packages Begin` … `End`, `=== os-release Begin` … `End` (missing in January 2023) and lines of the
 * form `Ubuntu version: 22.04`. Flatcar and Azure Container Linux list no packages.
 */
export function readLinux({ lines, unread }: Lines, path: string): Facts {
  const listed = section(lines, PACKAGES_BEGIN, PACKAGES_END);
  const { format, packages, unread: badPackages } = parsePackages(lines.slice(listed.from, listed.to));
  for (const index of badPackages) unread.add(listed.from + index);
  const rest = [...lines].fill('', listed.from, listed.to);
  const mentioned = readMentions(rest, (index) => unread.add(index));
  const { components, gaps } = settleComponents(mentioned, packages);
  const os = readOs(rest);
  return {
    software: {
      os,
      format,
      packages: sortPackages(packages),
      components,
      runningKernel: readKernel(rest),
      fips: readFips(rest),
      binaries: [],
      updates: [],
    },
    buildDate: readBuildDate(rest),
    gaps: [
      ...(os === null ? [UNKNOWN_OS] : []),
      ...packageGaps({ path, listed, none: format === 'none' }),
      ...unread.gaps(path),
      ...gaps,
    ],
  };
}

const UNKNOWN_OS: Gap = {
  code: 'unknown-os',
  detail: 'The release notes do not say which operating system the image has, so no advisory can be applied.',
  subjects: [],
};

interface Section {
  /** Index of the first line in the section, and behind its last one. Both 0 where there is no such section. */
  readonly from: number;
  readonly to: number;
  readonly closed: boolean;
}

function section(lines: readonly string[], begin: string, end: string): Section {
  const at = lines.indexOf(begin);
  if (at < 0) return { from: 0, to: 0, closed: true };
  const to = lines.indexOf(end, at);
  return { from: at + 1, to: to < 0 ? lines.length : to, closed: to >= 0 };
}

function packageGaps(found: { path: string; listed: Section; none: boolean }): readonly Gap[] {
  const { path, listed, none } = found;
  if (!listed.closed) {
    const detail = `${path} ends inside the package list that begins on line ${listed.from}; the rest of it is missing.`;
    return [{ code: 'bad-evidence', detail, subjects: [] }];
  }
  if (!none) return [];
  const detail = 'The release notes list no operating-system packages, so none could be checked.';
  return [{ code: 'no-package-list', detail, subjects: [] }];
}

function readMentions(lines: readonly string[], unreadable: (index: number) => void): readonly Mention[] {
  return lines.flatMap((line, index) => {
    const found = isBullet(line) ? parseBullet(line) : parseOtherLine(line);
    if (found === null) unreadable(index);
    return found ?? [];
  });
}

function readOs(lines: readonly string[]): OsRelease | null {
  const { from, to } = section(lines, '=== os-release Begin', '=== os-release End');
  const stated = parseOsRelease(lines.slice(from, to));
  if (stated !== null) return stated;
  const versionId = firstMatch(lines, /^Ubuntu version: ([0-9]{2}\.[0-9]{2})$/);
  if (versionId === null) return null;
  return { id: 'ubuntu', versionId, prettyName: `Ubuntu ${versionId}`, variantId: null };
}

/** Azure Linux OS Guard boots a unified kernel image and lists its file instead of the running kernel. */
function readKernel(lines: readonly string[]): RunningKernel {
  return (
    firstMatch(lines, /^Linux version ([0-9][0-9A-Za-z.+~_-]{0,100}) /) ??
    firstMatch(
      lines,
      /^[0-9a-f]{64} {2}\/boot\/efi\/EFI\/Linux\/vmlinuz-([0-9][0-9A-Za-z.+~_-]{0,100})\.efi$/,
    )
  );
}

function readFips(lines: readonly string[]): boolean | null {
  const stated = firstMatch(lines, /^FIPS enabled: *([A-Za-z]+)$/)?.toLowerCase();
  return stated === 'true' ? true : stated === 'false' ? false : null;
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

function readBuildDate(lines: readonly string[]): string | null {
  for (const line of lines) {
    const match =
      /^Starting build on +[A-Z][a-z]{2} ([A-Z][a-z]{2}) +([0-9]{1,2}) [0-9:]{8} UTC ([0-9]{4})$/.exec(line);
    const month = MONTHS.indexOf(match?.[1] ?? '?') / 3 + 1;
    if (match === null || !Number.isInteger(month) || month < 1) continue;
    return isoDay(`${match[3]}-${String(month).padStart(2, '0')}-${(match[2] ?? '').padStart(2, '0')}`);
  }
  return null;
}

function firstMatch(lines: readonly string[], pattern: RegExp): string | null {
  for (const line of lines) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}
