import assert from 'node:assert/strict';
import { it } from 'node:test';
import { renderPool } from '../../../src/interfaces/render/fleet/pool.ts';
import { POOLS } from '../../../src/interfaces/render/fleet/pools.ts';
import { list } from './fleet-list.ts';
import { FLEET, NEWEST, nodeView, POOL_FINDINGS, pool, poolView } from './fleet-samples.ts';

it('pools tell the newest image apart from one that is not known', async () => {
  const rows = [
    poolView('older'),
    poolView('current', { images: [{ name: NEWEST, nodes: 3 }] }),
    poolView('unknown', { pool: pool('unknown', { latestImage: null }) }),
  ];
  const text = await list(rows, POOLS);
  assert.match(text, /^ +older .* 202402\.26\.0 +1 assessed/m);
  assert.match(text, /^ +current .* same +1 assessed/m);
  assert.match(text, /^ +unknown .* \+1 +1 assessed/m);
});

it('one pool: what its nodes run, what is newest, its worst CVEs', () => {
  const detail = {
    view: poolView('web'),
    nodes: [nodeView('n')],
    findings: { ...POOL_FINDINGS, unassessed: 0 },
  };
  const text = renderPool('table', detail, FLEET);
  for (const part of [
    /^Nodes {8}2 nodes on AKSUbuntu-2204gen2containerd-202402\.12\.0$/m,
    /^Newest {7}AKSUbuntu-2204gen2containerd-202402\.26\.0, which 2 nodes do not run$/m,
    /^Findings {5}34 CVEs: 2 high, 30 medium, 2 low$/m,
    /^ {2}high +CVE-2024-21626 +KEV +3 +runc/m,
    /^ {2}… and 32 more CVEs$/m,
    /^Gaps \(1\)/m,
  ])
    assert.match(text, part);
  assert.deepEqual(
    (JSON.parse(renderPool('json', detail, FLEET)) as { findings: unknown }).findings,
    detail.findings,
  );
});

it('one pool: how exposed it is, and its labels and tags', async () => {
  const exposed = (more: Parameters<typeof pool>[1]): string => {
    const view = poolView('web', { pool: pool('web', more) });
    return renderPool('table', { view, nodes: [], findings: POOL_FINDINGS }, FLEET);
  };
  const told = [
    [{ publicAddress: true, privileged: 1 }, 'nodes have addresses on the internet; 1 privileged pod'],
    [{ publicAddress: false, privileged: 0 }, 'no addresses on the internet; no privileged pods'],
    [
      { publicAddress: null, privileged: null },
      'addresses on the internet are not known; privileged pods were not counted',
    ],
  ] as const;
  for (const [more, words] of told) assert.match(exposed(more), new RegExp(`^Exposure {5}${words}$`, 'm'));
  const labels = { tier: 'web', team: 'a\u001b[31m' };
  const text = exposed({ labels, tags: { owner: 'platform@contoso.example' } });
  assert.match(text, /^Labels {7}team=a\ufffd\[31m, tier=web$/m);
  assert.match(text, /^Tags {9}owner=platform@contoso\.example$/m);
  assert.doesNotMatch(exposed({}), /^(?:Labels|Tags)/m);
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`l${index}`, 'x']));
  assert.match(exposed({ labels: many }), /and 30 more$/m);
  const rows = [poolView('web', { pool: pool('web', { publicAddress: true, privileged: 2, labels }) })];
  const [head = '', row = ''] = (await list(rows, POOLS, { format: 'csv' })).split('\r\n');
  const cell = (name: string): string | undefined => row.split(',')[head.split(',').indexOf(name)];
  assert.deepEqual([cell('public_address'), cell('privileged')], ['true', '2']);
  assert.match(row, /,team=[^,]*; tier=web,/);
});
