import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openDirectory } from '../../../../src/evidence/filesystem/directory.ts';
import type { BuildInfo } from '../../../../src/evidence/readers/go-binary/build-info.ts';
import { readElf } from '../../../../src/evidence/readers/go-binary/elf.ts';
import { linkedVariables } from '../../../../src/evidence/readers/go-binary/link-flags.ts';
import { linkedTexts } from '../../../../src/evidence/readers/go-binary/linked-text.ts';
import { readProgram } from '../../../../src/evidence/readers/go-binary/program.ts';
import { agreed, statedVersion, versionPattern } from '../../../../src/evidence/readers/go-binary/version.ts';
import { lacking, workFolder } from '../../../support/tools.ts';
import { elfProgram, go, inlineInfo, linkedSection, memoryFile, writeTree } from './support.ts';

function info(version: string, ldflags = ''): BuildInfo {
  return {
    goVersion: 'go1.22.0',
    path: null,
    main: { path: 'example.com/tool', version },
    dependencies: [],
    settings: new Map([['-ldflags', ldflags]]),
  };
}

describe('link flags', () => {
  it('set variables in all the ways they are written', () => {
    const flags = `-s -w -X a/b.one=1 -X=a/b.two=2 -X 'a/b.three=3 4' -X "a/b.four=4" --X a/vendor/c/d.five=5 -X broken -extldflags -static`;
    assert.deepEqual(
      [...linkedVariables(flags)],
      [
        ['a/b.one', '1'],
        ['a/b.two', '2'],
        ['a/b.three', '3 4'],
        ['a/b.four', '4'],
        ['c/d.five', '5'],
      ],
    );
  });

  it('as Debian gives them for kubectl state its version', () => {
    const flags = `-s -w -buildid= -X 'k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version.gitCommit=faecb196815e248d3ecfb03c680a4507229c2a56' -X 'k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitVersion=v1.20.2' -X 'k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitMajor=1'`;
    assert.deepEqual(statedVersion(info('(devel)', flags), 'kubectl'), {
      version: 'v1.20.2',
      origin: 'ldflags',
    });
  });
});

describe('the version of a main module', () => {
  const told = (version: string, flags?: string, component: string | null = null): string => {
    const stated = statedVersion(info(version, flags), component);
    return stated === null ? 'not told' : `${stated.version} ${stated.origin}`;
  };

  it('is what the toolchain states, unless it was made up from a commit', () => {
    assert.equal(told('v1.2.3'), 'v1.2.3 build-info');
    assert.equal(told('v20.10.7+incompatible'), 'v20.10.7+incompatible build-info');
    assert.equal(told('v1.2.3', '-X main.version=9.9.9'), 'v1.2.3 build-info');
    const pseudo = 'v1.2.4-0.20240102030405-0123456789ab';
    assert.equal(told(pseudo), `${pseudo} build-info`);
    assert.equal(told(pseudo, '-X main.version=1.2.3-7'), '1.2.3-7 ldflags');
    assert.equal(told('v1.7.27+dirty', '-X main.version=1.7.27'), '1.7.27 ldflags');
    assert.equal(told('v0.0.0-20240102030405-0123456789ab'), 'not told');
    assert.equal(told('(devel)'), 'not told');
  });

  it('is the variable that its maker is known to use, before others', () => {
    const flags =
      '-X main.version=v9.9.9 -X github.com/containerd/containerd/v2/version.Version=v2.0.5 -X x.Revision=abc';
    assert.equal(told('(devel)', flags, 'containerd'), 'v2.0.5 ldflags');
    assert.equal(told('(devel)', flags), 'not told', 'they contradict one another');
    assert.equal(told('(devel)', '-X main.buildVersion=unknown'), 'not told');
    assert.equal(told('(devel)', '-X main.date=2024.01.02'), 'not told');
  });

  it('is never a guess between two', () => {
    assert.equal(agreed(['1.6.20~ds1', '1.6.20~ds1-1+deb12u3']), '1.6.20~ds1');
    assert.equal(agreed(['1.1.12', 'v1.1.12-0-g51d5e946']), '1.1.12');
    assert.equal(agreed(['v1.29.2', 'v1.29.2']), 'v1.29.2');
    assert.equal(agreed(['1.1.1', '1.1.12']), null);
    assert.equal(agreed(['1.1.1', '1.1.1-rc2']), null);
    assert.equal(agreed(['1.7.27', '1.6.20']), null);
    assert.equal(agreed([]), null);
  });

  it('of a component is found in any spelling of its vendors', () => {
    for (const text of [
      'v1.29.2',
      'v1.27.3-eks-a5565ad',
      'v1.28.5-gke.1217000',
      'v1.30.101-akslts',
      'v1.30.0+k3s1',
    ])
      assert.match(text, versionPattern('kubelet'));
    for (const text of ['1.29.2', 'v2.29.2', 'v1.29', '2025-06-08T22:40:27Z', 'go1.21.5'])
      assert.doesNotMatch(text, versionPattern('kubelet'));
    for (const text of ['1.7.15-1', 'v1.7.27', '1.6.22+azure-1', '1.6.20~ds1'])
      assert.match(text, versionPattern('containerd'));
    for (const text of ['1.7', '05044ec0a9a75232cad458027ca83437aeae3fa6', 'go1.21.5'])
      assert.doesNotMatch(text, versionPattern('containerd'));
  });
});

describe('texts that link flags set', () => {
  const texts = async (rodata: Buffer, pattern = /^v?\d+\.\d+\.\d+/): Promise<readonly string[]> => {
    const file = memoryFile(elfProgram(inlineInfo('go1.21.5', ''), {}, rodata));
    const elf = await readElf(file, 'tool');
    assert.ok(elf !== null);
    return linkedTexts({ file, elf, place: 'tool', goVersion: 'go1.21.5' }, pattern);
  };
  const blob = Buffer.from('packed texts of the source: 3.2.1 v4.5.6 9.8.7'.padEnd(96));

  it('are those beside the version of Go', async () => {
    const section = linkedSection(
      ['go1.21.5', 'v1.29.2', 'v1.29.2-long-suffix+more', 'archive', 'a'.repeat(40)],
      blob,
    );
    assert.deepEqual(await texts(section), ['v1.29.2', 'v1.29.2-long-suffix+more']);
  });

  it('are found where the constant before ends like text', async () => {
    const constant = Buffer.from([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    assert.deepEqual(await texts(linkedSection(['v1.29.2', 'go1.21.5'], constant)), ['v1.29.2']);
  });

  it('are none without the version of Go, out of order or out of line', async () => {
    assert.deepEqual(await texts(linkedSection(['v1.29.2'], blob)), []);
    const early = Buffer.concat([linkedSection(['1.22.333-long']), linkedSection(['go1.21.5'])]);
    assert.deepEqual(await texts(early), [], 'longer texts lie behind');
    const skewed = Buffer.concat([linkedSection(['go1.21.5']), Buffer.from('\0v1.29.2-x\0\0\0\0\0')]);
    assert.deepEqual(await texts(skewed), [], 'the linker aligns them');
  });

  it('are found before the last part of a large section', async () => {
    const text = linkedSection(['go1.21.5', '1.7.27-1']);
    const section = Buffer.concat([Buffer.alloc(1 << 20, 1), text, Buffer.alloc(300 << 10, 2)]);
    assert.deepEqual(await texts(section), ['1.7.27-1']);
    const beyond = Buffer.concat([text, Buffer.alloc(2 << 20, 2)]);
    assert.deepEqual(await texts(beyond), [], 'no more than a bounded part is read');
  });
});

describe('a kubelet built by Go', { skip: lacking('go') }, () => {
  const folder = workFolder();
  writeTree(folder, {
    'go.mod': 'module k8s.io/kubernetes\n\ngo 1.20\n\nrequire k8s.io/component-base v0.29.2\n',
    'cmd/kubelet/main.go':
      'package main\n\nimport "k8s.io/component-base/version"\n\nvar other string\n\nfunc main() { println(version.Get(), other) }\n',
    'vendor/modules.txt': '# k8s.io/component-base v0.29.2\n## explicit\nk8s.io/component-base/version\n',
    'vendor/k8s.io/component-base/version/version.go':
      'package version\n\nvar gitVersion = "v0.0.0-master"\n\nfunc Get() string { return gitVersion }\n',
  });
  const GIT_VERSION = 'k8s.io/component-base/version.gitVersion=v1.29.2';

  async function built(flags: string, ...words: readonly string[]): Promise<string> {
    go(folder, [
      'build',
      '-mod=vendor',
      '-buildvcs=false',
      ...words,
      `-ldflags=${flags}`,
      '-o',
      'kubelet',
      './cmd/kubelet',
    ]);
    const inode = await (await openDirectory(folder).root()).lookup('kubelet');
    assert.ok(inode?.kind === 'file');
    const candidate = { path: 'usr/bin/kubelet', names: [], expected: 'kubelet', inode };
    const program = await readProgram(candidate);
    assert.ok(program.kind === 'go', join(folder, 'kubelet'));
    const { component, version, versionOrigin, modules } = program.binary;
    assert.equal(modules[0]?.path, 'k8s.io/component-base');
    return `${component} ${version} ${versionOrigin}`;
  }

  it('tells its version by its link flags', async () => {
    assert.equal(await built(`-X ${GIT_VERSION}`), 'kubelet v1.29.2 ldflags');
  });

  it('tells its version by its texts where the build leaves the flags out', async () => {
    assert.equal(await built(`-s -w -X ${GIT_VERSION}`, '-trimpath'), 'kubelet v1.29.2 strings');
  });

  it('does not tell it where none was set, or two contradict', async () => {
    assert.equal(await built('-s -w', '-trimpath'), 'kubelet null null');
    assert.equal(
      await built(`-s -w -X ${GIT_VERSION} -X main.other=v1.30.1`, '-trimpath'),
      'kubelet null null',
    );
  });
});
