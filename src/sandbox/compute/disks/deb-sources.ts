import type { OsPackage } from '../../../model/software.ts';
import { DEB_SOURCE_TABLE } from './deb-source-table.ts';

/** Run-time libraries of the compiler: their source carries the compiler's major version. */
const OF_COMPILER =
  /^lib(?:32)?(?:gcc-s1|stdc\+\+6|gomp1|atomic1|itm1|lsan0|ubsan1|quadmath0|cc1-0|tsan[02]|hwasan0|asan[5-8]|objc4)$/;

/** Binaries with an epoch that their source does not have. */
const WITHOUT_EPOCH = new Set(['bsdutils']);

let sources: ReadonlyMap<string, string> | null = null;

/**
 * What dpkg's `Source` field says of a package: `glibc`, `util-linux (2.37.2-4ubuntu3)`; null where it has none, as it
 * is named like its source. Kernels are left without: no one looks for theirs there.
 * @param installed versions by name, for sources that number otherwise than their binaries
 */
export function debSource(pkg: OsPackage, installed: ReadonlyMap<string, string>): string | null {
  const { name, version } = pkg;
  if (pkg.source !== null)
    return pkg.source.version === null ? pkg.source.name : `${pkg.source.name} (${pkg.source.version})`;
  if (OF_COMPILER.test(name)) {
    const major = /^(?:\d+:)?(\d+)/.exec(version)?.[1];
    return major === undefined ? null : `gcc-${major}`;
  }
  sources ??= parseTable(DEB_SOURCE_TABLE);
  const source = sources.get(name);
  if (source === undefined) return null;
  if (WITHOUT_EPOCH.has(name)) return `${source} (${version.replace(/^\d+:/, '')})`;
  const own = installed.get(source);
  return source === 'lvm2' && own !== undefined && own !== version ? `${source} (${own})` : source;
}

/** Lines that begin with a space continue the one above. */
function parseTable(table: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let source = '';
  for (const line of table.split('\n')) {
    const [head = '', tail] = line.split(': ');
    if (tail !== undefined) source = head;
    for (const name of (tail ?? head).split(' ')) if (name !== '') found.set(name, source);
  }
  return found;
}
