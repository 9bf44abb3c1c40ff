import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readSbom, type SbomEvidence } from '../../../src/evidence/sbom/index.ts';

const FIXTURES = new URL('../../fixtures/sbom/', import.meta.url);

function fixture(name: string): SbomEvidence {
  return readSbom(readFileSync(new URL(name, FIXTURES)), name);
}

/** `name version [source [source version]]` per package, short enough to compare whole lists. */
function packages(evidence: SbomEvidence): string[] {
  return evidence.software.packages.map(({ name, version, source }) =>
    [name, version, source?.name, source?.version].filter((part) => part != null).join(' '),
  );
}

function componentsOf(evidence: SbomEvidence): string[] {
  return evidence.software.components.map(({ name, version, role }) => `${name} ${version} ${role}`);
}

function codes(evidence: SbomEvidence): string[] {
  return evidence.gaps.map((gap) => gap.code).sort();
}

const encode = (json: unknown): Buffer => Buffer.from(JSON.stringify(json));
const cdx = (more: object): Buffer => encode({ bomFormat: 'CycloneDX', specVersion: '1.6', ...more });
const UBUNTU = { type: 'operating-system', name: 'ubuntu', version: '22.04' };
const deb = (purl: string, version?: string): object => ({ type: 'library', name: 'x', version, purl });

test('Trivy CycloneDX of Ubuntu 22.04', () => {
  const evidence = fixture('trivy-ubuntu-22.04.cdx.json');
  assert.equal(evidence.subject, 'AKSUbuntu-2204gen2containerd-202309.06.0');
  assert.deepEqual(evidence.software.os, {
    id: 'ubuntu',
    versionId: '22.04',
    prettyName: 'Ubuntu 22.04',
    variantId: null,
  });
  assert.equal(evidence.software.format, 'deb');
  assert.deepEqual(packages(evidence), [
    'libc6 2.35-0ubuntu3.1 glibc',
    'libcap2 1:2.44-1ubuntu0.22.04.1 libcap2',
    'libstdc++6 12.3.0-1ubuntu1~22.04 gcc-12',
    'linux-image-5.15.0-1041-azure 5.15.0-1041.48 linux-signed-azure',
    'openssh-client 1:8.9p1-3ubuntu0.3 openssh',
    'openssl 3.0.2-0ubuntu1.10 openssl',
  ]);
  assert.deepEqual(componentsOf(evidence), ['containerd v1.7.5+azure-1 installed', 'kubelet v1.28.1 cached']);
  assert.deepEqual(codes(evidence), ['third-party-package']);
  assert.match(evidence.gaps[0]?.detail ?? '', /not assessed: 2 golang, 1 pypi$/);
  assert.deepEqual(evidence.gaps[0]?.subjects, [
    'golang/google.golang.org/grpc@v1.54.0',
    'golang/stdlib@v1.20.7',
    'pypi/urllib3@1.26.5',
  ]);
});

test('Syft CycloneDX of Ubuntu 22.04', () => {
  const evidence = fixture('syft-ubuntu-22.04.cdx.json');
  assert.equal(evidence.software.os?.prettyName, 'Ubuntu 22.04.4 LTS');
  assert.deepEqual(packages(evidence), [
    'libc6 2.35-0ubuntu3.8 glibc',
    'libstdc++6 12.3.0-1ubuntu1~22.04 gcc-12',
    'libxmlsec1 1.2.33-1build2 xmlsec1',
    'linux-image-5.15.0-1068-azure 5.15.0-1068.77 linux-signed-azure',
    'login 1:4.8.1-2ubuntu2.2 shadow',
    'openssh-client 1:8.9p1-3ubuntu0.10 openssh',
    'openssl 3.0.2-0ubuntu1.17',
  ]);
  // kubelet-1.29.7 has no version of its own but in its file name; containerd is also a library of nerdctl.
  assert.deepEqual(componentsOf(evidence), [
    'containerd v1.7.20 installed',
    'kubelet 1.29.7 cached',
    'kubelet v1.30.3 installed',
    'runc v1.1.12 installed',
  ]);
  // Go modules belong to the programs they were found in.
  const programs = evidence.software.binaries.map(({ path, main, modules }) =>
    [path, main ?? '-', ...modules.map((each) => `${each.path}@${each.version}`)].join(' '),
  );
  assert.deepEqual(programs, [
    'usr/bin/containerd github.com/containerd/containerd golang.org/x/net@v0.23.0',
    'usr/bin/ctr github.com/containerd/containerd',
    'usr/bin/runc github.com/opencontainers/runc',
    'usr/local/bin/kubelet k8s.io/kubernetes',
    'usr/local/bin/kubelet-1.29.7 k8s.io/kubernetes',
    'usr/local/bin/nerdctl - github.com/containerd/containerd@v1.7.2',
  ]);
  assert.match(evidence.gaps[0]?.detail ?? '', /not assessed: 1 pypi$/);
});

test('Azure Linux 3.0: Trivy and Syft agree', () => {
  const expected = [
    'glibc 2.38-8.azl3 glibc',
    'kernel 6.6.44.1-1.azl3 kernel',
    'libstdc++ 13.2.0-7.azl3 gcc',
    'openssl-libs 3.3.0-1.azl3 openssl',
    'perl-Carp 1.54-509.azl3 perl 5.38.2-509.azl3',
    'perl-interpreter 4:5.38.2-509.azl3 perl',
  ];
  for (const name of ['trivy-azurelinux-3.0.cdx.json', 'syft-azurelinux-3.0.cdx.json']) {
    const evidence = fixture(name);
    assert.deepEqual(packages(evidence), expected, name);
    assert.equal(evidence.software.format, 'rpm');
    assert.deepEqual([evidence.software.os?.id, evidence.software.os?.versionId], ['azurelinux', '3.0']);
    assert.deepEqual(evidence.gaps, []);
  }
});

test('SPDX 2.3 of Syft and Trivy', () => {
  const syft = fixture('syft-ubuntu-22.04.spdx.json');
  assert.equal(syft.subject, '2204gen2containerd');
  assert.equal(syft.software.os?.versionId, '22.04', 'from the distro qualifiers');
  assert.deepEqual(packages(syft), [
    'libc6 2.35-0ubuntu3.8 glibc',
    'login 1:4.8.1-2ubuntu2.2 shadow',
    'openssl 3.0.2-0ubuntu1.17',
  ]);
  assert.deepEqual(componentsOf(syft), ['runc v1.1.12 installed']);
  assert.deepEqual(syft.gaps, []);
  const trivy = fixture('trivy-azurelinux-3.0.spdx.json');
  assert.equal(trivy.software.os?.versionId, '3.0');
  assert.deepEqual(packages(trivy), [
    'glibc 2.38-8.azl3 glibc',
    'perl-Carp 1.54-509.azl3 perl 4:5.38.2-509.azl3',
  ]);
  assert.deepEqual(trivy.gaps, []);
});

test('CycloneDX 1.4 to 1.7 are read, with either form of metadata.tools', () => {
  for (const specVersion of ['1.4', '1.5', '1.6', '1.7']) {
    const tools = specVersion === '1.4' ? [{ name: 'trivy' }] : { components: [{ name: 'syft' }] };
    const metadata = { tools, component: { type: 'container', name: 'node' } };
    const components = [UBUNTU, deb('pkg:deb/ubuntu/openssl@3.0.2')];
    const evidence = readSbom(cdx({ specVersion, metadata, components }), 'x');
    assert.deepEqual(packages(evidence), ['openssl 3.0.2']);
    assert.equal(evidence.subject, 'node');
    assert.deepEqual(evidence.gaps, []);
  }
});

test('other formats and versions are refused, naming what is supported', () => {
  const inputs: readonly (readonly [string | Buffer, RegExp])[] = [
    ['<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>', /is XML/],
    ['SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n', /tag-value/],
    [cdx({ specVersion: '1.3' }), /CycloneDX 1\.3/],
    [cdx({ specVersion: '2.0' }), /CycloneDX 2\.0/],
    [cdx({ specVersion: 1.6 }), /CycloneDX 1\.6/],
    [encode({ spdxVersion: 'SPDX-2.2' }), /SPDX-2\.2/],
    [encode({ '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld' }), /SPDX 3/],
    [encode({ SchemaVersion: 2, Results: [] }), /neither CycloneDX nor SPDX/],
    ['[]', /neither/],
    ['null', /not an SBOM/],
  ];
  for (const [input, message] of inputs) {
    assert.throws(
      () => readSbom(Buffer.from(input), 'in.json'),
      (error: Error & { code?: string }) =>
        error.code === 'input-unsupported' &&
        message.test(error.message) &&
        /1\.4, 1\.5, 1\.6, 1\.7 and SPDX 2\.3/.test(error.message),
    );
  }
});

test('broken files are refused with the place', () => {
  const whole = readFileSync(new URL('trivy-ubuntu-22.04.cdx.json', FIXTURES));
  const inputs: readonly Buffer[] = [
    whole.subarray(0, whole.length / 2),
    Buffer.alloc(0),
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    cdx({ components: 'none' }),
    cdx({ metadata: 3 }),
    encode({ spdxVersion: 'SPDX-2.3', packages: {} }),
    Buffer.from('['.repeat(1_000_000)),
  ];
  for (const input of inputs) {
    assert.throws(() => readSbom(input, 'in.json'), { code: 'input-malformed', message: /in\.json/ });
  }
});

test('bad components cost only themselves', () => {
  const components = [
    UBUNTU,
    deb('pkg:deb/ubuntu/good@1'),
    deb('pkg:deb/ubuntu/bad%ZZ@1'),
    deb('pkg:deb/ubuntu/versionless'),
    deb('pkg:deb/ubuntu/spaced@1%202'),
    deb('pkg:deb/ubuntu/epoch@1?epoch=x'),
    null,
    7,
    { name: 5 },
    { type: 'library', name: 'named', purl: 5 },
    { type: 'library', name: 'anonymous', version: '1' },
    { type: 'library', name: 'outer', purl: 'pkg:deb/ubuntu/outer@1', components: 5 },
  ];
  const evidence = readSbom(cdx({ components }), 'x');
  assert.deepEqual(packages(evidence), ['good 1', 'outer 1']);
  const bySentence = new Map(evidence.gaps.map((gap) => [gap.detail.replace(/^\d+ /, '').slice(0, 28), gap]));
  assert.equal(bySentence.size, 4);
  for (const gap of evidence.gaps)
    assert.equal(gap.code, gap.detail.includes('no package URL') ? 'third-party-package' : 'bad-evidence');
  assert.deepEqual(evidence.gaps.map((gap) => gap.subjects.length).sort(), [1, 1, 1, 5]);
});

test('the epoch is read wherever a tool puts it, and contradictions are told', () => {
  const read = (purl: string, version?: string) =>
    readSbom(cdx({ components: [UBUNTU, deb(purl, version)] }), 'x');
  for (const [purl, version] of [
    ['pkg:deb/ubuntu/x@2-1?epoch=1', '1:2-1'],
    ['pkg:deb/ubuntu/x@2-1?epoch=1', '2-1'],
    ['pkg:deb/ubuntu/x@1%3A2-1', '1:2-1'],
    ['pkg:deb/ubuntu/x@1:2-1?epoch=1', '1:2-1'],
    ['pkg:deb/ubuntu/x@2-1', '1:2-1'],
  ] as const) {
    const evidence = read(purl, version);
    assert.deepEqual(packages(evidence), ['x 1:2-1'], purl);
    // "2-1" beside epoch=1 is how Trivy writes CycloneDX of rpm; it is no contradiction.
    assert.deepEqual(codes(evidence), [], `${purl} ${version}`);
  }
  for (const [purl, version] of [
    ['pkg:deb/ubuntu/x@3:2-1?epoch=1', '1:2-1'],
    ['pkg:deb/ubuntu/x@2-1', '2-2'],
  ] as const) {
    assert.deepEqual(codes(read(purl, version)), ['bad-evidence'], purl);
  }
  assert.deepEqual(packages(read('pkg:deb/ubuntu/x@2-1?epoch=0', '0:2-1')), ['x 2-1']);
});

test('the operating system comes from distro qualifiers only where all agree', () => {
  const read = (...distros: readonly string[]) => {
    const components = distros.map((distro, i) => deb(`pkg:deb/ubuntu/x${i}@1?distro=${distro}`));
    return readSbom(cdx({ components }), 'x');
  };
  assert.equal(read('ubuntu-22.04', 'jammy').software.os?.versionId, '22.04');
  assert.equal(read('ubuntu-22.04', 'nonsense').software.os?.versionId, '22.04');
  const mixed = read('ubuntu-22.04', 'ubuntu-20.04');
  assert.equal(mixed.software.os, null);
  assert.deepEqual(mixed.gaps.find((gap) => gap.code === 'unknown-os')?.subjects, [
    'ubuntu 20.04',
    'ubuntu 22.04',
  ]);
  const none = read('nonsense');
  assert.deepEqual([none.software.os, codes(none)], [null, ['unknown-os']]);
});

test('two operating systems, another distribution, another format', () => {
  const two = readSbom(cdx({ components: [UBUNTU, { ...UBUNTU, version: '20.04' }] }), 'x');
  assert.deepEqual([two.software.os, codes(two)], [null, ['no-package-list', 'unknown-os']]);
  const foreign = [UBUNTU, deb('pkg:deb/ubuntu/a@1'), deb('pkg:deb/debian/b@1'), deb('pkg:rpm/rhel/c@1-1')];
  const evidence = readSbom(cdx({ components: foreign }), 'x');
  assert.deepEqual(packages(evidence), ['a 1']);
  assert.deepEqual(codes(evidence), ['bad-evidence', 'third-party-package']);
  const other = readSbom(cdx({ components: [UBUNTU, deb('pkg:deb/ubuntu/a@1?distro=ubuntu-20.04')] }), 'x');
  assert.deepEqual([packages(other), codes(other)], [['a 1'], ['bad-evidence']]);
});

test('CBL-Mariner by either of its names', () => {
  for (const name of ['mariner', 'cbl-mariner']) {
    const components = [
      { type: 'operating-system', name, version: '2.0.20240123' },
      deb(`pkg:rpm/${name}/glibc@2.35-6.cm2?arch=x86_64&distro=${name}-2.0.20240123`),
    ];
    const evidence = readSbom(cdx({ components }), 'x');
    assert.deepEqual([evidence.software.os?.id, evidence.software.os?.versionId], ['mariner', '2.0']);
    assert.deepEqual([packages(evidence), evidence.gaps], [['glibc 2.35-6.cm2'], []]);
  }
});

test('duplicates are dropped, and the entry that names its source stays', () => {
  const components = [
    UBUNTU,
    deb('pkg:deb/ubuntu/libc6@2?arch=amd64'),
    deb('pkg:deb/ubuntu/libc6@2?arch=amd64&upstream=glibc'),
    deb('pkg:deb/ubuntu/libc6@2?arch=amd64'),
    deb('pkg:deb/ubuntu/libc6@2?arch=i386'),
  ];
  assert.deepEqual(packages(readSbom(cdx({ components }), 'x')), ['libc6 2 glibc', 'libc6 2']);
});

test('nested components are read to a bounded depth', () => {
  const nest = (depth: number): object => {
    let inner = deb('pkg:deb/ubuntu/deep@1');
    for (let i = 0; i < depth; i++) inner = { ...deb(`pkg:deb/ubuntu/level@${i}`), components: [inner] };
    return inner;
  };
  const shallow = readSbom(cdx({ components: [UBUNTU, nest(5)] }), 'x');
  assert.deepEqual([packages(shallow).includes('deep 1'), codes(shallow)], [true, []]);
  const deep = readSbom(cdx({ components: [UBUNTU, nest(500)] }), 'x');
  assert.deepEqual([packages(deep).includes('deep 1'), codes(deep)], [false, ['bad-evidence']]);
});

test('more components than any genuine SBOM has are refused', () => {
  const flat = `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[${'1,'.repeat(1_000_000)}1]}`;
  assert.throws(() => readSbom(Buffer.from(flat), 'x'), { code: 'input-too-large' });
  const spdx = `{"spdxVersion":"SPDX-2.3","packages":[${'1,'.repeat(1_000_000)}1]}`;
  assert.throws(() => readSbom(Buffer.from(spdx), 'x'), { code: 'input-too-large' });
});

test('what the SBOM itself calls missing is a gap', () => {
  const components = [UBUNTU, deb('pkg:deb/ubuntu/a@1')];
  const compositions = [{ aggregate: 'incomplete_first_party_only' }, { aggregate: 'complete' }];
  const externalReferences = [
    { type: 'bom', url: 'urn:cdx:x/1' },
    { type: 'website', url: 'https://x' },
  ];
  assert.deepEqual(codes(readSbom(cdx({ components, compositions, externalReferences }), 'x')), [
    'bad-evidence',
    'bad-evidence',
  ]);
  const spdx = { spdxVersion: 'SPDX-2.3', externalDocumentRefs: [{}] };
  assert.deepEqual(codes(readSbom(encode(spdx), 'x')), ['bad-evidence', 'no-package-list', 'unknown-os']);
});

test('an SBOM without anything says so', () => {
  const evidence = readSbom(cdx({}), 'empty.json');
  assert.equal(evidence.subject, 'empty.json');
  assert.deepEqual(codes(evidence), ['no-package-list', 'unknown-os']);
});

test('programs named as such are components; libraries of that name are not', () => {
  const components = [
    UBUNTU,
    { type: 'application', name: 'containerd', version: '1.7.22' },
    { type: 'application', name: 'runc', purl: 'pkg:generic/runc@1.1.14' },
    { type: 'library', name: 'kubelet', version: '1.30.1' },
    { type: 'application', name: 'oras' },
  ];
  const evidence = readSbom(cdx({ components }), 'x');
  assert.deepEqual(componentsOf(evidence), ['containerd 1.7.22 installed', 'runc 1.1.14 installed']);
  assert.deepEqual(codes(evidence), ['bad-evidence', 'no-package-list', 'third-party-package']);
});
