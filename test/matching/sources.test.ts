import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { brief, gapsOf, match, said } from './support.ts';

const JAMMY = 'Ubuntu:22.04:LTS';
const OPENSSL = { ecosystem: JAMMY, name: 'openssl', cve: 'CVE-2024-0727', fixed: '3.0.2-0ubuntu1.14' };

describe('the source of a deb package', () => {
  it('is what the package database says, before anything else', () => {
    const advisories = said([OPENSSL, { ...OPENSSL, name: 'wrong', cve: 'CVE-2000-0001' }], {
      binaries: { [`${JAMMY} libssl3`]: ['wrong'] },
    });
    const { findings } = match(
      { os: 'ubuntu 22.04', packages: ['libssl3 3.0.2-0ubuntu1.12 < openssl'] },
      advisories,
    );
    assert.deepEqual(findings.map(brief), [
      'CVE-2024-0727 libssl3 3.0.2-0ubuntu1.12 → 3.0.2-0ubuntu1.14 fix-available',
    ]);
    assert.equal(findings[0]?.source, 'openssl');
    assert.equal(findings[0]?.reason.mapping, 'source openssl by the package database');
  });

  it('is compared by its own version where the binary has another one', () => {
    // The binary of lvm2 is versioned 2:1.02.175; the advisory is about the source's 2.03.11.
    const advisories = said([
      { ecosystem: JAMMY, name: 'lvm2', cve: 'CVE-2020-8991', fixed: '2.03.11-2.1ubuntu5' },
    ]);
    const list = (source: string) => ({
      os: 'ubuntu 22.04',
      packages: [`dmsetup 2:1.02.175-2.1ubuntu4 < lvm2 ${source}`],
    });
    const [finding] = match(list('2.03.11-2.1ubuntu4'), advisories).findings;
    assert.equal(finding?.installed, '2:1.02.175-2.1ubuntu4');
    assert.equal(finding?.reason.comparison, '2.03.11-2.1ubuntu4 < 2.03.11-2.1ubuntu5 (deb)');
    assert.deepEqual(match(list('2.03.11-2.1ubuntu5'), advisories).findings, []);
  });

  it('is what the feed lists as the source of the binary', () => {
    const advisories = said([OPENSSL], { binaries: { [`${JAMMY} libssl3`]: ['openssl'] } });
    const [finding] = match(
      { os: 'ubuntu 22.04', packages: ['libssl3 3.0.2-0ubuntu1.12'] },
      advisories,
    ).findings;
    assert.equal(finding?.reason.mapping, `binary of source openssl by the feed (${JAMMY})`);
    assert.equal(finding?.reason.comparison, '3.0.2-0ubuntu1.12 < 3.0.2-0ubuntu1.14 (deb)');
  });

  it('is the source of the same name', () => {
    const [finding] = match(
      { os: 'ubuntu 22.04', packages: ['openssl 3.0.2-0ubuntu1.12'] },
      said([OPENSSL]),
    ).findings;
    assert.equal(finding?.reason.mapping, 'source of the same name');
  });

  it('is taken from another release where this one knows the source too', () => {
    const advisories = said([OPENSSL], {
      binaries: { 'Ubuntu:24.04:LTS libssl3': ['openssl'], 'Ubuntu:24.04:LTS libold1': ['gone'] },
      covers: ['Ubuntu:24.04:LTS'],
    });
    const matches = match(
      { os: 'ubuntu 22.04', packages: ['libssl3 3.0.2-0ubuntu1.12', 'libold1 1.0'] },
      advisories,
    );
    assert.equal(
      matches.findings[0]?.reason.mapping,
      'binary of source openssl by the feed (Ubuntu:24.04:LTS)',
    );
    assert.equal(matches.findings[0]?.reason.ecosystem, JAMMY, 'the release of the machine is compared');
    assert.deepEqual(gapsOf(matches), ['unknown-source: libold1'], 'gone is no source of 22.04');
  });

  it('is a gap where nobody says it', () => {
    const matches = match({ os: 'ubuntu 22.04', packages: ['whiptail 0.52.21-5ubuntu2'] }, said([OPENSSL]));
    assert.deepEqual(matches.findings, []);
    assert.deepEqual(gapsOf(matches), ['unknown-source: whiptail']);
  });
});

describe('findings', () => {
  it('are one per CVE and installed binary, also where several records state the CVE', () => {
    const advisories = said(
      [
        { ...OPENSSL, id: 'USN-6622-1' },
        { ...OPENSSL, id: 'UBUNTU-CVE-2024-0727' },
        { ...OPENSSL, cve: 'CVE-2023-5678', id: 'UBUNTU-CVE-2023-5678' },
      ],
      { binaries: { [`${JAMMY} libssl3`]: ['openssl'], [`${JAMMY} libssl-dev`]: ['openssl'] } },
    );
    const packages = ['libssl-dev', 'libssl3', 'openssl'].map((name) => `${name} 3.0.2-0ubuntu1.12`);
    const { findings } = match({ os: 'ubuntu 22.04', packages }, advisories);
    assert.deepEqual(
      findings.map((finding) => `${finding.reason.advisory} ${finding.package} of ${finding.source}`),
      ['UBUNTU-CVE-2023-5678', 'UBUNTU-CVE-2024-0727'].flatMap((id) =>
        ['libssl-dev', 'libssl3', 'openssl'].map((name) => `${id} ${name} of openssl`),
      ),
    );
  });

  it('come worst first', () => {
    const severities = ['low', 'critical', 'unknown', 'high', 'negligible', 'medium'] as const;
    const advisories = said(
      severities.map((severity, i) => ({ ...OPENSSL, cve: `CVE-2024-000${i}`, severity })),
    );
    const { findings } = match({ os: 'ubuntu 22.04', packages: ['openssl 1'] }, advisories);
    assert.deepEqual(
      findings.map(({ severity }) => severity),
      ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'],
    );
  });

  it('are a gap, not a guess, where a version cannot be read', () => {
    const matches = match({ os: 'ubuntu 22.04', packages: ['openssl not~a:version:'] }, said([OPENSSL]));
    assert.deepEqual(matches.findings, []);
    assert.deepEqual(gapsOf(matches), ['unparsable-version: openssl']);
  });
});

describe('the source of an rpm package', () => {
  const AZL = 'Azure Linux:3.0';
  const of = (name: string, fixed = '99-1.azl3') => ({
    ecosystem: AZL,
    name,
    cve: `CVE-2024-${name}`,
    fixed,
  });
  const sources = (packages: readonly string[], names: readonly string[]) =>
    match({ os: 'azurelinux 3.0', packages }, said(names.map((name) => of(name)))).findings.map(
      (finding) => `${finding.package} of ${finding.source}`,
    );

  it('is found by table, by stem and version, and by the name python has for it', () => {
    assert.deepEqual(sources(['libgcc 13.2.0-7.azl3'], ['gcc']), ['libgcc of gcc']);
    assert.deepEqual(sources(['openssl-libs 3.3.0-1.azl3'], ['openssl']), ['openssl-libs of openssl']);
    assert.deepEqual(sources(['python3-requests 2.31.0-1.azl3'], ['python-requests']), [
      'python3-requests of python-requests',
    ]);
    assert.deepEqual(
      sources(['perl-libs 5.38.2-506.azl3', 'perl-Carp 1.54-506.azl3', 'perl-DBI 1.643-3.azl3'], ['perl']),
      ['perl-Carp of perl', 'perl-libs of perl'],
      'perl-DBI has a release of its own: another source',
    );
  });

  it('is not the stem of the name where what is installed under it has another version', () => {
    assert.deepEqual(sources(['kernel 6.6.51.1-5.azl3', 'kernel-mshv 6.6.29.mshv3-1.azl3'], ['kernel']), [
      'kernel of kernel',
    ]);
  });
});

describe('the source of a deb package without any published update', () => {
  const unfixed = (name: string, cve: string) => said([{ ecosystem: 'Ubuntu:20.04:LTS', name, cve }]);

  it('is known for packages of node images whose sources have advisories', () => {
    const list = { os: 'ubuntu 20.04', packages: ['busybox-initramfs 1:1.30.1-4ubuntu6.4'] };
    const [finding] = match(list, unfixed('busybox', 'CVE-2022-28391')).findings;
    assert.deepEqual(
      [finding?.cve, finding?.source, finding?.state],
      ['CVE-2022-28391', 'busybox', 'no-fix'],
    );
  });

  it("of the compiler's libraries is that of its version", () => {
    const list = { os: 'ubuntu 20.04', packages: ['libgcc-s1 10.5.0-1ubuntu1~20.04'] };
    assert.equal(match(list, unfixed('gcc-10', 'CVE-2023-4039')).findings[0]?.source, 'gcc-10');
    const other = match(list, unfixed('gcc-12', 'CVE-2023-4039'));
    assert.deepEqual([other.findings, gapsOf(other)], [[], []], 'a known source of which nothing is stated');
  });
});

describe('the source of an rpm package that nothing states', () => {
  const ROCKY = {
    ecosystem: 'Rocky Linux:9',
    name: 'openssl',
    cve: 'CVE-2024-6119',
    fixed: '1:3.0.7-28.el9_4',
  };

  it('is not guessed from tables of another distribution', () => {
    const matches = match({ os: 'rocky 9.3', packages: ['libgomp 11.4.1-2.1.el9'] }, said([ROCKY]));
    assert.deepEqual(matches.findings, []);
    assert.ok(
      matches.gaps.some(({ code, subjects }) => code === 'unknown-source' && subjects.includes('libgomp')),
    );
  });

  it('is the stem that the feed knows', () => {
    const { findings } = match(
      { os: 'rocky 9.3', packages: ['openssl-libs 1:3.0.7-6.el9_2'] },
      said([ROCKY]),
    );
    assert.deepEqual(findings.map(brief), [
      'CVE-2024-6119 openssl-libs 1:3.0.7-6.el9_2 → 1:3.0.7-28.el9_4 fix-available',
    ]);
  });

  it('of Azure Linux is compared without the epoch of the stated source either', () => {
    const azure = {
      ecosystem: 'Azure Linux:3.0',
      name: 'perl',
      cve: 'CVE-2023-47038',
      fixed: '5.38.2-509.azl3',
    };
    const list = { os: 'azurelinux 3.0', packages: ['perl-libs 4:5.38.2-508.azl3 < perl 4:5.38.2-508.azl3'] };
    assert.deepEqual(
      match(list, said([azure])).findings.map(({ cve }) => cve),
      ['CVE-2023-47038'],
    );
  });
});
