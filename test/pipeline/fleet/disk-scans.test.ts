import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NodewardError } from '../../../src/base/errors.ts';
import type { Evidence } from '../../../src/model/coverage.ts';
import { type Fleet, nodeViews, type SyncOptions } from '../../../src/pipeline/fleet/index.ts';
import { scrubber } from '../../../src/pipeline/fleet/scrub.ts';
import { startRangeServer } from '../../support/range-server.ts';
import { lacking } from '../../support/tools.ts';
import {
  enableAll,
  node,
  pool,
  refusal,
  rootDisk,
  ScriptedDisks,
  ScriptedProvider,
  scratch,
  sync,
  testFleet,
} from './support.ts';

const skip = lacking('mke2fs');
const disk = skip === false ? rootDisk(scratch()) : '';
const SIGNATURE = 'c2VjcmV0LXNpZ25hdHVyZS10aGF0LW11c3Qtbm90LWxlYWs';
const code = (wanted: string) => (thrown: unknown) => (thrown as { code?: string }).code === wanted;

async function diskEvidence({ store }: Fleet): Promise<readonly Evidence[]> {
  const found: Evidence[] = [];
  for (const { id } of await store.inventory.clusters())
    found.push(...(await store.inventory.evidence({ cluster: id })));
  return found.filter(({ source }) => source === 'disk');
}

/** A fleet of one cluster whose disks can be read. */
async function setUp(rules: Parameters<typeof testFleet>[0], nodes = 3) {
  const fleet = await testFleet(rules);
  await enableAll(fleet);
  const provider = new ScriptedProvider();
  const disks = new ScriptedDisks();
  provider.disks = disks;
  const one = provider.add('one', nodes);
  for (const { name } of one.nodes) disks.answers.set(name, disk);
  return { fleet, provider, disks, one };
}

const names = (numbers: readonly number[], of = 'np1') =>
  numbers.map((number) => `aks-${of}-vmss00000${number}`);

describe('scans of disks', { timeout: 120_000, skip }, () => {
  it('read every assessed node whose evidence is not fresh, and release every snapshot', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' });
    const report = await sync(fleet, provider);
    assert.deepEqual(report.scans, { done: 3, failed: 0 });
    assert.deepEqual(disks.opened, names([0, 1, 2]));
    assert.deepEqual(disks.released.toSorted(), disks.opened);
    assert.deepEqual(report.evidence, { disk: 3, sbom: 0, image: 0, none: 0 });
    const [first] = await diskEvidence(fleet);
    assert.deepEqual([first?.confidence, first?.complete, first?.uid], ['high', true, one.nodes[0]?.uid]);
    const list = await fleet.store.inventory.software(first?.software ?? '');
    assert.equal(list?.os?.prettyName, 'Ubuntu 22.04.4 LTS');
    assert.equal(list?.runningKernel, '5.15.0-1057-azure', 'the node says which kernel runs');
    const runs = list?.components.filter(
      ({ name, role }) => role === 'installed' && ['containerd', 'kubelet'].includes(name),
    );
    assert.deepEqual(
      runs?.map(({ name, version }) => [name, version]),
      [
        ['containerd', '1.7.7-ubuntu22.04u1'],
        ['kubelet', '1.28.5'],
      ],
      'as the node reports, in the spelling of the image',
    );
    const image = fleet.workspace.catalogue().find(one.nodes[0]?.image ?? '')?.software.components ?? [];
    const namesOf = (components: readonly { readonly name: string }[]) => [
      ...new Set(components.map(({ name }) => name)),
    ];
    assert.deepEqual(
      namesOf(list?.components ?? []),
      namesOf(image),
      'a disk without programs has the components of its image',
    );
    assert.ok(first?.gaps.some(({ code }) => code === 'derived-evidence'));

    await sync(fleet, provider);
    assert.equal(disks.opened.length, 3, 'what is fresh is not read again');
    fleet.clock.addHours(169);
    await sync(fleet, provider);
    assert.equal(disks.opened.length, 6);
  });

  it('of a reimaged or replaced node do not count any more', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 1);
    await sync(fleet, provider);
    one.nodes[0] = node(one.np1, 0, { uid: 'reimaged' });
    disks.answers.set(one.nodes[0].name, refusal('no-permission'));
    const replaced = await sync(fleet, provider);
    assert.deepEqual([disks.opened.length, replaced.evidence.disk], [2, 0]);
    one.nodes[0] = node(one.np1, 0, { image: 'AKSUbuntu-2204gen2containerd-202403.04.0' });
    assert.equal((await sync(fleet, provider)).evidence.disk, 0);
    one.nodes[0] = node(one.np1, 0);
    assert.equal((await sync(fleet, provider)).evidence.disk, 1, 'as it was, so it counts');
  });

  it('of a sample: one node for each state in each pool, as long as none of them is fresh', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'sample' }, 3);
    const np2 = pool(one.cluster, 'np2');
    one.pools.push(np2);
    one.nodes[0] = node(one.np1, 0, { ready: false });
    one.nodes.push(node(one.np1, 4, { kernel: '5.15.0-1060-azure' }), node(np2, 5), node(np2, 6));
    for (const { name } of one.nodes) disks.answers.set(name, disk);
    await sync(fleet, provider);
    assert.deepEqual(disks.opened, [...names([1, 4]), ...names([5], 'np2')], 'one that is ready');
    one.nodes.splice(1, 1);
    await sync(fleet, provider);
    assert.deepEqual(disks.opened.slice(3), names([2]), 'the sample is gone, another one takes its place');
    await sync(fleet, provider);
    assert.equal(disks.opened.length, 4);
  });

  it('leave out what is off, not enabled, excluded, stopped, Windows or ephemeral', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 1);
    one.pools.push(pool(one.cluster, 'eph', { osDisk: 'ephemeral' }), pool(one.cluster, 'off'));
    one.nodes = [
      node(pool(one.cluster, 'eph'), 1),
      node(pool(one.cluster, 'off'), 2),
      node(one.np1, 3, { os: 'windows' }),
    ];
    const off = { scope: `${one.cluster.id}/agentpools/off`, enabled: false, at: '2024', by: 'me' };
    await fleet.store.write(({ inventory }) => inventory.putEnablement(off));
    const report = await sync(fleet, provider);
    assert.deepEqual([report.scans, disks.opened], [{ done: 0, failed: 0 }, []]);
    one.nodes.push(node(one.np1, 5));
    const none = { ...fleet, rules: { ...fleet.rules, disks: 'off' as const } };
    await sync(none, provider);
    assert.deepEqual(disks.opened, []);
    one.cluster = { ...one.cluster, power: 'stopped' };
    await sync(fleet, provider);
    assert.deepEqual(disks.opened, []);
  });

  it('that are refused or fail are told with their reason; what can never be read is not tried again', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 5);
    const [a = '', b = '', c = '', d = '', e = ''] = names([0, 1, 2, 3, 4]);
    const text = join(scratch(), 'text');
    writeFileSync(text, 'no file system '.repeat(1000));
    disks.answers.set(a, refusal('ephemeral-disk'));
    disks.answers.set(b, refusal('encrypted-disk'));
    disks.answers.set(c, refusal('no-permission'));
    disks.answers.set(d, text);
    disks.answers.set(e, () => {
      throw new Error('boom');
    });
    const report = await sync(fleet, provider);
    assert.deepEqual(report.scans, { done: 0, failed: 5 });
    const codes = (await fleet.store.inventory.scanFailures({ cluster: one.cluster.id })).map(
      ({ reason }) => reason.code,
    );
    assert.deepEqual(codes, [
      'ephemeral-disk',
      'encrypted-disk',
      'no-permission',
      'scan-failed',
      'scan-failed',
    ]);
    assert.deepEqual(disks.released, [d], 'what was opened is released');
    await sync(fleet, provider);
    assert.deepEqual(disks.opened.slice(5), [c, d, e]);
    disks.answers.set(c, disk);
    await sync(fleet, provider);
    assert.equal((await fleet.store.inventory.scanFailures({ node: one.nodes[2]?.id ?? '' })).length, 0);
  });

  it('what cannot be released is told, and the scan counts', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 1);
    const problem = {
      scope: one.nodes[0]?.id ?? '',
      code: 'failed',
      detail: 'locked',
      remedy: 'Unlock.',
    } as const;
    disks.answers.set(one.nodes[0]?.name ?? '', () => ({ url: disk, release: async () => [problem] }));
    const report = await sync(fleet, provider);
    assert.deepEqual(
      report.problems.map(({ detail }) => detail),
      ['locked'],
    );
    assert.equal(report.scans.done, 1);
  });

  it('Ctrl-C ends the scan, and its snapshot is released', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 2);
    const stop = new AbortController();
    const server = await startRangeServer({
      content: disk,
      fault: ({ number }) => {
        if (number > 0) stop.abort(new NodewardError('interrupted', 'stopped'));
        return number > 0 ? { kind: 'hang' } : null;
      },
    });
    let released = 0;
    for (const { name } of one.nodes)
      disks.answers.set(name, () => ({
        url: server.url,
        release: async () => {
          released++;
          return [];
        },
      }));
    await assert.rejects(sync(fleet, provider, { signal: stop.signal }), code('interrupted'));
    assert.equal(released, disks.opened.length);
    assert.deepEqual(await diskEvidence(fleet), []);
    assert.deepEqual(
      await fleet.store.inventory.scanFailures({ cluster: one.cluster.id }),
      [],
      'it did not fail',
    );
    assert.equal((await fleet.store.inventory.counts()).nodes, 2);
    await server.stop();
  });

  it('Ctrl-C tells which snapshot could not be deleted', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 2);
    const stop = new AbortController();
    const [a = '', b = ''] = one.nodes.map(({ name }) => name);
    const left = { scope: a, code: 'failed', detail: 'Snapshot s is left.', remedy: 'Delete it.' } as const;
    disks.answers.set(b, () => {
      stop.abort(new NodewardError('interrupted', 'stopped'));
      return { ...refusal('scan-failed'), left };
    });
    disks.answers.set(a, () => ({ url: 'http://127.0.0.1:1/', release: async () => [left] }));
    const told: string[] = [];
    const unfinished: SyncOptions['unfinished'] = (problems) => {
      told.push(...problems.map(({ detail }) => detail));
    };
    await assert.rejects(sync(fleet, provider, { signal: stop.signal, unfinished }), code('interrupted'));
    assert.deepEqual(told, [left.detail, left.detail]);
  });

  it('read the disks of nodes that only the cloud knows, which are not all of them', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 1);
    const bare = { uid: null, image: null, osImage: null, kernel: null, kubelet: null } as const;
    const problem = { scope: one.cluster.id, code: 'unreachable', detail: 'No.', remedy: 'Do.' } as const;
    const rest = { removed: [], pools: [], complete: false, cursor: null, problems: [problem] };
    const nodes = [node(one.np1, 0, { ...bare, containerRuntime: null })];
    one.answer = () => ({ kind: 'all', nodes, ...rest });
    await sync(fleet, provider);
    assert.deepEqual(disks.released, names([0]));
    const of = async (): Promise<unknown> =>
      (await Array.fromAsync(await nodeViews(fleet, { cluster: null, pool: null }))).map(({ coverage }) => [
        coverage.state,
        coverage.evidence?.source,
        coverage.reasons.map(({ code }) => code).filter((each) => each === 'unreachable'),
      ]);
    assert.deepEqual(await of(), [['partly', 'disk', ['unreachable']]]);
    one.answer = null;
    await sync(fleet, provider);
    assert.deepEqual(disks.opened, names([0, 0]), 'now it is known which machine it is');
  });

  it('a disk is read again when its node runs another kernel', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 2);
    await sync(fleet, provider);
    one.nodes[0] = node(one.np1, 0, { kernel: '5.15.0-1060-azure' });
    await sync(fleet, provider);
    await sync(fleet, provider);
    assert.deepEqual(disks.opened, names([0, 1, 0]));
    assert.equal((await diskEvidence(fleet))[0]?.reported?.kernel, '5.15.0-1060-azure');
  });

  it('what keeps disks from being read is told once by the sync, but not of disks that nobody can read', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 4);
    const [a = '', b = '', c = '', d = ''] = one.nodes.map(({ name }) => name);
    for (const name of [a, b, c]) disks.answers.set(name, refusal('no-permission'));
    disks.answers.set(d, refusal('encrypted-disk'));
    const report = await sync(fleet, provider);
    assert.deepEqual(report.problems, [
      { scope: a, detail: 'refused: no-permission. So it was with 2 more.', remedy: 'Do something.' },
    ]);
  });

  it('a sample whose disk cannot be read gives way to another one', async () => {
    const { fleet, provider, disks, one } = await setUp({ disks: 'sample' }, 2);
    disks.answers.clear();
    await sync(fleet, provider);
    await sync(fleet, provider);
    assert.deepEqual(
      disks.opened,
      one.nodes.map(({ name }) => name),
    );
  });

  it('let no signature into the store, the report or a message', async () => {
    const folder = scratch();
    const { fleet, provider, disks, one } = await setUp({ disks: 'all' }, 3);
    const good = await startRangeServer({ content: disk });
    const bad = await startRangeServer({ content: disk, fault: () => ({ kind: 'status', status: 403 }) });
    const query = `?sv=2024-01-01&sr=b&sig=${SIGNATURE}%3D`;
    const [a = '', b = '', c = ''] = one.nodes.map(({ name }) => name);
    const leak = { scope: a, code: 'failed' as const, remedy: 'r' };
    const opened = (url: string) => () => ({
      url,
      release: async () => [{ ...leak, detail: `DELETE ${url}` }],
    });
    disks.answers.set(a, opened(`${good.url}${query}`));
    disks.answers.set(b, opened(`${bad.url}${query}`));
    disks.answers.set(c, opened(`http://127.0.0.1:1/${query}`));
    const report = await sync(fleet, provider);
    assert.equal(report.scans.done, 1);
    await fleet.store.close();
    const path = join(fleet.workspace.paths.dataDir, 'inventory.db');
    const stored = [path, `${path}-wal`]
      .filter((each) => existsSync(each))
      .map((each) => readFileSync(each).toString('latin1'));
    assert.ok(stored.some((each) => each.includes('scan-failed')));
    for (const text of [...stored, JSON.stringify(report), folder])
      assert.ok(!text.includes(SIGNATURE.slice(4, 30)));
    await good.stop();
    await bad.stop();
  });
});

describe('snapshots of earlier runs', { timeout: 60_000 }, () => {
  it('are removed before any scan, and told; what cannot be is a problem', async () => {
    const fleet = await testFleet();
    const provider = new ScriptedProvider();
    const disks = new ScriptedDisks();
    provider.disks = disks;
    disks.left.push({ id: '/snap/1', madeAt: null }, { id: '/snap/2', madeAt: null });
    const problem = { scope: '/snap/2', code: 'failed', detail: 'locked', remedy: 'Unlock it.' } as const;
    disks.onRemove = ({ id }) => (id === '/snap/2' ? problem : null);
    const report = await sync(fleet, provider);
    assert.equal(report.leftovers, 1);
    assert.deepEqual(report.problems, [{ scope: '2', detail: 'locked', remedy: 'Unlock it.' }]);
    assert.deepEqual(disks.removed, ['/snap/1', '/snap/2']);
  });

  it('of a process that was killed between snapshot and delete are removed by the next sync', {
    skip,
  }, async () => {
    const folder = scratch();
    const child = fileURLToPath(new URL('./killed.child.ts', import.meta.url));
    const process_ = spawn(process.execPath, [child, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(process_.stdout, 'data');
    process_.kill('SIGKILL');
    await once(process_, 'exit');
    const snapshots = join(folder, 'snapshots');
    assert.equal(readFileSync(snapshots, 'utf8'), 'aks-np1-vmss000000\n');

    const fleet = await testFleet({ disks: 'all' }, folder);
    assert.equal((await fleet.store.inventory.lastSync())?.endedAt, null, 'that sync never ended');
    assert.equal((await fleet.store.inventory.counts()).nodes, 1, 'what was read is there');
    const provider = new ScriptedProvider();
    const disks = new ScriptedDisks();
    provider.disks = disks;
    const { nodes } = provider.add('one');
    disks.answers.set(nodes[0]?.name ?? '', rootDisk(folder));
    const left = readFileSync(snapshots, 'utf8').trim();
    disks.left.push({ id: left, madeAt: null });
    const report = await sync(fleet, provider);
    assert.deepEqual([report.leftovers, report.scans, disks.removed], [1, { done: 1, failed: 0 }, [left]]);
  });
});

describe('scrubber', () => {
  it('hides the address, its query and its long values, encoded or not', () => {
    const url = `https://host/disk?sv=2024&sig=${SIGNATURE}%2Fx%3D`;
    const scrub = scrubber(url);
    for (const text of [url, `sig=${SIGNATURE}%2Fx%3D`, `${SIGNATURE}/x=`, `GET ${url} failed`])
      assert.ok(!scrub(text).includes(SIGNATURE), text);
    assert.equal(scrub('version 2024 of host'), 'version 2024 of host');
    assert.equal(scrubber('/dev/sda')('cannot read /dev/sda'), 'cannot read …');
  });
});
