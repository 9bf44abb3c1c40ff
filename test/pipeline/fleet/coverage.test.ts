/** Every reason that coverage knows, by syncing a fleet that has it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NodewardError } from '../../../src/base/errors.ts';
import type { CoverageCode, CoverageReason, Evidence } from '../../../src/model/coverage.ts';
import type { NodeView } from '../../../src/model/fleet-report.ts';
import type { SoftwareList } from '../../../src/model/software.ts';
import {
  clusterViews,
  coverageRows,
  type Fleet,
  nodeViews,
  poolViews,
} from '../../../src/pipeline/fleet/index.ts';
import { buildOsv } from '../../advisories/helpers.ts';
import { list } from '../../storage/support.ts';
import {
  allNodes,
  enableAll,
  IMAGE,
  node,
  pool,
  refusal,
  ScriptedDisks,
  ScriptedProvider,
  scratch,
  sync,
  testFleet,
} from './support.ts';

const seen = new Set<CoverageCode>();
const EVERYWHERE = { cluster: null, pool: null };

function codesOf(reasons: readonly CoverageReason[]): readonly CoverageCode[] {
  for (const { code, detail, remedy } of reasons) {
    seen.add(code);
    assert.match(detail, /^\S.*[.]$/s, `${code}: ${detail}`);
    assert.match(remedy, /^\S.*[.]$/s, `${code}: ${remedy}`);
  }
  return reasons.map(({ code }) => code);
}

async function nodesOf(fleet: Fleet): Promise<readonly NodeView[]> {
  return await Array.fromAsync(await nodeViews(fleet, EVERYWHERE));
}

/** State and reasons of every node. */
async function told(fleet: Fleet): Promise<readonly unknown[]> {
  return (await nodesOf(fleet)).map(({ coverage }) => [coverage.state, codesOf(coverage.reasons)]);
}

/** Gives the first node of a fleet evidence from its disk. */
async function putDisk(
  fleet: Fleet,
  software: SoftwareList = list('3.0.2-0ubuntu1.15'),
  more: Partial<Evidence> = {},
): Promise<void> {
  const [first] = await allNodes(fleet);
  assert.ok(first);
  const { id, uid, image } = first;
  const takenAt = fleet.clock.now().toISOString();
  const reported = null;
  const whole = {
    source: 'disk',
    takenAt,
    reported,
    confidence: 'high',
    complete: true,
    drift: [],
    gaps: [],
  } as const;
  const digest = JSON.stringify([software.os, software.fips, software.packages.length]);
  await fleet.store.write(async ({ inventory }) => {
    await inventory.putSoftware(digest, software);
    await inventory.putEvidence([{ node: id, uid, image, software: digest, ...whole, ...more }]);
  });
}

async function enabledFleet(rules: Parameters<typeof testFleet>[0] = {}) {
  const fleet = await testFleet(rules);
  await enableAll(fleet);
  const provider = new ScriptedProvider();
  const one = provider.add('one', 1);
  return { fleet, provider, one };
}

describe('coverage of nodes', { timeout: 60_000 }, () => {
  it('is assessed with complete evidence of its disk and advisories that cover it, and then gives no reason', async () => {
    const { fleet, provider } = await enabledFleet();
    await sync(fleet, provider);
    await putDisk(fleet);
    assert.deepEqual(await told(fleet), [['assessed', []]]);
    const rows = await coverageRows(fleet, 'all');
    assert.deepEqual(
      rows.map(({ level, name, state }) => [level, name, state]),
      [
        ['subscription', 'Contoso', 'assessed'],
        ['cluster', 'one', 'assessed'],
        ['pool', 'one/np1', 'assessed'],
        ['node', 'aks-np1-vmss000000', 'assessed'],
      ],
    );
    assert.deepEqual(
      rows.flatMap(({ reasons }) => reasons),
      [],
    );
  });

  it('is partly by the image alone: image-only', async () => {
    const { fleet, provider } = await enabledFleet();
    await sync(fleet, provider);
    assert.deepEqual(await told(fleet), [['partly', ['image-only']]]);
  });

  it('names what is not enabled or excluded, and shows no evidence', async () => {
    const { fleet, provider, one } = await enabledFleet({
      excludeTags: [{ name: 'Nodeward', value: 'off' }],
    });
    await sync(fleet, provider);
    const off = { scope: one.cluster.id, enabled: false, at: '2024-08-01T00:00:00.000Z', by: 'alice' };
    await fleet.store.write(({ inventory }) => inventory.putEnablement(off));
    assert.deepEqual(await told(fleet), [['not-assessed', ['not-enabled']]]);
    assert.match(
      (await nodesOf(fleet))[0]?.coverage.reasons[0]?.detail ?? '',
      /alice disabled .* 2024-08-01/,
    );
    assert.equal((await nodesOf(fleet))[0]?.coverage.evidence, null);
    one.cluster = { ...one.cluster, tags: { nodeward: 'OFF' } };
    await sync(fleet, provider);
    assert.deepEqual(await told(fleet), [['not-assessed', ['excluded']]]);
    assert.deepEqual(codesOf((await clusterViews(fleet))[0]?.reasons ?? []), ['excluded']);
  });

  it('names unknown images, and lists without packages', async () => {
    const { fleet, provider, one } = await enabledFleet();
    const flatcar = { image: 'AKSFlatcar-flatcargen2-202603.30.0', osImage: null, kernel: null } as const;
    one.nodes = [
      node(one.np1, 1, { image: null }),
      node(one.np1, 2, { image: 'Custom-1' }),
      node(one.np1, 3, flatcar),
    ];
    await sync(fleet, provider);
    const [none, custom, flat] = (await told(fleet)) as [string, string[]][];
    assert.deepEqual(none, ['not-assessed', ['unknown-image']]);
    assert.deepEqual(custom, none);
    assert.ok(flat?.[1].includes('no-package-list') && flat[1].includes('no-advisories'));
  });

  it('names advisories that do not cover the system: Windows, FIPS, old systems', async () => {
    const { fleet, provider, one } = await enabledFleet();
    const windows = { image: 'AKSWindows-2022-containerd-gen2-20348.2322.240218', os: 'windows' } as const;
    one.nodes = [node(one.np1, 1, { ...windows, osImage: null, kernel: '10.0.20348.2322' })];
    await sync(fleet, provider);
    const [view] = await nodesOf(fleet);
    assert.equal(view?.coverage.state, 'partly');
    assert.match(view?.coverage.reasons[0]?.detail ?? '', /No loaded feed covers Windows Server 2022/);
    one.nodes = [node(one.np1, 1)];
    await sync(fleet, provider);
    await putDisk(fleet, { ...list('1'), fips: true });
    assert.deepEqual(await told(fleet), [['partly', ['no-advisories']]]);
    await putDisk(fleet, {
      ...list('1'),
      os: { id: 'debian', versionId: '12', prettyName: 'Debian 12', variantId: null },
    });
    assert.deepEqual(await told(fleet), [['not-assessed', ['no-advisories']]]);
    await putDisk(fleet, { ...list('1'), os: null });
    assert.deepEqual(await told(fleet), [['not-assessed', ['no-advisories']]]);
    await putDisk(fleet, { ...list('1'), packages: [] });
    assert.deepEqual(
      await told(fleet),
      [['not-assessed', ['no-package-list']]],
      'no packages is never clean',
    );
  });

  it('names stale advisories: by the day, and by the image', async () => {
    const { fleet, provider, one } = await enabledFleet({ maxAgeHours: 1e6 });
    await sync(fleet, provider);
    await putDisk(fleet);
    fleet.clock.addHours(24 * 7);
    assert.deepEqual(await told(fleet), [['partly', ['stale-advisories']]]);
    fleet.clock.addHours(-24 * 7);
    one.nodes = [
      node(one.np1, 0, { image: 'AKSUbuntu-2204gen2containerd-202511.12.0', kernel: null, osImage: null }),
    ];
    await sync(fleet, provider);
    assert.match(JSON.stringify((await nodesOf(fleet))[0]?.coverage.reasons), /before this image was built/);
  });

  it('names sample advisories, and that Go is not covered', async () => {
    const { fleet, provider } = await enabledFleet();
    await sync(fleet, provider);
    const record = {
      id: 'UBUNTU-CVE-2024-0001',
      modified: '2024-08-09T00:00:00Z',
      affected: [
        {
          package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'openssl' },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '9' }] }],
        },
      ],
    };
    const { advisories } = await buildOsv([record]);
    const sample = advisories.coverage.map((each) => ({ ...each, complete: false }));
    const workspace = Object.create(fleet.workspace, {
      advisories: { value: () => Object.create(advisories, { coverage: { value: sample } }) },
    });
    assert.deepEqual(await told({ ...fleet, workspace }), [
      ['partly', ['no-advisories', 'sample-advisories', 'image-only']],
    ]);
    await putDisk(fleet);
    assert.deepEqual(await told({ ...fleet, workspace }), [['partly', ['sample-advisories']]]);
    advisories.close();
  });

  it('names drift', async () => {
    const { fleet, provider, one } = await enabledFleet();
    one.nodes = [node(one.np1, 1, { kernel: '5.15.0-1099-azure', image: `${IMAGE}-2024.05.01` })];
    await sync(fleet, provider);
    assert.deepEqual(await told(fleet), [['partly', ['image-only', 'drift']]]);
    const detail = (await nodesOf(fleet))[0]?.coverage.reasons[1]?.detail;
    assert.match(
      detail ?? '',
      /security patches 2024.05.01; kernel 5.15.0-1099-azure, not 5.15.0-1057-azure/,
    );
  });

  it('names why a disk was not read, for all nodes of its pool where it is the same for all', async () => {
    const { fleet, provider, one } = await enabledFleet({ disks: 'sample' });
    const [eph, enc, bad] = ['eph', 'enc', 'bad'].map((name) =>
      pool(one.cluster, name, { osDisk: name === 'eph' ? 'ephemeral' : 'managed' }),
    );
    assert.ok(eph && enc && bad);
    one.pools.push(eph, enc, bad);
    one.nodes = [node(eph, 1), node(enc, 2), node(enc, 3), node(bad, 4), node(bad, 5)];
    const disks = new ScriptedDisks();
    provider.disks = disks;
    disks.answers.set('aks-enc-vmss000002', refusal('encrypted-disk'));
    await sync(fleet, provider);
    const byName = new Map(
      (await nodesOf(fleet)).map(({ node: { name }, coverage }) => [
        name.slice(4),
        codesOf(coverage.reasons),
      ]),
    );
    assert.deepEqual(byName.get('eph-vmss000001'), ['ephemeral-disk']);
    assert.deepEqual(byName.get('enc-vmss000002'), ['encrypted-disk']);
    assert.deepEqual(byName.get('enc-vmss000003'), ['encrypted-disk']);
    assert.deepEqual(byName.get('bad-vmss000004'), ['scan-failed']);
    assert.deepEqual(byName.get('bad-vmss000005'), ['image-only']);
    disks.answers.set('aks-bad-vmss000005', refusal('no-permission'));
    await sync(fleet, provider);
    const views = (await nodesOf(fleet)).find(({ node: { name } }) => name === 'aks-bad-vmss000005');
    assert.deepEqual(codesOf(views?.coverage.reasons ?? []), ['no-permission']);
  });

  it('a disk that was read before the node came to run another kernel is not all of it', async () => {
    const { fleet, provider, one } = await enabledFleet();
    await sync(fleet, provider);
    const { osImage, kernel, kubelet, containerRuntime } = one.nodes[0] ?? node(one.np1, 0);
    await putDisk(fleet, list('1'), { reported: { osImage, kernel, kubelet, containerRuntime } });
    assert.deepEqual(await told(fleet), [['assessed', []]]);
    one.nodes = [node(one.np1, 0, { kernel: '5.15.0-1060-azure' })];
    await sync(fleet, provider);
    assert.deepEqual(await told(fleet), [['partly', ['drift']]]);
    assert.equal(
      (await nodesOf(fleet))[0]?.coverage.reasons[0]?.detail,
      'The node has changed since its disk was read: kernel 5.15.0-1060-azure, before 5.15.0-1057-azure.',
    );
  });

  it('evidence does not outlive the last sight of its node', async () => {
    const { fleet, provider } = await enabledFleet();
    await sync(fleet, provider);
    fleet.clock.addHours(200);
    await putDisk(fleet, list('1'), { source: 'sbom' });
    const [view] = await nodesOf(fleet);
    const old = view?.coverage.reasons.find(({ code }) => code === 'old-evidence');
    assert.match(old?.detail ?? '', /^The node was last seen on/);
  });

  it('names parts of a disk that could not be read, and evidence that is old', async () => {
    const { fleet, provider } = await enabledFleet();
    await sync(fleet, provider);
    await putDisk(fleet, list('1'), { complete: false });
    assert.deepEqual(await told(fleet), [['partly', ['scan-incomplete']]]);
    await putDisk(fleet, list('1'), { takenAt: '2024-08-01T00:00:00.000Z' });
    assert.deepEqual(await told(fleet), [['partly', ['old-evidence']]]);
    await putDisk(fleet, list('1'), { takenAt: '2030-01-01T00:00:00.000Z' });
    assert.deepEqual(await told(fleet), [['partly', ['old-evidence']]], 'nobody knows when it was read');
    assert.match(
      (await nodesOf(fleet))[0]?.coverage.reasons[0]?.detail ?? '',
      /2030-01-01, by a clock that was wrong/,
    );
    await putDisk(fleet, list('1'), { uid: 'of its predecessor' });
    fleet.clock.addHours(200);
    const [view] = await nodesOf(fleet);
    assert.equal(view?.coverage.evidence?.source, 'image');
    assert.ok(
      codesOf(view?.coverage.reasons ?? []).includes('old-evidence'),
      'it was not seen for that long',
    );
  });
});

describe('coverage of clusters and pools', { timeout: 60_000 }, () => {
  const problem = (code: 'unreachable' | 'no-permission', scope: string) => ({
    scope,
    code,
    detail: 'No.',
    remedy: 'Do.',
  });

  it('a cluster that does not answer is never assessed, also with fresh evidence', async () => {
    const { fleet, provider, one } = await enabledFleet();
    await sync(fleet, provider);
    await putDisk(fleet);
    for (const code of ['unreachable', 'no-permission'] as const) {
      one.answer = () => ({
        kind: 'all',
        nodes: [],
        removed: [],
        pools: [],
        complete: false,
        cursor: null,
        problems: [problem(code, one.cluster.id)],
      });
      await sync(fleet, provider);
      assert.deepEqual(await told(fleet), [['partly', [code]]]);
      const [row] = await coverageRows(fleet, 'one');
      assert.deepEqual([row?.state, codesOf(row?.reasons ?? [])], ['partly', [code]]);
    }
  });

  it('a subscription whose clusters were not all listed is never assessed, nor said to have none', async () => {
    const { fleet, provider, one } = await enabledFleet();
    await sync(fleet, provider);
    await putDisk(fleet);
    const row = async (): Promise<unknown> => {
      const [first] = await coverageRows(fleet, null);
      return [first?.state, codesOf(first?.reasons ?? [])];
    };
    assert.deepEqual(await row(), ['assessed', []]);
    const problems = [problem('no-permission', one.cluster.subscription)];
    provider.listing = (whole) => ({ ...whole, complete: false, problems });
    await sync(fleet, provider);
    assert.deepEqual(await row(), ['partly', ['no-permission']], 'another page may have other clusters');
    provider.listing = null;
    await sync(fleet, provider);
    assert.deepEqual(await row(), ['assessed', []]);

    const empty = await testFleet();
    provider.listing = () => ({ clusters: [], complete: false, problems });
    await sync(empty, provider);
    const [first] = await coverageRows(empty, null);
    assert.deepEqual([first?.state, codesOf(first?.reasons ?? [])], ['not-assessed', ['no-permission']]);
  });

  it('what a provider without credentials found before is not assessed any more', async () => {
    const { fleet, provider } = await enabledFleet();
    await sync(fleet, provider);
    await putDisk(fleet);
    provider.subscriptionsError = new NodewardError('cloud-credentials', 'Nobody is signed in');
    await assert.rejects(sync(fleet, provider));
    assert.deepEqual(await told(fleet), [['partly', ['no-permission']]]);
    const states = (await coverageRows(fleet, null)).map(({ level, state }) => [level, state]);
    assert.deepEqual(states.slice(0, 2), [
      ['subscription', 'partly'],
      ['cluster', 'partly'],
    ]);
  });

  it('of a node that only the cloud names, the cluster’s problem is told', async () => {
    const { fleet, provider, one } = await enabledFleet();
    const bare = { uid: null, image: null, kernel: null, kubelet: null, osImage: null } as const;
    one.answer = () => ({
      kind: 'all',
      nodes: [node(one.np1, 1, bare)],
      removed: [],
      pools: [],
      complete: false,
      cursor: null,
      problems: [{ ...problem('unreachable', one.cluster.id), detail: 'It does not answer' }],
    });
    await sync(fleet, provider);
    assert.deepEqual(await told(fleet), [['not-assessed', ['unreachable']]]);
  });

  it('a cluster whose nodes were never read is not assessed', async () => {
    const { fleet, provider, one } = await enabledFleet();
    const at = fleet.clock.now().toISOString();
    await fleet.store.write(async ({ inventory }) => {
      await inventory.putSubscription({ id: one.cluster.subscription, provider: 'aks', name: 'Contoso' }, at);
      await inventory.putCluster(one.cluster, at);
    });
    const [row] = await coverageRows(fleet, 'one');
    assert.deepEqual([row?.state, codesOf(row?.reasons ?? [])], ['not-assessed', ['not-synced']]);
    one.nodes = [];
    await sync(fleet, provider);
    const [cluster, ofPool] = await coverageRows(fleet, 'one');
    assert.deepEqual([cluster?.state, codesOf(cluster?.reasons ?? [])], ['not-assessed', ['no-nodes']]);
    assert.deepEqual([ofPool?.state, codesOf(ofPool?.reasons ?? [])], ['not-assessed', ['no-nodes']]);
  });

  it('a stopped cluster or pool is not assessed, and keeps what it is in from being so', async () => {
    const { fleet, provider, one } = await enabledFleet();
    one.pools.push(pool(one.cluster, 'asleep', { power: 'stopped', count: 3 }));
    await sync(fleet, provider);
    await putDisk(fleet);
    const states = (await coverageRows(fleet, null)).map(({ name, state, reasons }) => [
      name,
      state,
      codesOf(reasons),
    ]);
    assert.deepEqual(states, [
      ['Contoso', 'partly', ['cluster-stopped']],
      ['one', 'partly', ['cluster-stopped']],
      ['one/asleep', 'not-assessed', ['cluster-stopped']],
      ['one/np1', 'assessed', []],
    ]);
    assert.match((await coverageRows(fleet, 'one'))[0]?.reasons[0]?.detail ?? '', /^1 of 2 pools: /);
    one.cluster = { ...one.cluster, power: 'stopped' };
    one.nodes = [];
    await sync(fleet, provider);
    const [row] = await coverageRows(fleet, 'one');
    assert.deepEqual([row?.state, codesOf(row?.reasons ?? [])], ['not-assessed', ['cluster-stopped']]);
    for (const { reasons } of await coverageRows(fleet, 'one'))
      assert.deepEqual(codesOf(reasons), ['cluster-stopped']);
  });

  it('nodes that the cloud counts and nobody saw are told; a pool that is meant to be empty hinders nothing', async () => {
    const { fleet, provider, one } = await enabledFleet();
    one.pools = [{ ...one.np1, count: 3 }, pool(one.cluster, 'empty', { count: 0 })];
    await sync(fleet, provider);
    await putDisk(fleet);
    const [, , np1] = await coverageRows(fleet, 'one');
    assert.deepEqual([np1?.name, codesOf(np1?.reasons ?? [])], ['one/np1', ['not-synced']].slice(0, 2));
    one.pools = [{ ...one.np1, count: 1 }, pool(one.cluster, 'empty', { count: 0 })];
    await sync(fleet, provider);
    const rows = (await coverageRows(fleet, 'one')).map(({ name, state }) => [name, state]);
    assert.deepEqual(rows.slice(0, 3), [
      ['one', 'assessed'],
      ['one/empty', 'not-assessed'],
      ['one/np1', 'assessed'],
    ]);
  });

  it('a subscription with one cluster that nobody enabled is not assessed, whatever the others are', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    const one = provider.add('one', 1);
    provider.add('two', 0);
    await sync(fleet, provider);
    const on = { scope: one.cluster.id, enabled: true, at: '2024', by: 'me' };
    await fleet.store.write(({ inventory }) => inventory.putEnablement(on));
    await putDisk(fleet);
    const [subscription, first] = await coverageRows(fleet, null);
    assert.deepEqual([subscription?.state, first?.state], ['partly', 'assessed']);
    assert.ok(codesOf(subscription?.reasons ?? []).includes('not-enabled'));
    assert.deepEqual(
      (await clusterViews(fleet)).map(({ enabled, nodes, pools }) => [enabled, nodes, pools]),
      [
        [true, 1, 1],
        [false, 0, 1],
      ],
    );
  });

  it('counts nodes, and tells each reason once with how many have it', async () => {
    const { fleet, provider, one } = await enabledFleet();
    one.nodes = [node(one.np1, 1), node(one.np1, 2), node(one.np1, 3, { image: null })];
    await sync(fleet, provider);
    await putDisk(fleet);
    const [view] = await poolViews(fleet, 'one');
    assert.deepEqual(view?.coverage, { assessed: 1, partly: 1, 'not-assessed': 1 });
    assert.deepEqual(view?.images, [
      { name: IMAGE, nodes: 2 },
      { name: null, nodes: 1 },
    ]);
    assert.deepEqual(
      view?.reasons.map(({ code, detail }) => [code, detail.slice(0, 13)]),
      [
        ['image-only', '1 of 3 nodes:'],
        ['unknown-image', '1 of 3 nodes:'],
      ],
    );
    const [cluster] = await clusterViews(fleet);
    assert.deepEqual([cluster?.coverage, cluster?.nodes], [view?.coverage, 3]);
  });

  it('an empty fleet is never assessed', async () => {
    const fleet = await testFleet({}, join(scratch(), 'new'));
    assert.deepEqual([await clusterViews(fleet), await coverageRows(fleet, null)], [[], []]);
  });
});

describe('reasons', () => {
  it('are all met by the tests above', () => {
    const all: Record<CoverageCode, true> = {
      'not-enabled': true,
      excluded: true,
      'cluster-stopped': true,
      unreachable: true,
      'no-permission': true,
      'not-synced': true,
      'no-nodes': true,
      'unknown-image': true,
      'no-package-list': true,
      'no-advisories': true,
      'sample-advisories': true,
      'stale-advisories': true,
      'image-only': true,
      drift: true,
      'ephemeral-disk': true,
      'encrypted-disk': true,
      'scan-failed': true,
      'scan-incomplete': true,
      'old-evidence': true,
    };
    assert.deepEqual(
      Object.keys(all).filter((code) => !seen.has(code as CoverageCode)),
      [],
    );
  });
});
