/**
 * Sources of Ubuntu and Debian binary packages that feeds do not list as long as no update has been published: they
 * name binaries only where there is a fix. From the archive's package indexes; only names that occur on node images
 * and whose sources have advisories.
 */
const SOURCES: Readonly<Record<string, string>> = {
  'busybox-initramfs': 'busybox',
  'cryptsetup-bin': 'cryptsetup',
  'cryptsetup-initramfs': 'cryptsetup',
  'e2fsprogs-l10n': 'e2fsprogs',
  kpartx: 'multipath-tools',
  'libbz2-1.0': 'bzip2',
  libbrotli1: 'brotli',
  'libcom-err2': 'e2fsprogs',
  libcryptsetup12: 'cryptsetup',
  libext2fs2t64: 'e2fsprogs',
  libfwupd2: 'fwupd',
  libfwupd3: 'fwupd',
  libiniparser1: 'iniparser',
  'libjson-c4': 'json-c',
  'libjson-c5': 'json-c',
  libksba8: 'libksba',
  'liblua5.4-0': 'lua5.4',
  'liblz4-1': 'lz4',
  'libmagic-mgc': 'file',
  libmagic1: 'file',
  libmagic1t64: 'file',
  libncurses6: 'ncurses',
  libncursesw6: 'ncurses',
  'libp11-kit0': 'p11-kit',
  'libpam-modules': 'pam',
  'libpam-modules-bin': 'pam',
  'libpam-runtime': 'pam',
  libpam0g: 'pam',
  'libproc2-0': 'procps',
  'libsasl2-2': 'cyrus-sasl2',
  'libsasl2-modules': 'cyrus-sasl2',
  'libsasl2-modules-db': 'cyrus-sasl2',
  libsepol1: 'libsepol',
  libsepol2: 'libsepol',
  libslang2: 'slang2',
  libss2: 'e2fsprogs',
  'libtasn1-6': 'libtasn1-6',
  libtinfo6: 'ncurses',
  'libtirpc-common': 'libtirpc',
  libtirpc3: 'libtirpc',
  libtirpc3t64: 'libtirpc',
  'libudisks2-0': 'udisks2',
  libuv1: 'libuv1',
  libuv1t64: 'libuv1',
  libxdmcp6: 'libxdmcp',
  login: 'shadow',
  logsave: 'e2fsprogs',
  'ncurses-base': 'ncurses',
  'ncurses-bin': 'ncurses',
  'ncurses-term': 'ncurses',
  passwd: 'shadow',
  'python3-httplib2': 'python-httplib2',
  'python3-jwt': 'pyjwt',
  'python3-oauthlib': 'python-oauthlib',
  'python3-yaml': 'pyyaml',
};

/** Run-time libraries of the compiler: their source carries the compiler's major version. */
const GCC_LIBRARIES =
  /^lib(?:gcc-s1|stdc\+\+6|gomp1|atomic1|itm1|lsan0|ubsan1|quadmath0|cc1-0|tsan[02]|hwasan0|asan[5-8])$/;

/** The source of a binary package, where its name (and for the compiler's libraries its version) decides it. */
export function knownDebSource(name: string, version: string): string | null {
  if (!GCC_LIBRARIES.test(name)) return SOURCES[name] ?? null;
  const major = /^(?:\d+:)?(\d+)/.exec(version)?.[1];
  return major === undefined ? null : `gcc-${major}`;
}
