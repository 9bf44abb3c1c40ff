import type { OsPackage } from '../../../model/software.ts';
import { debSource } from './deb-sources.ts';
import type { RootFile } from './root-file.ts';

const FOLDER = 'var/lib/dpkg';

/** dpkg's database: its status file, and the list of files of each package. */
export function dpkgFiles(packages: readonly OsPackage[]): readonly RootFile[] {
  const installed = new Map(packages.map(({ name, version }) => [name, version]));
  const status = packages.map((pkg) => stanza(pkg, debSource(pkg, installed))).join('\n');
  return [
    { path: `${FOLDER}/status`, text: `${status}\n` },
    { path: `${FOLDER}/available`, text: '' },
    { path: `${FOLDER}/info/format`, text: '1\n' },
    ...packages.map((pkg) => ({ path: `${FOLDER}/info/${pkg.name}.list`, text: fileList(pkg) })),
  ];
}

function stanza({ name, version, arch }: OsPackage, source: string | null): string {
  const lines = [
    `Package: ${name}`,
    'Status: install ok installed',
    'Priority: optional',
    'Section: misc',
    'Installed-Size: 100',
    'Maintainer: Nodeward sandbox <sandbox@localhost>',
    `Architecture: ${arch}`,
    ...(source === null ? [] : [`Source: ${source}`]),
    `Version: ${version}`,
    `Description: ${name} on a simulated node`,
  ];
  return `${lines.join('\n')}\n`;
}

function fileList({ name }: OsPackage): string {
  const kernel = /^linux-image-(?:unsigned-)?(\d.*)$/.exec(name)?.[1];
  const folder = `/usr/share/doc/${name}`;
  const image = kernel === undefined ? [] : ['/boot', `/boot/vmlinuz-${kernel}`];
  return `${['/.', ...image, '/usr', '/usr/share', '/usr/share/doc', folder, `${folder}/copyright`].join('\n')}\n`;
}
