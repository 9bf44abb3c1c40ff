import type { OsPackage, PackageSource } from '../../../model/software.ts';
import { rpm } from '../../../versions/rpm/rpm.ts';
import { type RpmHeader, TAG } from './header.ts';

const NAME = /^[A-Za-z0-9_.+~^%{}-]{1,255}$/;
const ARCH = /^[A-Za-z0-9_]{1,64}$/;
const SOURCE = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/;
/** rpm keeps the keys it trusts beside the packages. They are no software. */
const KEY = 'gpg-pubkey';

/** What a header says of its package. */
export interface Described {
  /** Null for a key. */
  readonly package: OsPackage | null;
  /** What is doubtful about it, one clause each. */
  readonly doubts: readonly string[];
}

/**
 * The package of a header. The epoch is part of the version where there is one and it is not 0.
 * @throws NodewardError disk-damaged where the header cannot be read
 */
export function describe(header: RpmHeader): Described {
  const name = header.text(TAG.name) ?? '';
  const [epoch = 0] = header.numbers(TAG.epoch);
  const release = `${header.text(TAG.version) ?? ''}-${header.text(TAG.release) ?? ''}`;
  const version = epoch === 0 ? release : `${epoch}:${release}`;
  const doubts: string[] = [];
  const differs = header.differs();
  if (differs !== null) doubts.push(differs);
  if (name === KEY) return { package: null, doubts };
  if (!NAME.test(name))
    return { package: null, doubts: [...doubts, 'its name is missing or none that rpm allows'] };
  if (!rpm.compare(version, version).ok || !release.includes('-', 1) || release.endsWith('-'))
    return {
      package: null,
      doubts: [...doubts, `the version of ${name} is missing or none that rpm allows`],
    };
  const arch = header.text(TAG.arch) ?? '';
  if (!ARCH.test(arch)) doubts.push(`the architecture of ${name} is missing or none`);
  const source = sourceOf(header.text(TAG.sourceRpm), release);
  if (source === 'unread') doubts.push(`the source of ${name} cannot be read`);
  const item = {
    name,
    version,
    arch: ARCH.test(arch) ? arch : '',
    source: source === 'unread' ? null : source,
  };
  return { package: item, doubts };
}

/** `name-version-release.src.rpm`. It has no epoch, so that versions are the same where they are so without it. */
function sourceOf(file: string | null, release: string): PackageSource | null | 'unread' {
  if (file === null || file === '' || file === '(none)') return null;
  const [, name, version] = SOURCE.exec(file) ?? [];
  if (name === undefined || version === undefined || !NAME.test(name) || !rpm.compare(version, version).ok)
    return 'unread';
  return { name, version: version === release ? null : version };
}
