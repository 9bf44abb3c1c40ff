/** What a scan writes as an SBOM, and what reading that SBOM gives. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readSbom } from '../../../src/evidence/sbom/index.ts';
import { renderSoftware } from '../../../src/interfaces/render/index.ts';
import type { SoftwareList } from '../../../src/model/software.ts';

const SOFTWARE: SoftwareList = {
  os: { id: 'debian', versionId: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)', variantId: null },
  format: 'deb',
  packages: [
    {
      name: 'libstdc++6',
      version: '12.2.0-14+deb12u1',
      arch: 'amd64',
      source: { name: 'gcc-12', version: null },
    },
    {
      name: 'passwd',
      version: '1:4.13+dfsg1-1+b1',
      arch: 'amd64',
      source: { name: 'shadow', version: '1:4.13+dfsg1-1' },
    },
  ],
  components: [{ name: 'kubelet', version: 'v1.29.2', role: 'installed' }],
  binaries: [
    {
      path: 'usr/bin/kubelet',
      package: null,
      component: 'kubelet',
      main: 'k8s.io/kubernetes',
      version: 'v1.29.2',
      versionOrigin: 'ldflags',
      modules: [
        { path: 'github.com/BurntSushi/toml', version: 'v1.2.0' },
        { path: 'golang.org/x/net', version: 'v0.17.0' },
        { path: 'stdlib', version: 'v1.21.7' },
      ],
    },
    {
      path: 'opt/bin/tool',
      package: null,
      component: null,
      main: null,
      version: null,
      versionOrigin: null,
      modules: [{ path: 'stdlib', version: 'v1.21.7' }],
    },
  ],
  runningKernel: null,
  fips: null,
  updates: [],
};

const SUBJECT = {
  kind: 'disk',
  name: 'node.vhd',
  family: null,
  version: null,
  buildDate: null,
  channel: null,
  os: SOFTWARE.os,
  runningKernel: null,
} as const;

async function written(gaps: Parameters<typeof renderSoftware>[0]['gaps']): Promise<string> {
  const context = { version: '0.1.0', width: 100, color: false };
  return renderSoftware({ subject: SUBJECT, software: SOFTWARE, gaps }, context);
}

it('an SBOM of a scan gives the software of the scan', async () => {
  const { software, gaps } = readSbom(Buffer.from(await written([])), 'node.cdx.json');
  assert.deepEqual(software.packages, SOFTWARE.packages);
  assert.deepEqual(software.components, SOFTWARE.components);
  const kubelet = { ...SOFTWARE.binaries[0], versionOrigin: 'build-info' };
  assert.deepEqual(software.binaries, [SOFTWARE.binaries[1], kubelet]);
  assert.deepEqual(gaps, []);
});

it('package URLs of an SBOM are those that other tools write', async () => {
  const bom = JSON.parse(await written([])) as {
    components: { purl?: string; type: string; name: string }[];
  };
  assert.deepEqual(
    bom.components.flatMap(({ purl }) => purl ?? []),
    [
      'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=gcc-12',
      'pkg:deb/debian/passwd@1%3A4.13%2Bdfsg1-1%2Bb1?arch=amd64&distro=debian-12&upstream=shadow%401%3A4.13%2Bdfsg1-1',
      'pkg:golang/k8s.io/kubernetes@v1.29.2',
      'pkg:golang/github.com/BurntSushi/toml@v1.2.0',
      'pkg:golang/golang.org/x/net@v0.17.0',
      'pkg:golang/stdlib@1.21.7',
    ],
  );
});

it('an SBOM of a scan that could not read everything says so to its readers', async () => {
  const gap = { code: 'unreadable-files', detail: 'The package database is damaged.', subjects: [] } as const;
  const read = readSbom(Buffer.from(await written([gap])), 'node.cdx.json');
  assert.deepEqual(
    read.gaps.map(({ code }) => code),
    ['bad-evidence'],
  );
});
