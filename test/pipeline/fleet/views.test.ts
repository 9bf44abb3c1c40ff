import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { severityRank } from '../../../src/model/advisory.ts';
import {
  importSbom,
  nodeDetail,
  nodeViews,
  poolFindings,
  poolViews,
} from '../../../src/pipeline/fleet/index.ts';
import { enableAll, node, pool, ScriptedProvider, scratch, sync, testFleet } from './support.ts';

const SBOM = fileURLToPath(new URL('../../fixtures/sbom/syft-ubuntu-22.04.cdx.json', import.meta.url));
const code = (wanted: string) => (thrown: unknown) => (thrown as { code?: string }).code === wanted;

async function fleetOf(names: readonly string[], nodes = 2) {
  const fleet = await testFleet();
  await enableAll(fleet);
  const provider = new ScriptedProvider();
  const clusters = names.map((name) => provider.add(name, nodes));
  await sync(fleet, provider);
  return { fleet, provider, clusters };
}

describe('nodeViews', { timeout: 60_000 }, () => {
  it('gives the nodes of everything, a cluster, a pool, or pools of one name', async () => {
    const { fleet, provider, clusters } = await fleetOf(['one', 'two']);
    const np2 = pool(clusters[1]?.cluster ?? assert.fail(), 'np2');
    clusters[1]?.pools.push(np2);
    clusters[1]?.nodes.push(node(np2, 5));
    await sync(fleet, provider);
    const count = async (cluster: string | null, of: string | null) =>
      (await Array.fromAsync(await nodeViews(fleet, { cluster, pool: of }))).length;
    assert.deepEqual(
      [
        await count(null, null),
        await count('two', null),
        await count(null, 'np1'),
        await count('two', 'NP1'),
        await count(null, 'two/np2'),
      ],
      [5, 3, 4, 2, 1],
    );
    const unknown = [
      ['three', null],
      ['Contoso', null],
      [null, 'np9'],
      ['one', 'np2'],
      ['one', 'two/np2'],
    ] as const;
    for (const [cluster, of] of unknown)
      await assert.rejects(
        nodeViews(fleet, { cluster, pool: of }),
        code('scope-unknown'),
        `${cluster} ${of}`,
      );
    await assert.rejects(poolViews(fleet, 'three'), code('scope-unknown'));
  });
});

describe('nodeDetail', { timeout: 60_000 }, () => {
  it('shows software, where it comes from, and findings, worst first', async () => {
    const { fleet } = await fleetOf(['one']);
    const detail = await nodeDetail(fleet, 'AKS-np1-VMSS000001');
    assert.deepEqual(
      detail.evidence.map(({ source }) => source),
      ['image'],
    );
    assert.deepEqual([detail.software?.packages.length, detail.enabled, detail.cluster], [715, true, 'one']);
    assert.ok(detail.findings.length > 100);
    const ranks = detail.findings.map(({ severity }) => severityRank(severity));
    assert.deepEqual(
      ranks,
      ranks.toSorted((a, b) => a - b),
    );
    const kernel = detail.findings.find((each) => each.package === 'linux-image-5.15.0-1057-azure');
    assert.equal(kernel?.presence, 'running');
    const kubelet = detail.findings.filter(
      (each) => each.package === 'kubelet' && each.presence === 'installed',
    );
    assert.deepEqual([...new Set(kubelet.map(({ installed }) => installed))], ['1.28.5']);
    assert.ok(detail.gaps.length > 0);
  });

  it('shows nothing of software where there is no evidence', async () => {
    const { fleet, provider, clusters } = await fleetOf(['one']);
    clusters[0]?.nodes.push(node(clusters[0].np1, 9, { image: null }));
    await sync(fleet, provider);
    const { software, findings, evidence, coverage } = await nodeDetail(fleet, 'aks-np1-vmss000009');
    assert.deepEqual([software, findings, evidence, coverage.state], [null, [], [], 'not-assessed']);
  });

  it('lists nodes of one name, and refuses unknown ones', async () => {
    const { fleet, clusters } = await fleetOf(['one', 'two'], 1);
    const ids = clusters.map(({ nodes }) => nodes[0]?.id ?? '');
    await assert.rejects(
      nodeDetail(fleet, 'aks-np1-vmss000000'),
      (thrown: Error) => code('scope-unknown')(thrown) && ids.every((id) => thrown.message.includes(id)),
    );
    assert.equal((await nodeDetail(fleet, ids[1]?.toUpperCase() ?? '')).cluster, 'two');
    await assert.rejects(nodeDetail(fleet, 'nobody'), code('scope-unknown'));
  });
});

describe('poolFindings', { timeout: 60_000 }, () => {
  it('counts nodes for each CVE, what is known to be exploited first', async () => {
    const { fleet, provider, clusters } = await fleetOf(['one'], 3);
    const [one] = clusters;
    assert.ok(one);
    one.nodes[0] = node(one.np1, 0, { image: 'AKSUbuntu-2204gen2containerd-202407.03.0', kernel: null });
    one.nodes.push(node(one.np1, 8, { image: null }));
    await sync(fleet, provider);
    const found = await poolFindings(fleet, 'one/np1');
    assert.deepEqual([found.pool, found.unassessed], ['one/np1', 1]);
    assert.equal(found.cves, found.worst.length);
    assert.equal(
      Object.values(found.bySeverity).reduce((a, b) => a + b),
      found.cves,
    );
    assert.equal(new Set(found.worst.map(({ cve }) => cve)).size, found.cves);
    const regre = found.worst.find(({ cve }) => cve === 'CVE-2024-6387');
    assert.deepEqual([regre?.nodes, regre?.severity], [2, 'high'], 'the newer image has the fix');
    const exploited = found.worst.map(({ kev }) => kev !== null);
    assert.equal(exploited.indexOf(false), exploited.filter(Boolean).length);
    assert.ok(found.gaps.length > 0);
    const both = found.worst.filter(({ nodes }) => nodes === 3);
    assert.ok(both.length > 0);
  });

  it('says of a CVE whether any software in use has it', async () => {
    const { fleet } = await fleetOf(['one'], 1);
    const { worst } = await poolFindings(fleet, 'one/np1');
    const presences = new Set(worst.map(({ presence }) => presence));
    assert.deepEqual(presences, new Set(['running', 'installed', 'not-running']));
    assert.equal(worst.find(({ cve }) => cve === 'CVE-2024-1086')?.package, 'linux-image-5.15.0-1057-azure');
    const detail = await nodeDetail(fleet, 'aks-np1-vmss000000');
    for (const { cve, presence } of worst.filter(
      (each) => each.presence === 'cached' || each.presence === 'not-running',
    ))
      assert.ok(
        detail.findings
          .filter((each) => each.cve === cve)
          .every((each) => !['running', 'installed'].includes(each.presence)),
        `${cve} ${presence}`,
      );
  });

  it('refuses what is no pool', async () => {
    const { fleet } = await fleetOf(['one'], 1);
    for (const text of ['one', 'all', 'np1'])
      await assert.rejects(poolFindings(fleet, text), code('scope-unknown'));
  });
});

describe('importSbom', { timeout: 60_000 }, () => {
  it('is evidence of one node, better than its image, until it is replaced', async () => {
    const { fleet, provider, clusters } = await fleetOf(['one'], 1);
    assert.ok(clusters[0]);
    clusters[0].nodes[0] = node(clusters[0].np1, 0, { kernel: '5.15.0-1068-azure' });
    await sync(fleet, provider);
    const evidence = await importSbom(fleet, 'aks-np1-vmss000000', SBOM);
    assert.deepEqual([evidence.source, evidence.confidence, evidence.drift], ['sbom', 'high', []]);
    const detail = await nodeDetail(fleet, 'aks-np1-vmss000000');
    assert.deepEqual(
      detail.evidence.map(({ source }) => source),
      ['sbom', 'image'],
    );
    assert.deepEqual(detail.coverage.evidence, evidence);
    assert.equal(detail.software?.runningKernel, '5.15.0-1068-azure');
    clusters[0].nodes[0] = node(clusters[0].np1, 0, { uid: 'another' });
    const report = await sync(fleet, provider);
    assert.deepEqual(report.evidence, { disk: 0, sbom: 0, image: 1, none: 0 });
  });

  it('without the kernel that the node runs has low confidence: it is of another machine, or of another time', async () => {
    const { fleet } = await fleetOf(['one'], 1);
    const evidence = await importSbom(fleet, 'aks-np1-vmss000000', SBOM);
    assert.deepEqual(
      [evidence.confidence, evidence.drift],
      ['low', [{ what: 'kernel', image: null, node: '5.15.0-1057-azure' }]],
    );
    assert.equal((await nodeDetail(fleet, 'aks-np1-vmss000000')).coverage.state, 'partly');
  });

  it('of another operating system has low confidence, and says why', async () => {
    const { fleet, provider, clusters } = await fleetOf(['one'], 1);
    assert.ok(clusters[0]);
    clusters[0].nodes[0] = node(clusters[0].np1, 0, { osImage: 'CBL-Mariner/Linux' });
    await sync(fleet, provider);
    const evidence = await importSbom(fleet, 'aks-np1-vmss000000', SBOM);
    assert.equal(evidence.confidence, 'low');
    assert.deepEqual(
      evidence.drift.map(({ what, node: reported }) => [what, reported]),
      [['operating system', 'CBL-Mariner/Linux']],
    );
    const { coverage } = await nodeDetail(fleet, 'aks-np1-vmss000000');
    assert.ok(coverage.state === 'partly' && coverage.reasons.some(({ code: each }) => each === 'drift'));
  });

  it('refuses unknown nodes and files that are no SBOM, and stores nothing', async () => {
    const { fleet, clusters } = await fleetOf(['one'], 1);
    const bad = join(scratch(), 'bad.json');
    writeFileSync(bad, '{"bomFormat": 1');
    await assert.rejects(importSbom(fleet, 'nobody', SBOM), code('scope-unknown'));
    await assert.rejects(importSbom(fleet, 'aks-np1-vmss000000', bad), code('input-malformed'));
    await assert.rejects(importSbom(fleet, 'aks-np1-vmss000000', '/no/such'), code('file-not-found'));
    assert.deepEqual(
      (await fleet.store.inventory.evidence({ cluster: clusters[0]?.cluster.id ?? '' })).map(
        ({ source }) => source,
      ),
      ['image'],
    );
  });
});
