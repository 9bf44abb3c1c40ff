import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Advisories } from '../../src/advisories/index.ts';
import { build, scratch } from '../advisories/helpers.ts';
import { brief, gapsOf, match, RECORDS, said } from './support.ts';

let advisories: Advisories;
before(async () => {
  advisories = (await build(scratch(), [{ feed: 'osv', path: RECORDS }])).advisories;
});
after(() => advisories.close());

function briefs(list: Parameters<typeof match>[0]): readonly string[] {
  return match(list, advisories).findings.map(brief);
}

describe('vendor builds of upstream software', () => {
  it('are matched with the upstream project, never with the distribution', () => {
    // By the numbers 1.5.11 would be below Ubuntu's 1.6.12-0ubuntu1~22.04.3 for CVE-2023-25153.
    const matches = match(
      {
        os: 'ubuntu 22.04',
        packages: ['moby-containerd 1.5.11+azure-ubuntu22.04u1', 'moby-runc 1.1.9-ubuntu22.04u1'],
      },
      advisories,
    );
    assert.deepEqual(
      matches.findings.map((finding) => [
        finding.cve,
        finding.kind,
        finding.package,
        finding.reason.ecosystem,
      ]),
      [
        ['CVE-2024-21626', 'component', 'runc', 'Go'],
        ['CVE-2024-40635', 'component', 'containerd', 'Go'],
        ['CVE-2025-64329', 'component', 'containerd', 'Go'],
        ['CVE-2026-50195', 'component', 'containerd', 'Go'],
      ].sort((a, b) => order(matches.findings, a[0]) - order(matches.findings, b[0])),
    );
    for (const { reason } of matches.findings) {
      assert.match(reason.note ?? '', /^vendor build \S*ubuntu22\.04u1 of upstream .*backported fix/);
    }
    assert.deepEqual(gapsOf(matches), [
      'vendor-patch-level: containerd 1.5.11+azure-ubuntu22.04u1, runc 1.1.9-ubuntu22.04u1',
    ]);
  });

  it('are compared by the upstream part of their version', () => {
    const containerd = (version: string) =>
      briefs({ os: 'ubuntu 22.04', packages: [`containerd ${version}`] }).filter((text) =>
        /CVE-2024-40635|CVE-2025-64329/.test(text),
      );
    assert.deepEqual(containerd('1.7.5-ubuntu22.04u1').length, 2);
    assert.deepEqual(containerd('1.7.27-ubuntu22.04u1'), [
      'CVE-2025-64329 containerd 1.7.27-ubuntu22.04u1 → 1.7.29 fix-available',
    ]);
    assert.deepEqual(containerd('1.7.33-ubuntu22.04u1'), [], 'ranges of containerd/v2 are not about 1.7');
  });

  it('of major version 2 are matched with the module of version 2 alone', () => {
    const containerd = (version: string) =>
      briefs({ os: 'azurelinux 3.0', components: [`containerd ${version}`] });
    assert.deepEqual([...containerd('2.0.0-6.azl3')].sort(), [
      'CVE-2024-40635 containerd 2.0.0-6.azl3 → 2.0.4 fix-available',
      'CVE-2025-64329 containerd 2.0.0-6.azl3 → 2.0.7 fix-available',
    ]);
    assert.deepEqual(containerd('2.3.2-ubuntu24.04u2'), [], 'GO-2026-5338 has no fix for version 1 only');
  });

  it("that are the distribution's own are matched with the distribution", () => {
    const jammy = briefs({ os: 'ubuntu 22.04', packages: ['containerd 1.6.12-0ubuntu1~22.04.1'] });
    assert.deepEqual(jammy, [
      'CVE-2023-25153 containerd 1.6.12-0ubuntu1~22.04.1 → 1.6.12-0ubuntu1~22.04.3 fix-available',
    ]);
    assert.deepEqual(briefs({ os: 'ubuntu 22.04', packages: ['containerd 1.7.12-0ubuntu2'] }), []);
  });

  it('leave the word to the distribution where a component is one of its packages', () => {
    const list = (fixed: string) =>
      match(
        {
          os: 'azurelinux 3.0',
          packages: ['runc 1.1.9-5.azl3'],
          components: ['runc 1.1.9-5.azl3'],
        },
        said([
          {
            ecosystem: 'Go',
            name: 'github.com/opencontainers/runc',
            cve: 'CVE-2024-21626',
            introduced: '1.0.0-rc93',
            fixed: '1.1.12',
          },
          { ecosystem: 'Azure Linux:3.0', name: 'runc', cve: 'CVE-2024-21626', fixed },
        ]),
      ).findings.map((finding) => `${finding.kind} ${finding.fixed}`);
    assert.deepEqual(list('1.1.9-4.azl3'), [], 'Microsoft has patched 1.1.9');
    assert.deepEqual(list('1.1.9-6.azl3'), ['os-package 1.1.9-6.azl3'], 'and is not told twice');
  });

  it('of nobody we read are gaps', () => {
    const matches = match(
      {
        os: 'ubuntu 22.04',
        packages: ['blobfuse2 2.5.3', 'nvidia-container-toolkit 1.17.0-1', 'packages-microsoft-prod 1.1'],
        components: ['blobfuse2 2.5.3', 'nvidia-cuda-driver 580.159.04-20260629214430'],
      },
      advisories,
    );
    assert.deepEqual(matches.findings, []);
    assert.deepEqual(gapsOf(matches), [
      'third-party-package: blobfuse2, nvidia-container-toolkit, packages-microsoft-prod',
      'unknown-component: blobfuse2 2.5.3, nvidia-cuda-driver 580.159.04-20260629214430',
    ]);
  });
});

function order(findings: readonly { readonly cve: string }[], cve: string | undefined): number {
  return findings.findIndex((finding) => finding.cve === cve);
}

describe('node components', () => {
  it('CVE-2024-21626 is in runc 1.1.9 and not in 1.1.12', () => {
    const runc = (version: string) => briefs({ os: 'ubuntu 22.04', components: [`runc ${version}`] });
    assert.deepEqual(runc('1.1.9'), ['CVE-2024-21626 runc 1.1.9 → 1.1.12 fix-available']);
    assert.deepEqual(runc('1.1.12'), []);
    assert.deepEqual(runc('1.0.0-rc92'), [], 'it came with rc93');
    assert.deepEqual(runc('1.0.0-rc95').length, 1);
  });

  it('the GO and the GHSA record of one CVE make one finding', () => {
    const { findings } = match({ os: 'ubuntu 22.04', components: ['runc 1.1.9'] }, advisories);
    assert.equal(findings.length, 1);
    assert.deepEqual(findings[0]?.aliases, ['GHSA-xr7r-f8xq-vfvv', 'GO-2024-2491']);
    assert.equal(findings[0]?.reason.mapping, 'runc is built from github.com/opencontainers/runc');
    assert.equal(findings[0]?.reason.note, null, "upstream's own build");
  });

  it('cached versions are kept apart from the installed one', () => {
    const { findings } = match(
      { os: 'ubuntu 22.04', components: ['kubelet 1.28.9', 'kubelet 1.29.6*', 'kubelet 1.30.3*'] },
      advisories,
    );
    assert.deepEqual(
      findings
        .filter(({ cve }) => cve === 'CVE-2024-10220')
        .map(({ installed, presence, fixed }) => [installed, presence, fixed]),
      [
        ['1.28.9', 'installed', '1.28.12'],
        ['1.29.6', 'cached', '1.29.7'],
      ],
    );
  });

  it("AKS's long-term support builds carry a note", () => {
    const matches = match({ os: 'ubuntu 22.04', components: ['kubelet 1.29.100-akslts*'] }, advisories);
    for (const finding of matches.findings) {
      assert.match(finding.reason.note ?? '', /long-term support build 1\.29\.100-akslts.*patch number/);
    }
    assert.deepEqual(matches.findings, [], '1.29.100 is above every fixed 1.29');
    const [old] = match(
      { os: 'ubuntu 22.04', components: ['kubelet 1.28.100-akslts*'] },
      advisories,
    ).findings;
    assert.equal(old?.cve, 'CVE-2025-0426', '1.28 has no fixed version upstream');
    assert.match(old?.reason.note ?? '', /AKS long-term support build 1\.28\.100-akslts/);
  });

  it('a CVE of the control plane is dismissed, with the reason', () => {
    const matches = match(
      { os: 'ubuntu 22.04', components: ['kubelet 1.27.2', 'kubectl 1.27.2'] },
      advisories,
    );
    assert.deepEqual(
      matches.notAffected
        .filter(({ cve }) => cve === 'CVE-2023-2727')
        .map((each) => `${each.package}: ${each.reason}`),
      [
        'kubelet: the vulnerability is in the control plane, not in kubelet',
        'kubectl: the vulnerability is in the control plane, not in kubectl',
      ],
    );
    assert.equal(
      matches.findings.some(({ cve }) => cve === 'CVE-2023-2727'),
      false,
    );
  });

  it('a CVE of the kubelet is dismissed for kubectl', () => {
    const { findings, notAffected } = match(
      { os: 'ubuntu 22.04', components: ['kubectl 1.28.9', 'kubelet 1.28.9'] },
      advisories,
    );
    assert.deepEqual(
      findings.filter(({ cve }) => cve === 'CVE-2024-10220').map((finding) => finding.package),
      ['kubelet'],
    );
    assert.equal(
      notAffected.find(({ cve }) => cve === 'CVE-2024-10220')?.reason,
      'the vulnerability is in kubelet, not in kubectl',
    );
  });

  it('a CVE of Windows nodes is dismissed on Linux and found on Windows', () => {
    const on = (system: string | null) => match({ os: system, components: ['kubelet 1.28.9'] }, advisories);
    assert.equal(
      on('ubuntu 22.04').notAffected.find(({ cve }) => cve === 'CVE-2024-5321')?.reason,
      'it concerns Windows nodes only',
    );
    const found = (system: string | null) => on(system).findings.some(({ cve }) => cve === 'CVE-2024-5321');
    assert.equal(found('ubuntu 22.04'), false);
    assert.equal(found('windows 20348.5499'), true);
    assert.equal(found(null), true, 'an unknown system may be Windows');
  });

  it('code that is not linked into a binary is dismissed', () => {
    const statement = {
      ecosystem: 'Go',
      name: 'k8s.io/kubernetes',
      cve: 'CVE-2099-0001',
      fixed: '1.99.0',
      imports: ['k8s.io/kubernetes/pkg/registry/generic/etcd'],
    };
    const { findings, notAffected } = match(
      { os: 'ubuntu 22.04', components: ['kubelet 1.28.9'] },
      said([statement]),
    );
    assert.deepEqual(findings, []);
    assert.equal(
      notAffected[0]?.reason,
      'the vulnerable code (k8s.io/kubernetes/pkg/registry/generic/etcd) is not part of kubelet',
    );
  });

  it('an open-ended GO record gives way to the GHSA record that states the end', () => {
    // GO-2022-0617 and GHSA-qh36-44jv-c8xj about CVE-2020-8562 have this shape.
    const name = 'github.com/opencontainers/runc';
    const open = { ecosystem: 'Go', name, cve: 'CVE-2099-0002', id: 'GO-2099-0002' };
    const closed = { ...open, id: 'GHSA-xxxx-xxxx-xxxx', lastAffected: '1.1.4' };
    const runc = (version: string, ...statements: readonly (typeof open)[]) =>
      match({ os: 'ubuntu 22.04', components: [`runc ${version}`] }, said(statements)).findings.length;
    assert.equal(runc('1.1.9', open, closed), 0);
    assert.equal(runc('1.1.9', closed, open), 0);
    assert.equal(runc('1.1.4', open, closed), 1);
    assert.equal(runc('1.1.9', open), 1, 'on its own it holds');
    assert.equal(runc('1.1.9', open, { ...closed, cve: 'CVE-2099-0003' }), 1, 'it is about another CVE');
  });

  it('are a gap where their version or upstream is not known, or no feed covers Go', () => {
    assert.deepEqual(
      gapsOf(match({ os: 'ubuntu 22.04', components: ['runc unknown', 'bpftrace 0.9.4'] }, advisories)),
      ['unparsable-version: runc unknown', 'unknown-component: bpftrace 0.9.4'],
    );
    assert.deepEqual(
      gapsOf(
        match({ os: 'ubuntu 22.04', components: ['runc 1.1.9'] }, said([], { covers: ['Ubuntu:22.04:LTS'] })),
      ),
      ['no-coverage: '],
    );
  });
});
