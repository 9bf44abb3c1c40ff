import type { OsPackage, PackageFormat } from '../../../model/software.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+~^%:_-]*$/;
const ARCH = /^[a-z0-9_]+$/;
const RPM_ARCHS = new Set(['x86_64', 'aarch64', 'noarch', 'i686', 'i386']);

/**
 * A line of `apt list --installed`: `name/pockets version arch [installed,…]`.
 * Null for anything else, also for a package that is not installed.
 */
function parseAptLine(line: string): OsPackage | null {
  const slash = line.indexOf('/');
  const [, version = '', arch = '', state = ''] = line.split(' ', 4);
  const name = line.slice(0, slash);
  if (slash < 1 || !state.startsWith('[installed')) return null;
  if (!NAME.test(name) || !VERSION.test(version) || !ARCH.test(arch)) return null;
  return { name, version, arch, source: null };
}

/**
 * A line of `rpm -qa`: `name-version-release.arch`. It prints no epoch, also for packages that have one; an
 * `epoch:` before the version is kept where there is one. Null for anything else.
 */
function parseRpmLine(line: string): OsPackage | null {
  const dot = line.lastIndexOf('.');
  const release = line.lastIndexOf('-', dot);
  const version = line.lastIndexOf('-', release - 1);
  if (version < 1 || release < 0) return null;
  const arch = line.slice(dot + 1);
  const name = line.slice(0, version);
  const evr = line.slice(version + 1, dot);
  if (!RPM_ARCHS.has(arch) || !NAME.test(name) || !VERSION.test(evr) || evr.startsWith('-')) return null;
  return { name, version: evr, arch, source: null };
}

/** A key of the rpm database that `rpm -qa` prints as if it were a package. It is no software. */
const RPM_KEY = /^gpg-pubkey-[0-9a-f]{8,40}-[0-9a-f]{8}$/;
const NOT_PACKAGES = new Set(['', 'Listing...', 'Listing... Done', 'listInstalledPackages stub']);

/** The package section of release notes. */
export interface PackageSection {
  readonly format: PackageFormat;
  readonly packages: readonly OsPackage[];
  /** Indexes into the lines given, of those that are not packages of this format. */
  readonly unread: readonly number[];
}

/** Reads the lines of a package section. The first package decides whether it lists deb or rpm packages. */
export function parsePackages(lines: readonly string[]): PackageSection {
  const packages: OsPackage[] = [];
  const unread: number[] = [];
  let format: PackageFormat = 'none';
  lines.forEach((line, index) => {
    if (NOT_PACKAGES.has(line) || RPM_KEY.test(line)) return;
    const apt = line.includes(' ');
    const found = apt ? parseAptLine(line) : parseRpmLine(line);
    if (found !== null && format === 'none') format = apt ? 'deb' : 'rpm';
    if (found !== null && (format === 'deb') === apt) packages.push(found);
    else unread.push(index);
  });
  return { format, packages, unread };
}
