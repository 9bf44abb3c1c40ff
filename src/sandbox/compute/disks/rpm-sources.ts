import type { OsPackage } from '../../../model/software.ts';

/** Packages of Azure Linux and CBL-Mariner whose source does not follow from their name, by source. */
const TABLE: Readonly<Record<string, string>> = {
  acl: 'libacl',
  apparmor: 'apparmor-parser libapparmor',
  attr: 'libattr',
  audit: 'audit-libs python3-audit',
  autogen: 'autogen-libopts',
  bcc: 'python3-bcc',
  clang: 'clang-libs',
  'cloud-utils': 'cloud-utils-growpart',
  cryptsetup: 'veritysetup',
  'dbus-python': 'python3-dbus',
  'device-mapper-multipath': 'kpartx',
  dnf: 'python3-dnf',
  ebtables: 'ebtables-legacy',
  gcc: 'gcc-c++ libgcc libgcc-atomic libgcc-devel libgomp libgomp-devel libstdc++ libstdc++-devel',
  gpgme: 'python3-gpg',
  'hyperv-daemons': 'hypervfcopyd hypervkvpd hypervvssd',
  kernel: 'kernel-devel kernel-headers kernel-tools kernel-uki',
  libcomps: 'python3-libcomps',
  libdnf: 'python3-hawkey python3-libdnf',
  librdkafka: 'librdkafka1',
  libtool: 'libltdl',
  lvm2: 'device-mapper device-mapper-event device-mapper-event-libs device-mapper-libs',
  ndctl: 'daxctl',
  'nfs-utils': 'libnfsidmap',
  nmap: 'nmap-ncat',
  numactl: 'libnuma',
  'open-isns': 'isns-utils-libs',
  pcre2: 'libpcre2-16-0 libpcre2-32-0 libpcre2-8-0 libpcre2-posix2',
  perl: 'perl-interpreter perl-libs',
  pkgconf: 'libpkgconf',
  pmdk: 'libpmem',
  policycoreutils: 'policycoreutils-basic policycoreutils-python3',
  python3: 'python3-curses python3-libs',
  qemu: 'qemu-common qemu-ipxe qemu-kvm-core qemu-system-x86-core qemu-virtiofsd',
  'rdma-core': 'libibverbs librdmacm',
  rpm: 'python3-rpm rpm-build-libs',
  seabios: 'seabios-bin seavgabios-bin',
  sgabios: 'sgabios-bin',
  'selinux-policy': 'selinux-policy-ci selinux-policy-modules',
  setools: 'setools-console setools-python3',
};

const BY_NAME: ReadonlyMap<string, string> = new Map(
  Object.entries(TABLE).flatMap(([source, names]) => names.split(' ').map((name) => [name, source] as const)),
);

/** Endings of subpackages whose main package need not be installed. */
const ENDING = /-(?:libs|devel|utils|license|clients?|server|data|common)$/;

/** The `SOURCERPM` of a package, `openssl-1.1.1k-27.cm2.src.rpm`. @param installed versions by name */
export function rpmSource(pkg: OsPackage, installed: ReadonlyMap<string, string>): string {
  const { name, version } = pkg.source ?? sourceOf(pkg, installed);
  return `${name}-${(version ?? pkg.version).replace(/^\d+:/, '')}.src.rpm`;
}

function sourceOf(
  { name, version }: OsPackage,
  installed: ReadonlyMap<string, string>,
): { readonly name: string; readonly version: string } {
  const listed = BY_NAME.get(name);
  if (listed !== undefined) return { name: listed, version };
  // Modules that perl's own build makes have its release and versions of their own.
  const perl = installed.get('perl-libs');
  if (name.startsWith('perl-') && perl !== undefined && release(perl) === release(version))
    return { name: 'perl', version: perl };
  // A subpackage has the version of the package it is named after.
  for (let end = name.lastIndexOf('-'); end > 0; end = name.lastIndexOf('-', end - 1))
    if (installed.get(name.slice(0, end)) === version) return { name: name.slice(0, end), version };
  return { name: name.replace(ENDING, '').replace(/^python3-/, 'python-'), version };
}

function release(version: string): string {
  return version.slice(version.lastIndexOf('-'));
}
