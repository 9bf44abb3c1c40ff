import type { OsRelease } from '../../../model/software.ts';
import { dpkgFiles } from './dpkg.ts';
import type { RootFile } from './root-file.ts';
import type { Installed } from './software.ts';

/** The links of a root whose programs and libraries are below `usr` alone, as all that the sandbox knows are. */
const LINKS: readonly RootFile[] = ['bin', 'lib', 'sbin'].map((name) => ({
  path: name,
  target: `usr/${name}`,
}));

/** Folders that are there and empty. */
export const EMPTY_FOLDERS = ['dev', 'proc', 'run', 'sys', 'tmp', 'usr/bin', 'usr/sbin', 'var/log'] as const;

/**
 * What the root of a node holds that tells of its software, apart from an rpm database, which is no text.
 */
export function rootFiles({ software, kernels }: Installed): readonly RootFile[] {
  return [
    ...LINKS,
    { path: 'etc/hostname', text: 'sandbox-node\n' },
    ...(software.os === null ? [] : osRelease(software.os)),
    ...(software.format === 'deb' ? dpkgFiles(software.packages) : []),
    ...kernels.flatMap((release) => [
      { path: `boot/vmlinuz-${release}`, text: `The kernel ${release} of a simulated node.\n` },
      { path: `usr/lib/modules/${release}/modules.dep`, text: '' },
    ]),
  ];
}

function osRelease({ id, versionId, prettyName, variantId }: OsRelease): readonly RootFile[] {
  const fields = [
    ['PRETTY_NAME', prettyName],
    ['NAME', prettyName.replace(/[ /].*$/, '')],
    ['VERSION_ID', versionId],
    ['ID', id],
    ...(variantId === null ? [] : [['VARIANT_ID', variantId]]),
  ];
  const text = fields.map(([key, value]) => `${key}="${value}"\n`).join('');
  return [
    { path: 'usr/lib/os-release', text },
    { path: 'etc/os-release', target: '../usr/lib/os-release' },
  ];
}
