import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kernelSource, parseKernelPackage } from '../../src/matching/kernel.ts';
import { brief, gapsOf, match, said } from './support.ts';

/** Kernel sources that Ubuntu's feed names, as of 2024-08-09. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  '20.04': [
    'linux',
    'linux-azure',
    'linux-azure-5.15',
    'linux-azure-fde',
    'linux-azure-fde-5.15',
    'linux-azure-fips',
  ],
  '22.04': [
    'linux',
    'linux-azure',
    'linux-azure-6.2',
    'linux-azure-6.5',
    'linux-azure-fde',
    'linux-azure-fde-6.2',
  ],
  '24.04': ['linux', 'linux-azure'],
  '26.04': [],
};

/** `release package`: source, and the kernel release it belongs to. Every spelling on the real AKS images. */
const TABLE: Readonly<Record<string, readonly [source: string | null, release: string | null]>> = {
  '20.04 linux-azure-5.15-tools-5.15.0-1041': ['linux-azure-5.15', '5.15.0-1041-azure'],
  '20.04 linux-azure-5.15-cloud-tools-5.15.0-1034': ['linux-azure-5.15', '5.15.0-1034-azure'],
  '20.04 linux-azure-5.15-headers-5.15.0-1034': ['linux-azure-5.15', '5.15.0-1034-azure'],
  '20.04 linux-image-5.15.0-1041-azure': ['linux-azure-5.15', '5.15.0-1041-azure'],
  '20.04 linux-modules-extra-5.15.0-1039-azure': ['linux-azure-5.15', '5.15.0-1039-azure'],
  '20.04 linux-modules-5.4.0-1100-azure': ['linux-azure', '5.4.0-1100-azure'],
  '20.04 linux-image-5.4.0-1080-azure-fde': ['linux-azure-fde', '5.4.0-1080-azure-fde'],
  '20.04 linux-image-5.15.0-1114-azure-fde': ['linux-azure-fde-5.15', '5.15.0-1114-azure-fde'],
  '20.04 linux-azure-fde-5.15-headers-5.15.0-1114': ['linux-azure-fde-5.15', '5.15.0-1114-azure-fde'],
  '20.04 linux-modules-5.4.0-1080-azure-cvm': ['linux-azure-cvm', '5.4.0-1080-azure-cvm'],
  '20.04 linux-azure-cvm-tools-5.4.0-1080': ['linux-azure-cvm', '5.4.0-1080-azure-cvm'],
  '20.04 linux-image-5.4.0-1104-azure-fips': ['linux-azure-fips', '5.4.0-1104-azure-fips'],
  '20.04 linux-image-hmac-5.4.0-1104-azure-fips': ['linux-azure-fips', '5.4.0-1104-azure-fips'],
  '20.04 linux-azure-fips-headers-5.4.0-1104': ['linux-azure-fips', '5.4.0-1104-azure-fips'],
  '20.04 linux-cloud-tools-azure-fde': [null, null],
  '20.04 linux-image-azure-fips': [null, null],
  '20.04 linux-azure-fips': [null, null],
  '22.04 linux-modules-5.15.0-1041-azure': ['linux-azure', '5.15.0-1041-azure'],
  '22.04 linux-headers-5.15.0-1030-azure': ['linux-azure', '5.15.0-1030-azure'],
  '22.04 linux-azure-headers-5.15.0-1029': ['linux-azure', '5.15.0-1029-azure'],
  '22.04 linux-azure-cloud-tools-5.15.0-1029': ['linux-azure', '5.15.0-1029-azure'],
  '22.04 linux-azure-6.2-tools-6.2.0-1014': ['linux-azure-6.2', '6.2.0-1014-azure'],
  '22.04 linux-image-6.2.0-1014-azure': ['linux-azure-6.2', '6.2.0-1014-azure'],
  '22.04 linux-tools-6.8.0-1052-azure': ['linux-azure-6.8', '6.8.0-1052-azure'],
  '22.04 linux-image-5.15.0-1111-azure-fips': ['linux-azure-fips', '5.15.0-1111-azure-fips'],
  '22.04 linux-azure': [null, null],
  '22.04 linux-image-azure-lts-22.04': [null, null],
  '22.04 linux-modules-extra-azure-lts-22.04': [null, null],
  '22.04 linux-libc-dev': ['linux', null],
  '22.04 linux-tools-common': ['linux', null],
  '22.04 linux-cloud-tools-common': ['linux', null],
  '22.04 linux-image-5.15.0-86-generic': ['linux', '5.15.0-86-generic'],
  '22.04 linux-headers-5.15.0-86': ['linux', '5.15.0-86-generic'],
  '24.04 linux-image-6.8.0-1020-azure': ['linux-azure', '6.8.0-1020-azure'],
  '24.04 linux-azure-6.11-tools-6.11.0-1018': ['linux-azure-6.11', '6.11.0-1018-azure'],
  '24.04 linux-image-6.11.0-1018-azure': ['linux-azure-6.11', '6.11.0-1018-azure'],
  '24.04 linux-image-6.8.0-1044-azure-fde': ['linux-azure-fde', '6.8.0-1044-azure-fde'],
  '24.04 linux-azure-fde-headers-6.8.0-1044': ['linux-azure-fde', '6.8.0-1044-azure-fde'],
  '24.04 linux-image-6.8.0-1018-azure-nvidia': ['linux-azure-nvidia', '6.8.0-1018-azure-nvidia'],
  '24.04 linux-azure-nvidia-tools-6.8.0-1018': ['linux-azure-nvidia', '6.8.0-1018-azure-nvidia'],
  '24.04 linux-image-6.14.0-1007-azure-nvidia': ['linux-azure-nvidia-6.14', '6.14.0-1007-azure-nvidia'],
  '24.04 linux-azure-nvidia-6.14-headers-6.14.0-1007': [
    'linux-azure-nvidia-6.14',
    '6.14.0-1007-azure-nvidia',
  ],
  '24.04 linux-azure-nvidia': [null, null],
  '24.04 linux-image-azure-fde-lts-24.04': [null, null],
  '24.04 linux-tools-azure-nvidia': [null, null],
  '26.04 linux-main-modules-zfs-7.0.0-1010-azure': ['linux-azure', '7.0.0-1010-azure'],
  '26.04 linux-image-7.0.0-1010-azure': ['linux-azure', '7.0.0-1010-azure'],
  '26.04 linux-headers-azure-lts-26.04': [null, null],
};

describe('kernel package names', () => {
  for (const [key, [source, release]] of Object.entries(TABLE)) {
    it(`${key} → ${source ?? 'no source of its own'}`, () => {
      const [version = '', name = ''] = key.split(' ');
      const kernel = parseKernelPackage(name);
      assert.ok(kernel !== null, 'it is a kernel package');
      const named = new Set(NAMED[version]);
      assert.equal(
        kernelSource(kernel, version, (each) => named.has(each)),
        source,
      );
      assert.equal(kernel.release, release);
    });
  }

  it('are not those of sources of their own', () => {
    for (const name of [
      'linux-base',
      'linux-base-sgx',
      'linux-firmware',
      'linux-sysctl-defaults',
      'linux-perf',
      'linux-modules-nvidia-535-server-5.15.0-1041-azure',
      'util-linux',
      'linuxptp',
      'linux-lib-something',
    ]) {
      assert.equal(parseKernelPackage(name), null, name);
    }
  });
});

/** CVE-2023-4155 as Ubuntu states it. */
const SEV = [
  { ecosystem: 'Ubuntu:22.04:LTS', name: 'linux-azure', cve: 'CVE-2023-4155', fixed: '5.15.0-1049.56' },
  { ecosystem: 'Ubuntu:22.04:LTS', name: 'linux', cve: 'CVE-2023-4155', fixed: '5.15.0-86.96' },
  {
    ecosystem: 'Ubuntu:22.04:LTS',
    name: 'linux-azure-6.2',
    cve: 'CVE-2023-4155',
    fixed: '6.2.0-1014.14~22.04.1',
  },
  {
    ecosystem: 'Ubuntu:20.04:LTS',
    name: 'linux-azure-5.15',
    cve: 'CVE-2023-4155',
    fixed: '5.15.0-1049.56~20.04.1',
  },
  { ecosystem: 'Ubuntu:20.04:LTS', name: 'linux-azure', cve: 'CVE-2022-0001', fixed: '5.4.0-1079.82' },
];

describe('findings of kernels', () => {
  it('compare with the fixed version of their own source', () => {
    const packages = [
      'linux-image-5.15.0-1041-azure 5.15.0-1041.48',
      'linux-image-6.2.0-1014-azure 6.2.0-1014.14~22.04.1',
      'linux-image-azure 5.15.0.1041.37',
      'linux-libc-dev 5.15.0-86.96',
      'linux-tools-common 5.15.0-83.92',
    ];
    const matches = match({ os: 'ubuntu 22.04', packages }, said(SEV));
    assert.deepEqual(matches.findings.map(brief), [
      'CVE-2023-4155 linux-image-5.15.0-1041-azure 5.15.0-1041.48 → 5.15.0-1049.56 fix-available',
      'CVE-2023-4155 linux-tools-common 5.15.0-83.92 → 5.15.0-86.96 fix-available',
    ]);
    assert.deepEqual(gapsOf(matches), [], 'packages without files of their own are nothing to miss');
    const focal = match(
      { os: 'ubuntu 20.04', packages: ['linux-image-5.15.0-1049-azure 5.15.0-1049.56~20.04.1'] },
      said(SEV),
    );
    assert.deepEqual(focal.findings, [], 'the 5.15 kernel of 20.04 is not the 5.4 one of linux-azure');
  });

  it('go by the name also where the package database states the signed source', () => {
    const { findings } = match(
      {
        os: 'ubuntu 22.04',
        packages: ['linux-image-5.15.0-1041-azure 5.15.0-1041.48 < linux-signed-azure 5.15.0-1041.48'],
      },
      said(SEV),
    );
    assert.equal(findings[0]?.source, 'linux-azure');
  });

  it('tell the running kernel from the others', () => {
    const packages = [
      'linux-image-5.15.0-1041-azure 5.15.0-1041.48',
      'linux-modules-5.15.0-1041-azure 5.15.0-1041.48',
      'linux-image-5.15.0-1040-azure 5.15.0-1040.47',
      'linux-azure-tools-5.15.0-1041 5.15.0-1041.48',
      'linux-libc-dev 5.15.0-83.92',
      'openssl 3.0.2-0ubuntu1.12',
    ];
    const statements = [
      ...SEV,
      { ...SEV[1], ecosystem: 'Ubuntu:22.04:LTS', name: 'openssl', cve: 'CVE-1', fixed: '4' },
    ];
    const presences = (kernel?: string) =>
      Object.fromEntries(
        match(
          { os: 'ubuntu 22.04', packages, ...(kernel === undefined ? {} : { kernel }) },
          said(statements),
        ).findings.map((finding) => [finding.package, finding.presence]),
      );
    assert.deepEqual(presences('5.15.0-1041-azure'), {
      'linux-image-5.15.0-1041-azure': 'running',
      'linux-modules-5.15.0-1041-azure': 'running',
      'linux-image-5.15.0-1040-azure': 'not-running',
      'linux-azure-tools-5.15.0-1041': 'running',
      'linux-libc-dev': 'not-running',
      openssl: 'installed',
    });
    assert.deepEqual(new Set(Object.values(presences())), new Set(['installed']), 'unknown is not a guess');
  });

  it('see the kernel in the wrapping of confidential images', () => {
    const { findings } = match(
      {
        os: 'ubuntu 20.04',
        packages: ['linux-image-5.15.0-1034-azure-fde 5.15.0-1034.41~20.04.1.1'],
        kernel: '5.15.0-1034-azure',
      },
      said([
        {
          ecosystem: 'Ubuntu:20.04:LTS',
          name: 'linux-azure-fde-5.15',
          cve: 'CVE-2023-31084',
          fixed: '5.15.0-1046.53~20.04.1.1',
        },
      ]),
    );
    assert.deepEqual(
      findings.map(({ presence, source }) => [presence, source]),
      [['running', 'linux-azure-fde-5.15']],
    );
  });

  it('are a gap where the advisories do not know the kernel', () => {
    const matches = match(
      { os: 'ubuntu 24.04', packages: ['linux-image-6.14.0-1007-azure-nvidia 6.14.0-1007.7'] },
      said([
        { ecosystem: 'Ubuntu:24.04:LTS', name: 'linux-azure', cve: 'CVE-2024-1', fixed: '6.8.0-1001.1' },
      ]),
    );
    assert.deepEqual(gapsOf(matches), ['unknown-source: linux-azure-nvidia-6.14']);
  });

  it('tell the running kernel of Azure Linux and CBL-Mariner', () => {
    const presences = (machineOs: string, kernel: string, packages: readonly string[]) =>
      match(
        { os: machineOs, packages, kernel },
        said(
          ['kernel', 'kernel-uvm'].flatMap((name) =>
            ['Azure Linux:3.0', 'CBL-Mariner:2.0'].map((ecosystem) => ({
              ecosystem,
              name,
              cve: 'CVE-2024-26585',
              fixed: '9.9.9.9-1.azl9',
            })),
          ),
        ),
      ).findings.map((finding) => `${finding.package} ${finding.presence}`);
    assert.deepEqual(
      presences('azurelinux 3.0', '6.6.51.1-5.azl3', [
        'kernel 6.6.51.1-5.azl3',
        'kernel-headers 6.6.47.1-1.azl3',
      ]),
      ['kernel running', 'kernel-headers not-running'],
    );
    assert.deepEqual(
      presences('mariner 2.0', '6.1.58.mshv4-1.cm2', [
        'kernel 5.15.139.1-1.cm2',
        'kernel-uvm 6.1.58.mshv4-1.cm2',
      ]),
      ['kernel not-running', 'kernel-uvm running'],
    );
  });
});
