import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../support/tools.ts';

const MACROS = ['--define', '_build_id_links none', '--define', 'debug_package %{nil}'];

/** A spec of one source package with many binary ones: epochs, architectures, long lists of files. */
function spec({ packages, files }: { packages: number; files: number }): string {
  const lines = [
    'Name: nodeward-many',
    'Version: 1.0',
    'Release: 1',
    'Summary: many packages',
    'License: none',
    '%description',
    'Many packages.',
    '%install',
    'mkdir -p %{buildroot}/usr/share/many %{buildroot}/usr/bin',
    `for i in $(seq ${files}); do : > %{buildroot}/usr/share/many/a-file-with-a-rather-long-name-$i; done`,
    'for i in runc kubelet; do echo $i > %{buildroot}/usr/bin/$i; done',
    '%files',
    '/usr/share/many',
  ];
  for (let i = 0; i < packages; i++)
    lines.push(
      `%package -n many-${i}`,
      `Summary: package ${i}`,
      `Version: ${1 + (i % 9)}.${i}${i % 5 === 0 ? '~rc1' : ''}`,
      `Release: ${i % 7}.azl3`,
      ...(i % 4 === 0 ? [`Epoch: ${i % 8}`] : []),
      ...(i % 3 === 0 ? ['BuildArch: noarch'] : []),
      `%description -n many-${i}`,
      `Package ${i}. ${'It says a lot about itself. '.repeat(i % 40)}`,
      `%files -n many-${i}`,
      ...(i === 7 ? ['/usr/bin/runc'] : i === 8 ? ['/usr/bin/kubelet'] : []),
    );
  return `${lines.join('\n')}\n`;
}

/** Builds the packages; gives their files. */
export function buildPackages(folder: string, sizes: { packages: number; files: number }): string[] {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'many.spec');
  writeFileSync(file, spec(sizes));
  run('rpmbuild', [
    '--quiet',
    '-bb',
    ...MACROS,
    '--define',
    `_topdir ${folder}/top`,
    '--define',
    '_binary_payload w0.gzdio',
    file,
  ]);
  return readdirSync(join(folder, 'top/RPMS'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.rpm'))
    .map((name) => join(folder, 'top/RPMS', name));
}

/** Enters packages into the database of a root, without unpacking them. */
export function enter(root: string, dbPath: string, packages: readonly string[]): void {
  mkdirSync(join(root, dbPath), { recursive: true });
  run('rpm', [
    '--root',
    root,
    '--dbpath',
    `/${dbPath}`,
    '--justdb',
    '--nodeps',
    '--noscripts',
    '--notriggers',
    '--nosignature',
    '-i',
    ...packages,
  ]);
}

/** What rpm itself lists, one line for each package, sorted. */
export function listedByRpm(root: string, dbPath: string): string[] {
  const format = '%{NAME}\\t%{EPOCH}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\n';
  return run('rpm', ['--root', root, '--dbpath', `/${dbPath}`, '-qa', '--qf', format])
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('gpg-pubkey\t'))
    .map((line) => {
      const [name, epoch = '', version = '', arch, sourceFile = ''] = line.split('\t');
      const full = epoch === '(none)' || epoch === '0' ? version : `${epoch}:${version}`;
      const stem = sourceFile.replace(/\.src\.rpm$/, '').split('-');
      const sourceVersion = stem.splice(-2).join('-');
      return [name, full, arch, stem.join('-'), sourceVersion].join(' ');
    })
    .sort();
}
