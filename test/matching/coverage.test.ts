import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Advisories, openAdvisories } from '../../src/advisories/index.ts';
import { build, fixture, scratch } from '../advisories/helpers.ts';
import { brief, gapsOf, match, SNAPSHOT_ADVISORIES, said } from './support.ts';

describe("Microsoft's OVAL", () => {
  let advisories: Advisories;
  before(async () => {
    advisories = (await build(scratch(), [fixture('azure-linux')])).advisories;
  });
  after(() => advisories.close());

  it('of CBL-Mariner 2.0 says nothing of 1.0', () => {
    const packages = ['kernel 5.10.28.1-1.cm1', 'syslinux 6.04-10.cm1', 'libdwarf 0.1-1.cm1'];
    const matches = match({ os: 'mariner 1.0', packages }, advisories);
    assert.deepEqual(matches.findings, []);
    assert.deepEqual(gapsOf(matches), ['no-coverage: ']);
    assert.match(matches.gaps[0]?.detail ?? '', /CBL-Mariner:1\.0 .*another release's advisories are never/);
    assert.deepEqual(matches.basis, []);
  });

  it('finds what is below the fixed version, by the epochless version', () => {
    const kernel = (version: string) =>
      match({ os: 'mariner 2.0', packages: [`kernel ${version}`] }, advisories).findings.map(brief);
    assert.deepEqual(kernel('5.15.137.1-1.cm2'), [
      'CVE-2023-39198 kernel 5.15.137.1-1.cm2 → 5.15.138.1-4.cm2 fix-available',
      'CVE-2023-6817 kernel 5.15.137.1-1.cm2 → 5.15.145.2-1.cm2 fix-available',
    ]);
    assert.deepEqual(kernel('5.15.145.2-1.cm2'), []);
    // An SBOM spells the epoch; the OVAL says 0 for every package, also for those with another one.
    assert.deepEqual(kernel('1:5.15.145.2-1.cm2'), []);
    assert.deepEqual(kernel('1:5.15.138.1-4.cm2'), [
      'CVE-2023-6817 kernel 1:5.15.138.1-4.cm2 → 5.15.145.2-1.cm2 fix-available',
    ]);
  });

  it('of Azure Linux 3.0 too ignores epochs', () => {
    const [finding, ...others] = match(
      { os: 'azurelinux 3.0.20240727', packages: ['oath-toolkit 2:2.6.7-2.azl3'] },
      advisories,
    ).findings;
    assert.deepEqual([finding?.cve, finding?.installed, others], ['CVE-2024-47191', '2:2.6.7-2.azl3', []]);
    assert.match(finding?.reason.comparison ?? '', /^2\.6\.7-2\.azl3 < 2\.6\.7-3\.azl3 \(rpm\)$/);
  });

  it('with "less than or equal" and no patch is a finding without a fix', () => {
    const syslinux = (version: string) =>
      match({ os: 'mariner 2.0', packages: [`syslinux ${version}`] }, advisories).findings.map(brief);
    assert.deepEqual(syslinux('6.04-10.cm2'), ['CVE-2022-3857 syslinux 6.04-10.cm2 → null no-fix']);
    assert.deepEqual(syslinux('6.04-11.cm2'), []);
  });

  it('with "Not Applicable" is kept as not affected', () => {
    const kata = (version: string) =>
      match({ os: 'mariner 2.0', packages: [`kata-containers-cc ${version}`] }, advisories);
    const matches = kata('0.4.1-1.cm2');
    assert.deepEqual(matches.findings, []);
    assert.deepEqual(matches.notAffected, [
      {
        cve: 'CVE-2023-0465',
        package: 'kata-containers-cc',
        installed: '0.4.1-1.cm2',
        advisory: 'oval:com.microsoft.cbl-mariner:def:27241',
        feed: 'azure-linux',
        reason: 'Not Applicable',
      },
    ]);
    assert.deepEqual(kata('0.4.1-2.cm2').notAffected, [], 'it is about older versions');
  });

  it('with a version that cannot be read is never silent', () => {
    // oval:com.microsoft.cbl-mariner:def:31332 states `0: 1.57.0-1.cm2`, with a space.
    const matches = match({ os: 'mariner 2.0', packages: ['nghttp2 1.46.0-3.cm2'] }, advisories);
    assert.deepEqual(matches.findings, []);
    assert.equal(matches.notAffected.length + matches.gaps.length, 1);
  });

  it('says nothing of packages that Microsoft did not build', () => {
    const matches = match({ os: 'mariner 2.0', packages: ['syslinux 6.04-1.el9'] }, advisories);
    assert.deepEqual(matches.findings, []);
    assert.deepEqual(gapsOf(matches), ['third-party-package: syslinux']);
  });
});

describe('what is not covered', () => {
  it('is a gap: an unknown system, a system no feed knows, a release that is not loaded', () => {
    const advisories = said([{ ecosystem: 'Ubuntu:24.04:LTS', name: 'openssl', cve: 'CVE-1', fixed: '9' }]);
    const gaps = (system: string | null) => {
      const matches = match({ os: system, packages: ['openssl 1'] }, advisories);
      assert.deepEqual(matches.findings, []);
      return matches.gaps.map(({ code, detail }) => `${code}: ${detail}`);
    };
    assert.deepEqual(gaps(null), [
      'unknown-os: The operating system is not known, so its packages were not assessed.',
    ]);
    assert.deepEqual(gaps('flatcar 4152.2.1'), [
      'no-coverage: No feed covers flatcar 4152.2.1, so the operating system was not assessed.',
    ]);
    for (const release of ['ubuntu 26.04', 'ubuntu 22.04', 'ubuntu 25.10', 'debian 12']) {
      assert.match(gaps(release)[0] ?? '', /^no-coverage: No loaded feed covers .*its packages were not/);
    }
  });

  it('of the streams of a release does not hide what is covered', () => {
    const advisories = said([{ ecosystem: 'Ubuntu:25.10', name: 'openssl', cve: 'CVE-1', fixed: '9' }]);
    assert.equal(match({ os: 'ubuntu 25.10', packages: ['openssl 1'] }, advisories).findings.length, 1);
  });
});

describe('the snapshot that ships', () => {
  let advisories: Advisories;
  before(() => {
    advisories = openAdvisories(SNAPSHOT_ADVISORIES);
  });
  after(() => advisories.close());

  it('claims no coverage of ecosystems it holds nothing of', () => {
    const ecosystems = advisories.coverage.map(({ ecosystem }) => ecosystem);
    for (const ecosystem of [
      'Ubuntu:22.04:LTS',
      'Ubuntu:24.04:LTS',
      'Azure Linux:3.0',
      'CBL-Mariner:2.0',
      'Go',
    ]) {
      assert.ok(ecosystems.includes(ecosystem), ecosystem);
    }
    for (const prefix of ['Debian:', 'AlmaLinux:', 'Rocky Linux:', 'Ubuntu:26.04', 'CBL-Mariner:1.0']) {
      assert.deepEqual(
        ecosystems.filter((ecosystem) => ecosystem.startsWith(prefix)),
        [],
      );
    }
  });

  it('makes a gap of systems it does not cover', () => {
    const systems = [
      'debian 12',
      'almalinux 9.4',
      'rocky 9.4',
      'ubuntu 26.04',
      'ubuntu 18.04',
      'mariner 1.0',
    ];
    for (const system of systems) {
      const matches = match({ os: system, packages: ['openssl 3.0.11-1~deb12u2', 'bash 5.0-1'] }, advisories);
      assert.deepEqual(matches.findings, [], system);
      assert.deepEqual(gapsOf(matches), ['no-coverage: '], system);
    }
  });

  it('covers what it says it covers: every ecosystem answers for some package', () => {
    const probes: Readonly<Record<string, string>> = {
      'Ubuntu:20.04:LTS': 'openssl',
      'Ubuntu:22.04:LTS': 'openssl',
      'Ubuntu:24.04:LTS': 'openssl',
      'Azure Linux:3.0': 'kernel',
      'CBL-Mariner:2.0': 'kernel',
      Go: 'k8s.io/kubernetes',
    };
    for (const [ecosystem, name] of Object.entries(probes)) {
      assert.ok(advisories.affected(ecosystem, name).length > 0, ecosystem);
    }
  });
});
