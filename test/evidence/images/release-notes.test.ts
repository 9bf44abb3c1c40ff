import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReleaseNotes } from '../../../src/evidence/images/index.ts';
import { bytesOf, componentsOf, evidenceOf, versionOf } from './helpers.ts';

const UBUNTU = 'AKSUbuntu/gen2/2204containerd/202607.09.0.txt';

test('Ubuntu of 2026: image, system, kernel, packages and the roles of components', () => {
  const evidence = evidenceOf(UBUNTU);
  assert.deepEqual(evidence.image, {
    name: 'AKSUbuntu-2204gen2containerd-202607.09.0',
    family: 'AKSUbuntu-2204gen2containerd',
    version: '202607.09.0',
    channel: 'NodeImage',
    buildDate: '2026-07-09',
  });
  const { os, format, runningKernel, fips, updates } = evidence.software;
  assert.deepEqual(os, {
    id: 'ubuntu',
    versionId: '22.04',
    prettyName: 'Ubuntu 22.04.5 LTS',
    variantId: null,
  });
  assert.deepEqual([format, runningKernel, fips, updates], ['deb', '5.15.0-1116-azure', false, []]);
  assert.equal(versionOf(evidence, 'vim'), '2:8.2.3995-1ubuntu2.33');
  assert.deepEqual(
    componentsOf(evidence, 'containerd', 'runc', 'crictl', 'cni-plugins', 'azure-cni', 'coredns'),
    [
      'azure-cni 1.5.38*',
      'azure-cni 1.6.21*',
      'cni-plugins 1.6.2*',
      'cni-plugins 1.9.0-ubuntu22.04u1',
      'containerd 1.7.33-ubuntu22.04u1',
      'coredns 1.13.2-9',
      'crictl 1.34.0-ubuntu22.04u3',
      'runc 1.4.3-ubuntu22.04u1',
    ],
  );
  assert.deepEqual(
    componentsOf(evidence, 'kubelet').filter(
      (component) => component.includes('1.34') || component.includes('1.35'),
    ),
    [
      'kubelet 1.34.4*',
      'kubelet 1.34.7*',
      'kubelet 1.34.7-ubuntu22.04u1*',
      'kubelet 1.34.8-ubuntu22.04u1*',
      'kubelet 1.35.5-ubuntu22.04u1*',
    ],
  );
  assert.deepEqual(
    evidence.gaps.map(({ code, subjects }) => [code, subjects]),
    [['unknown-component', ['bcc-tools', 'libbcc-examples']]],
  );
});

test('Ubuntu of January 2023 has no os-release: the version line says the system', () => {
  const evidence = evidenceOf('AKSUbuntu/gen2/2204containerd/2023.01.10.txt');
  assert.deepEqual(evidence.software.os, {
    id: 'ubuntu',
    versionId: '22.04',
    prettyName: 'Ubuntu 22.04',
    variantId: null,
  });
  assert.equal(evidence.image.name, 'AKSUbuntu-2204gen2containerd-2023.01.10');
  assert.deepEqual(componentsOf(evidence, 'runc', 'containerd', 'nvidia-cuda-driver', 'krustlet'), [
    'containerd 1.6.15+azure-ubuntu22.04u1',
    'krustlet 0.3.0',
    'nvidia-cuda-driver 510.47.03*',
    'runc 1.0.0-rc92*',
    'runc 1.0.0-rc95*',
    'runc 1.0.3+azure-1',
  ]);
  assert.deepEqual(componentsOf(evidence, 'nvidia-container-toolkit'), [
    'nvidia-container-toolkit 1.11.0-1*',
  ]);
});

test('every era and system reads without an unreadable line', () => {
  const read = [
    [
      'AKSUbuntu/gen1/2004fipscontainerd/202401.03.0.txt',
      'deb',
      true,
      '5.4.0-1121-azure-fips',
      'ubuntu 20.04',
    ],
    ['AKSUbuntu/gen2/2204arm64containerd/202305.24.0.txt', 'deb', false, '5.15.0-1038-azure', 'ubuntu 22.04'],
    ['AKSUbuntu/gen2/2204containerd/202309.06.0.txt', 'deb', false, '5.15.0-1041-azure', 'ubuntu 22.04'],
    [
      'AKSUbuntu/gen2/2604minimalcontainerd/202608.20.0.txt',
      'deb',
      false,
      '7.0.0-1011-azure',
      'ubuntu 26.04',
    ],
    ['AKSAzureLinuxV3/gen2/202605.14.0.txt', 'rpm', false, '6.6.138.1-1.azl3', 'azurelinux 3.0'],
    ['AKSAzureLinuxV3/osguardgen2fipstl/202601.27.0.txt', 'rpm', true, '6.6.119.3-1.azl3', 'azurelinux 3.0'],
    ['AKSCBLMarinerV2/gen2kata/202311.22.0.txt', 'rpm', false, '5.15.126.mshv9-1.cm2', 'mariner 2.0'],
    ['AKSFlatcar/gen2/202603.30.0.txt', 'none', false, '6.12.74-flatcar', 'flatcar 4628.0.0'],
    [
      'AKSAzureContainerLinux/gen2tl/202608.20.0.txt',
      'none',
      false,
      '6.6.150.1-1.azl3',
      'azurelinux 3.0.20260809',
    ],
  ] as const;
  for (const [path, format, fips, kernel, system] of read) {
    const { software, gaps } = evidenceOf(path);
    assert.deepEqual(
      [
        software.format,
        software.fips,
        software.runningKernel,
        `${software.os?.id} ${software.os?.versionId}`,
      ],
      [format, fips, kernel, system],
      path,
    );
    const codes = gaps.map(({ code }) => code).filter((code) => code !== 'unknown-component');
    assert.deepEqual(codes, format === 'none' ? ['no-package-list'] : [], path);
  }
});

test('rpm lists: name, version and release are told apart, and keys are no packages', () => {
  const evidence = evidenceOf('AKSAzureLinuxV3/gen2/202605.14.0.txt');
  assert.equal(versionOf(evidence, 'perl-File-Temp'), '0.231.100-509.azl3');
  assert.ok(
    evidence.software.packages.every(
      ({ name, arch }) => name !== 'gpg-pubkey' && /^(x86_64|noarch)$/.test(arch),
    ),
  );
  assert.deepEqual(componentsOf(evidence, 'containerd', 'runc', 'crictl', 'node-exporter'), [
    'containerd 2.1.6-2.azl3',
    'crictl 1.34.0-2.azl3',
    'node-exporter 1.9.1-12.azl3',
    'runc 1.3.3-1.azl3',
  ]);
});

test('the package list decides what is installed where the build names another version', () => {
  const evidence = evidenceOf('AKSCBLMarinerV2/gen2kata/202311.22.0.txt');
  assert.deepEqual(componentsOf(evidence, 'containerd', 'runc'), [
    'containerd 1.7.2-1.cm2',
    'containerd 1.7.5-1*',
    'runc 1.1.9-3.cm2',
  ]);
});

test('Windows: build, updates and the cache', () => {
  const evidence = evidenceOf('AKSWindows/2025-gen2/26100.33296.260812.txt');
  assert.equal(evidence.image.name, 'AKSWindows-2025-gen2-26100.33296.260812');
  assert.equal(evidence.image.buildDate, '2026-08-12');
  const { os, format, packages, updates, fips, runningKernel } = evidence.software;
  assert.deepEqual(os, {
    id: 'windows',
    versionId: '26100.33296',
    prettyName: 'Windows Server 2025 Datacenter',
    variantId: null,
  });
  assert.deepEqual([format, packages, fips, runningKernel], ['none', [], null, null]);
  assert.deepEqual(updates, ['KB2267602', 'KB4052623', 'KB5120232', 'KB5120233', 'KB5120708']);
  assert.deepEqual(componentsOf(evidence, 'containerd', 'csi-proxy', 'calico'), [
    'calico 3.24.0*',
    'containerd 2.0.4+azure',
    'csi-proxy 1.1.2-hotfix.20230807*',
  ]);
  assert.ok(componentsOf(evidence, 'kubelet').includes('kubelet 1.34.9-1int*'));
  assert.deepEqual(
    evidence.gaps.map(({ code, subjects }) => [code, subjects]),
    [['unknown-component', ['aks-secure-tls-bootstrap-client', 'wcn']]],
  );
});

test('Windows of 2021, and one without a byte order mark', () => {
  const old = evidenceOf('AKSWindows/2019-containerd/17763.1879.210414.txt');
  assert.deepEqual(componentsOf(old, 'containerd'), ['containerd 1.4.4+unknown']);
  assert.deepEqual(old.software.updates, [
    'KB2267602',
    'KB4052623',
    'KB4601060',
    'KB4601887',
    'KB5000859',
    'KB5001342',
  ]);
  const unmarked = evidenceOf('AKSWindows/2022-containerd/20348.1194.221026.txt');
  assert.equal(unmarked.software.os?.versionId, '20348.1194');
  assert.equal(unmarked.image.buildDate, '2022-10-26');
});

test('a file outside of the tree is an image of its own name', () => {
  const { image, software } = parseReleaseNotes(bytesOf(UBUNTU), { path: '/tmp/my node.txt' });
  assert.deepEqual(image, {
    name: 'my node',
    family: 'unknown',
    version: 'my node',
    channel: 'NodeImage',
    buildDate: '2026-07-09',
  });
  assert.equal(software.os?.versionId, '22.04');
  const placed = parseReleaseNotes(bytesOf(UBUNTU), { path: `/checkout/${UBUNTU}` });
  assert.equal(placed.image.name, 'AKSUbuntu-2204gen2containerd-202607.09.0');
});

test('what is no release notes is refused with its name', () => {
  const wrong: readonly [string, Uint8Array][] = [
    ['empty', Buffer.alloc(0)],
    ['html', Buffer.from('<!DOCTYPE html>\n<html><body>404: Not Found</body></html>')],
    ['json', Buffer.from('{"sku":"2204fipscontainerd","imageVersion":"202608.20.0"}')],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1])],
    ['one long line', Buffer.alloc(4 << 20, 0x61)],
    ['blanks', Buffer.alloc(1 << 20, 0x20)],
    ['latin', Buffer.from([0xff, 0xfe, 0xe9, 0xe8])],
  ];
  for (const [path, bytes] of wrong) {
    assert.throws(
      () => parseReleaseNotes(bytes, { path }),
      { code: 'input-malformed', message: new RegExp(path) },
      path,
    );
  }
  assert.throws(() => parseReleaseNotes(Buffer.alloc((8 << 20) + 1, 0x20), { path: 'x' }), {
    code: 'input-too-large',
  });
  assert.throws(() => parseReleaseNotes(Buffer.alloc(200_000, 0x0a), { path: 'x' }), {
    code: 'input-too-large',
  });
});

test('a package list that is cut off is a gap, and what was read stays', () => {
  const text = bytesOf(UBUNTU).toString();
  const cut = text.slice(0, text.indexOf('libcurl4/'));
  const { software, gaps } = parseReleaseNotes(Buffer.from(cut), { path: UBUNTU });
  assert.ok(software.packages.length > 10);
  assert.equal(software.os, null);
  const line = cut.split('\n').indexOf('=== Installed Packages Begin') + 1;
  assert.deepEqual(
    gaps.filter(({ code }) => code !== 'unknown-component').map(({ code, detail }) => `${code}: ${detail}`),
    [
      'unknown-os: The release notes do not say which operating system the image has, so no advisory can be applied.',
      `bad-evidence: ${UBUNTU} ends inside the package list that begins on line ${line}; the rest of it is missing.`,
    ],
  );
});

test('a file that ends before its package list has none', () => {
  const text = bytesOf(UBUNTU).toString();
  const { software, gaps } = parseReleaseNotes(Buffer.from(text.slice(0, 2000)), { path: UBUNTU });
  assert.equal(software.format, 'none');
  assert.ok(gaps.some(({ code }) => code === 'no-package-list'));
});

test('damaged lines are named and cost nothing else', () => {
  const damaged = Buffer.from(
    bytesOf(UBUNTU)
      .toString('latin1')
      .replace(/^curl\/.*$/m, 'curl\xff\xfe 7.81 amd64 [installed]')
      .replace(/^vim\/(.*)$/m, `vim/$1 ${'x'.repeat(100_000)}`)
      .replace('  - oras version 1.2.2', '  - oras ?? <b>1.2.2'),
    'latin1',
  );
  const before = evidenceOf(UBUNTU);
  const { software, gaps } = parseReleaseNotes(damaged, { path: UBUNTU });
  assert.equal(software.packages.length, before.software.packages.length - 2);
  const [gap] = gaps.filter(({ code }) => code === 'bad-evidence');
  assert.match(gap?.detail ?? '', /202607\.09\.0\.txt: 3 lines \([0-9]+, [0-9]+, [0-9]+\) could not be read/);
});

test('an apt line that is not of an installed package, or of the other format, is not taken for one', () => {
  const notes = (...lines: string[]) =>
    Buffer.from(
      [
        'Starting build on Thu Jul 9 07:17:56 UTC 2026',
        '=== Installed Packages Begin',
        ...lines,
        '=== Installed Packages End',
      ].join('\n'),
    );
  const { software, gaps } = parseReleaseNotes(
    notes(
      'Listing...',
      'a/jammy,now 1.0 amd64 [installed]',
      'b/jammy,now 1.0 amd64 [residual-config]',
      'bash-5.2-1.azl3.x86_64',
      'c/now 2 amd64',
    ),
    { path: 'x.txt' },
  );
  assert.deepEqual(software.packages, [{ name: 'a', version: '1.0', arch: 'amd64', source: null }]);
  assert.match(gaps.find(({ code }) => code === 'bad-evidence')?.detail ?? '', /3 lines \(5, 6, 7\)/);
});

test('a hostile list of a hundred thousand components is read in bounded time', () => {
  const lines = Array.from(
    { length: 90_000 },
    (_, n) => `  - cached kubelet binary at /opt/bin/kubelet-1.${n}.0-${'-'.repeat(60)}`,
  );
  const started = performance.now();
  parseReleaseNotes(Buffer.from(['Starting build on', ...lines].join('\n').slice(0, 8_000_000)), {
    path: 'x',
  });
  assert.ok(performance.now() - started < 10_000);
});
