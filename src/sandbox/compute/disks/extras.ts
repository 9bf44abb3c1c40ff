import type { OsPackage } from '../../../model/software.ts';

/** Something that people install on nodes by hand: its source, version and binary packages. */
interface Extra {
  readonly source: string;
  readonly version: string;
  /** Those for all architectures have an asterisk. */
  readonly packages: string;
}

/** By `ID VERSION_ID` of the operating system: packages of its archive, at versions that were in it. */
const EXTRAS: Readonly<Record<string, readonly Extra[]>> = {
  'ubuntu 22.04': [
    { source: 'nginx', version: '1.18.0-6ubuntu14.3', packages: 'nginx* nginx-common* nginx-core' },
    { source: 'redis', version: '5:6.0.16-1ubuntu1', packages: 'redis-server redis-tools' },
    { source: 'netkit-telnet', version: '0.17-44build1', packages: 'telnet' },
    {
      source: 'apache2',
      version: '2.4.52-1ubuntu4.3',
      packages: 'apache2 apache2-bin apache2-data* apache2-utils',
    },
    {
      source: 'ghostscript',
      version: '9.55.0~dfsg1-0ubuntu5.4',
      packages: 'ghostscript libgs9 libgs9-common*',
    },
    { source: 'postgresql-14', version: '14.8-0ubuntu0.22.04.1', packages: 'postgresql-client-14' },
    { source: 'nodejs', version: '12.22.9~dfsg-1ubuntu3.1', packages: 'nodejs libnode72' },
  ],
  'ubuntu 20.04': [
    { source: 'nginx', version: '1.18.0-0ubuntu1.4', packages: 'nginx* nginx-common* nginx-core' },
    { source: 'redis', version: '5:5.0.7-2ubuntu0.1', packages: 'redis-server redis-tools' },
    { source: 'netkit-telnet', version: '0.17-41.2build1', packages: 'telnet' },
    {
      source: 'apache2',
      version: '2.4.41-4ubuntu3.14',
      packages: 'apache2 apache2-bin apache2-data* apache2-utils',
    },
    { source: 'ghostscript', version: '9.50~dfsg-5ubuntu4.9', packages: 'ghostscript libgs9 libgs9-common*' },
  ],
  'mariner 2.0': [
    { source: 'nginx', version: '1.22.1-10.cm2', packages: 'nginx nginx-filesystem*' },
    { source: 'redis', version: '6.2.9-1.cm2', packages: 'redis' },
    { source: 'httpd', version: '2.4.56-2.cm2', packages: 'httpd httpd-tools' },
    { source: 'telnet', version: '0.17-81.cm2', packages: 'telnet' },
    { source: 'vim', version: '9.0.1897-1.cm2', packages: 'vim vim-extra' },
  ],
  'azurelinux 3.0': [
    { source: 'nginx', version: '1.25.4-1.azl3', packages: 'nginx nginx-filesystem*' },
    { source: 'httpd', version: '2.4.61-1.azl3', packages: 'httpd httpd-tools' },
    { source: 'vim', version: '9.0.2190-4.azl3', packages: 'vim vim-extra' },
  ],
};

/** What can be added to a system, each as the packages it brings. @param arch the machine's, as its packages spell it */
export function extrasFor(
  os: { readonly id: string; readonly versionId: string },
  arch: string,
): readonly (readonly OsPackage[])[] {
  const common = os.id === 'ubuntu' ? 'all' : 'noarch';
  return (EXTRAS[`${os.id} ${os.versionId}`] ?? []).map(({ source, version, packages }) =>
    packages.split(' ').map((word) => ({
      name: word.replace('*', ''),
      version,
      arch: word.endsWith('*') ? common : arch,
      source: { name: source, version: null },
    })),
  );
}
