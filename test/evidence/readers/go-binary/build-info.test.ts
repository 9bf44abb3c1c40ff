import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { NodewardError } from '../../../../src/base/errors.ts';
import { type BuildInfo, readBuildInfo } from '../../../../src/evidence/readers/go-binary/build-info.ts';
import { readElf } from '../../../../src/evidence/readers/go-binary/elf.ts';
import { parseModInfo } from '../../../../src/evidence/readers/go-binary/mod-info.ts';
import { lacking, workFolder } from '../../../support/tools.ts';
import { elfProgram, go, inlineInfo, type Layout, memoryFile, pointedInfo, writeTree } from './support.ts';

const TEXT = [
  'path\texample.com/tool/cmd/tool',
  'mod\texample.com/tool\tv1.2.3\th1:sum=',
  'dep\tgolang.org/x/net\tv0.17.0\th1:sum=',
  'dep\tk8s.io/api\tv0.0.0',
  '=>\t./staging/src/k8s.io/api\t(devel)\t',
  'dep\tk8s.io/kubernetes\tv1.29.2',
  '=>\tgithub.com/k3s-io/kubernetes\tv1.29.2-k3s1\th1:sum=',
  'dep\texample.com/workspace\t\t',
  'build\t-compiler=gc',
  'build\t-ldflags="-s -w -X \'main.version=1.0 \\"x\\"\'"',
  'build\tGOARCH=amd64',
  'later\tthings',
  '',
].join('\n');

const LAYOUTS: readonly Layout[] = [32, 64].flatMap((bits) =>
  [true, false].flatMap((little) =>
    [true, false].map((sections) => ({ bits: bits as 32 | 64, little, sections })),
  ),
);

async function infoOf(bytes: Uint8Array): Promise<BuildInfo | null> {
  const file = memoryFile(bytes);
  const elf = await readElf(file, 'tool');
  assert.notEqual(elf, null);
  return elf === null ? null : readBuildInfo({ file, elf, place: 'tool' });
}

function damaged(why: RegExp) {
  return (thrown: unknown): boolean =>
    thrown instanceof NodewardError && thrown.code === 'disk-damaged' && why.test(thrown.message);
}

describe('build information', () => {
  for (const layout of LAYOUTS) {
    const { bits, little, sections } = layout;
    const named = `${bits} bits, ${little ? 'little' : 'big'}-endian, ${sections ? 'with' : 'without'} section headers`;
    it(`is read from both formats: ${named}`, async () => {
      for (const data of [inlineInfo('go1.21.5', TEXT), pointedInfo('go1.21.5', TEXT, layout)]) {
        const info = await infoOf(elfProgram(data, layout));
        assert.equal(info?.goVersion, 'go1.21.5');
        assert.equal(info.path, 'example.com/tool/cmd/tool');
        assert.deepEqual(info.main, { path: 'example.com/tool', version: 'v1.2.3' });
        assert.equal(info.dependencies.length, 4);
      }
    });
  }

  it('says what modules are replaced by, and keeps the name of those from a folder', () => {
    const { dependencies, settings } = parseModInfo(TEXT, 'tool');
    assert.deepEqual(
      dependencies.map(({ path, version }) => `${path} ${version}`),
      [
        'golang.org/x/net v0.17.0',
        'k8s.io/api (devel)',
        'github.com/k3s-io/kubernetes v1.29.2-k3s1',
        'example.com/workspace (devel)',
      ],
    );
    assert.equal(settings.get('-ldflags'), '-s -w -X \'main.version=1.0 "x"\'');
    assert.equal(settings.get('GOARCH'), 'amd64');
  });

  it('longer than one read is read whole', async () => {
    const many = Array.from(
      { length: 3000 },
      (_, n) => `dep\texample.com/module-number-${n}\tv1.0.${n}\th1:sum=`,
    );
    const info = await infoOf(elfProgram(inlineInfo('go1.22.1', `${many.join('\n')}\n`)));
    assert.equal(info?.dependencies.length, 3000);
  });

  it('is absent where a program has none, and object files are no programs', async () => {
    assert.equal(await infoOf(elfProgram(Buffer.alloc(0x1000), { sections: false })), null);
    assert.equal(await readElf(memoryFile(elfProgram(Buffer.alloc(64), { type: 1 })), 'x.o'), null);
    assert.equal(await readElf(memoryFile(Buffer.from('#!/bin/sh\n')), 'x.sh'), null);
    assert.equal(await readElf(memoryFile(Buffer.alloc(0)), 'empty'), null);
  });

  it('that contradicts itself is damage, said in words', async () => {
    const good = inlineInfo('go1.21.5', TEXT);
    const broken = (change: (data: Buffer) => void): Buffer => {
      const data = Buffer.from(good);
      change(data);
      return elfProgram(data);
    };
    const cases: readonly [Buffer, RegExp][] = [
      [broken((data) => data.fill(0, 0, 16)), /lacks its mark/],
      [broken((data) => data.writeUInt8(0xff, 41)), /bytes of module information/],
      [broken((data) => data.writeUInt8(0, 32)), /Go version|module information|does not name/],
      [elfProgram(inlineInfo('', TEXT)), /does not name the version of Go/],
      [elfProgram(inlineInfo('go1.21.5\x1b[31m', TEXT)), /no text/],
      [
        elfProgram(inlineInfo('go1.21.5', 'dep\tonly-a-path\n')),
        /line 1 of its module information is no module/,
      ],
      [elfProgram(inlineInfo('go1.21.5', '=>\ta\tv1\n')), /replaces no module/],
      [elfProgram(good.subarray(0, 20)), /is cut off/],
      [elfProgram(good.subarray(0, good.length - 40)), /bytes of module information/],
    ];
    for (const [bytes, why] of cases) await assert.rejects(infoOf(bytes), damaged(why), String(why));
    const pointed = pointedInfo('go1.17', TEXT);
    pointed.writeBigUInt64LE(0xdeadbeefn, 16);
    await assert.rejects(infoOf(elfProgram(pointed)), damaged(/points to address 0xdeadbeef/));
    const relocated = pointedInfo('go1.17', TEXT);
    relocated.fill(0, 16, 32);
    await assert.rejects(infoOf(elfProgram(relocated)), damaged(/does not name the version/));
  });

  it('of a cut-off program is never a shorter list', async () => {
    for (const layout of LAYOUTS.slice(0, 4)) {
      const whole = elfProgram(inlineInfo('go1.21.5', TEXT), layout);
      for (let length = 4; length < whole.length; length += 3) {
        const file = memoryFile(whole.subarray(0, length));
        try {
          const elf = await readElf(file, 'tool');
          const info = elf === null ? null : await readBuildInfo({ file, elf, place: 'tool' });
          assert.equal(info?.dependencies.length, 4, `${length} of ${whole.length} bytes`);
        } catch (thrown) {
          if (!(thrown instanceof NodewardError)) throw thrown;
          assert.equal(thrown.code, 'disk-damaged');
        }
      }
    }
  });
});

describe('programs built by Go', { skip: lacking('go') }, () => {
  const folder = workFolder();
  before(() => {
    writeTree(folder, {
      'go.mod': 'module example.com/tool\n\ngo 1.20\n\nrequire example.com/lib v1.4.0\n',
      'main.go':
        'package main\n\nimport "example.com/lib"\n\nvar version string\n\nfunc main() { println(version, lib.Name) }\n',
      'vendor/modules.txt': '# example.com/lib v1.4.0\n## explicit\nexample.com/lib\n',
      'vendor/example.com/lib/lib.go': 'package lib\n\nconst Name = "lib"\n',
    });
  });

  /** What `go version -m` says, as lines without their sums. */
  function oracle(name: string): readonly string[] {
    const lines = go(folder, ['version', '-m', name]).split('\n').slice(1);
    return lines.map((line) => line.split('\t').slice(1, 4).join(' ').trim()).filter((line) => line !== '');
  }

  for (const [arch, env] of [
    ['of this machine', {}],
    ['32 bits, big-endian', { GOARCH: 'mips' }],
  ] as const) {
    it(`say the same as to the go command: ${arch}`, async () => {
      go(
        folder,
        ['build', '-mod=vendor', '-buildvcs=false', '-ldflags=-s -w -X main.version=1.2', '-o', 'tool', '.'],
        env,
      );
      const info = await infoOf(readFileSync(join(folder, 'tool')));
      assert.ok(info !== null);
      const told = [
        `path ${info.path}`,
        `mod ${info.main?.path} ${info.main?.version}`,
        ...info.dependencies.map(({ path, version }) => `dep ${path} ${version}`),
      ];
      const said = oracle('tool');
      assert.deepEqual(
        told,
        said.filter((line) => !line.startsWith('build ')),
      );
      assert.match(go(folder, ['version', 'tool']), new RegExp(`: ${info.goVersion}\\n$`));
      const settings = said.filter((line) => /^build (?:-compiler|GO|CGO)/.test(line));
      assert.deepEqual(
        settings.map((line) => line.replace(/^build /, '')),
        [...info.settings].filter(([key]) => /^(?:-compiler|GO|CGO)/.test(key)).map(([k, v]) => `${k}=${v}`),
      );
      assert.equal(info.settings.get('-ldflags'), '-s -w -X main.version=1.2');
    });
  }

  it('say it without section headers too', async () => {
    go(folder, ['build', '-mod=vendor', '-buildvcs=false', '-o', 'tool', '.'], { GOARCH: 'amd64' });
    const bytes = readFileSync(join(folder, 'tool'));
    const whole = await infoOf(bytes);
    bytes.fill(0, 40, 48);
    bytes.fill(0, 60, 64);
    assert.deepEqual(await infoOf(bytes), whole);
    assert.equal(whole?.dependencies[0]?.path, 'example.com/lib');
  });
});
