import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Matches, matchSoftware } from '../../src/matching/index.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { GoBinary } from '../../src/model/software.ts';
import { gapsOf, machine, type Said, said } from './support.ts';

const RAPID_RESET = 'CVE-2023-39325';
/** In the shape of GO-2023-2102 and GHSA-4374-p667-p6c8. */
const STATEMENTS: readonly Said[] = [
  {
    ecosystem: 'Go',
    name: 'stdlib',
    cve: RAPID_RESET,
    id: 'GO-2023-2102',
    fixed: '1.20.10',
    imports: ['net/http'],
  },
  {
    ecosystem: 'Go',
    name: 'stdlib',
    cve: RAPID_RESET,
    id: 'GO-2023-2102',
    introduced: '1.21.0-0',
    fixed: '1.21.3',
  },
  { ecosystem: 'Go', name: 'golang.org/x/net', cve: RAPID_RESET, id: 'GO-2023-2102', fixed: '0.17.0' },
  { ecosystem: 'Go', name: 'golang.org/x/net', cve: RAPID_RESET, id: 'GHSA-4374-p667-p6c8', fixed: '0.17.0' },
  { ecosystem: 'Go', name: 'example.com/tool', cve: 'CVE-2099-0001', fixed: '1.3.0' },
  {
    ecosystem: 'Go',
    name: 'k8s.io/kubernetes',
    cve: 'CVE-2024-10220',
    introduced: '1.29.0',
    fixed: '1.29.7',
  },
  { ecosystem: 'Go', name: 'k8s.io/apiserver', cve: 'CVE-2099-0002', fixed: '0.30.0' },
  { ecosystem: 'Go', name: 'k8s.io/apiserver', cve: 'CVE-2024-10220', fixed: '0.30.0' },
];

/** `usr/bin/tool example.com/tool v1.2.3`, and its modules as `path version`. */
function binary(text: string, modules: readonly string[], more: Partial<GoBinary> = {}): GoBinary {
  const [path = '', main = '', version = ''] = text.split(' ');
  return {
    path,
    package: null,
    component: null,
    main: main === '' ? null : main,
    version: version === '' ? null : version,
    versionOrigin: version === '' ? null : 'build-info',
    modules: modules.map((module) => {
      const [name = '', release = ''] = module.split(' ');
      return { path: name, version: release };
    }),
    ...more,
  };
}

interface Node {
  readonly binaries: readonly GoBinary[];
  readonly os?: string;
  readonly packages?: readonly string[];
  readonly components?: readonly string[];
  readonly statements?: readonly Said[];
}

function matched({
  binaries,
  os = 'ubuntu 22.04',
  packages = [],
  components = [],
  statements = STATEMENTS,
}: Node): Matches {
  const covers = ['Ubuntu:22.04:LTS', 'Azure Linux:3.0'];
  return matchSoftware({ ...machine({ os, packages, components }), binaries }, said(statements, { covers }));
}

function brief({ cve, kind, package: name, installed, fixed, paths }: Finding): string {
  return `${cve} ${kind} ${name} ${installed} → ${fixed} ${paths.join(', ')}`.trim();
}

describe('modules compiled into programs', () => {
  it('are matched once for each version, with the programs they are in', () => {
    const { findings, gaps } = matched({
      binaries: [
        binary('usr/bin/one example.com/one v1.0.0', ['golang.org/x/net v0.16.0', 'stdlib v1.21.3']),
        binary('usr/bin/two example.com/two v1.0.0', ['golang.org/x/net v0.16.0', 'stdlib v1.21.5']),
        binary('usr/bin/six example.com/six v1.0.0', ['golang.org/x/net v0.15.0', 'stdlib v1.22rc1']),
        binary('usr/bin/ten example.com/ten v1.0.0', ['golang.org/x/net v0.17.0', 'stdlib v1.21']),
      ],
    });
    assert.deepEqual(findings.map(brief), [
      `${RAPID_RESET} go-module golang.org/x/net v0.15.0 → 0.17.0 usr/bin/six`,
      `${RAPID_RESET} go-module golang.org/x/net v0.16.0 → 0.17.0 usr/bin/one, usr/bin/two`,
      `${RAPID_RESET} go-module stdlib v1.21 → 1.21.3 usr/bin/ten`,
    ]);
    assert.deepEqual(gaps, []);
  });

  it('say how they were found, and that a version is all that is known', () => {
    const { findings } = matched({
      binaries: [binary('usr/bin/one example.com/one v1.0.0', ['stdlib v1.19.8'])],
    });
    assert.deepEqual(findings[0]?.reason, {
      advisory: 'GO-2023-2102',
      ecosystem: 'Go',
      mapping: 'compiled into usr/bin/one',
      comparison: '1.19.8 < 1.20.10 (semver)',
      note: 'by version: a program may not call the vulnerable code (net/http)',
    });
    assert.equal(findings[0].presence, 'installed');
    assert.equal(findings[0].source, 'stdlib');
  });

  it('from commits are ordered as Go orders them', () => {
    const pseudo = (version: string) =>
      matched({
        binaries: [binary('usr/bin/one example.com/one', [`golang.org/x/net ${version}`, 'stdlib v1.30.0'])],
      }).findings.length;
    assert.equal(pseudo('v0.17.1-0.20240102030405-0123456789ab'), 0);
    assert.equal(pseudo('v0.17.0-0.20230102030405-0123456789ab'), 1, 'before the release');
    assert.equal(pseudo('v0.0.0-20230102030405-0123456789ab'), 1);
  });

  it('give way to the distribution where it speaks of their package', () => {
    const { findings } = matched({
      os: 'azurelinux 3.0',
      packages: ['containerd2 2.0.0-6.azl3', 'other 1.0-1.azl3'],
      binaries: [
        binary('usr/bin/ctr example.com/ctr', ['golang.org/x/net v0.16.0'], { package: 'containerd2' }),
        binary('usr/bin/other example.com/other', ['golang.org/x/net v0.16.0'], { package: 'other' }),
      ],
      statements: [
        ...STATEMENTS,
        { ecosystem: 'Azure Linux:3.0', name: 'containerd2', cve: RAPID_RESET, fixed: '2.0.0-2.azl3' },
      ],
    });
    assert.deepEqual(findings.map(brief), [
      `${RAPID_RESET} go-module golang.org/x/net v0.16.0 → 0.17.0 usr/bin/other`,
    ]);
  });

  it('carry a note and a gap where the distribution built the program', () => {
    const matches = matched({
      packages: ['tool 1.2-1 < tool', 'moby-runc 1.1.9-ubuntu22.04u1'],
      binaries: [
        binary('usr/bin/tool example.com/one', ['stdlib v1.19.8'], { package: 'tool' }),
        binary('usr/sbin/x example.com/two', ['stdlib v1.19.8'], { package: 'moby-runc' }),
      ],
      components: ['runc 1.1.9'],
    });
    assert.deepEqual(
      matches.findings.map((finding) => finding.reason.note),
      [
        'by version: a program may not call the vulnerable code (net/http); the distribution built usr/bin/tool and may have fixed Go without a new version',
      ],
    );
    assert.deepEqual(gapsOf(matches), ['vendor-patch-level: usr/bin/tool']);
  });
});

describe('main modules', () => {
  it('of programs that are no node component are matched as modules', () => {
    const { findings } = matched({
      binaries: [binary('opt/bin/tool example.com/tool v1.2.3', ['stdlib v1.30.0'])],
    });
    assert.deepEqual(findings.map(brief), [
      'CVE-2099-0001 go-module example.com/tool v1.2.3 → 1.3.0 opt/bin/tool',
    ]);
    assert.equal(findings[0]?.reason.mapping, 'opt/bin/tool is built from it');
  });

  it('of node components are matched with the component alone', () => {
    const { findings } = matched({
      components: ['kubelet v1.29.2'],
      binaries: [
        binary('usr/bin/kubelet k8s.io/kubernetes v1.29.2', ['stdlib v1.30.0'], { component: 'kubelet' }),
      ],
    });
    assert.deepEqual(findings.map(brief), ['CVE-2024-10220 component kubelet v1.29.2 → 1.29.7']);
  });

  it("of Kubernetes state the version of Kubernetes' own libraries", () => {
    const matches = matched({
      components: ['kubelet v1.29.2'],
      binaries: [
        binary('usr/bin/kubelet k8s.io/kubernetes v1.29.2', ['k8s.io/apiserver (devel)', 'stdlib v1.30.0'], {
          component: 'kubelet',
        }),
      ],
    });
    assert.deepEqual(
      matches.findings.map(brief),
      [
        'CVE-2024-10220 component kubelet v1.29.2 → 1.29.7',
        'CVE-2099-0002 go-module k8s.io/apiserver v0.29.2 → 0.30.0 usr/bin/kubelet',
      ],
      'what the advisories of Kubernetes speak about is judged with the kubelet',
    );
    assert.deepEqual(gapsOf(matches), []);
  });
});

describe('programs kept for another version of the cluster', () => {
  it('are not in use, nor are the modules that are only in them', () => {
    const kubelet = (path: string, version: string, net: string): GoBinary =>
      binary(`${path} k8s.io/kubernetes ${version}`, [`golang.org/x/net ${net}`], { component: 'kubelet' });
    const { findings } = matched({
      components: ['kubelet v1.30.1', 'kubelet v1.30.0*'],
      binaries: [
        kubelet('usr/local/bin/kubelet', 'v1.30.1', 'v0.16.0'),
        kubelet('usr/local/bin/kubelet-1.30.0', 'v1.30.0', 'v0.15.0'),
        kubelet('usr/local/bin/kubelet-x', 'v1.30.0', 'v0.16.0'),
      ],
    });
    assert.deepEqual(
      findings.map(({ installed, presence }) => `${installed} ${presence}`),
      ['v0.15.0 cached', 'v0.16.0 installed'],
    );
  });
});

describe('what programs do not say of themselves', () => {
  it('is a gap', () => {
    const matches = matched({
      binaries: [
        binary('usr/bin/stripped', ['stdlib v1.30.0']),
        binary('usr/bin/tool example.com/tool', [
          'example.com/unknown (devel)',
          'golang.org/x/net (devel)',
          'stdlib (devel)',
        ]),
        binary('usr/sbin/runc github.com/opencontainers/runc', ['a.example/b v1.0.0'], { component: 'runc' }),
      ],
    });
    assert.deepEqual(gapsOf(matches), [
      'unknown-source: usr/bin/stripped',
      'unparsable-version: runc (usr/sbin/runc)',
      'unparsable-version: example.com/tool (usr/bin/tool), golang.org/x/net (usr/bin/tool), stdlib (usr/bin/tool)',
    ]);
    assert.deepEqual(matches.findings, []);
  });

  it('is none where the package or a program beside it says it', () => {
    const runc = binary('usr/sbin/runc github.com/opencontainers/runc', ['a.example/b v1.0.0'], {
      component: 'runc',
    });
    assert.deepEqual(gapsOf(matched({ binaries: [runc], packages: ['runc 1.1.5-0ubuntu1 < runc'] })), []);
    assert.deepEqual(gapsOf(matched({ binaries: [runc], components: ['runc 1.1.5'] })), []);
  });

  it('is a gap where a version cannot be compared', () => {
    const matches = matched({ binaries: [binary('usr/bin/x example.com/x', ['golang.org/x/net master'])] });
    assert.deepEqual(gapsOf(matches), ['unparsable-version: golang.org/x/net master']);
  });

  it('is a gap where no feed covers Go', () => {
    const tool = binary('usr/bin/x example.com/x', ['golang.org/x/net v0.1.0']);
    const matches = matched({ binaries: [tool], statements: [] });
    assert.deepEqual(
      matches.gaps.map(({ code, detail }) => `${code}: ${detail}`),
      ['no-coverage: No loaded feed covers Go modules, so Go programs were not assessed.'],
    );
    assert.deepEqual(matched({ binaries: [], statements: [] }).gaps, []);
  });
});
