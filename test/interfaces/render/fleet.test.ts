import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sandboxBanner } from '../../../src/interfaces/render/fleet/banner.ts';
import { CLUSTERS } from '../../../src/interfaces/render/fleet/clusters.ts';
import { type Column, Columns } from '../../../src/interfaces/render/fleet/columns.ts';
import { COVERAGE } from '../../../src/interfaces/render/fleet/coverage.ts';
import { findingsWords } from '../../../src/interfaces/render/fleet/findings.ts';
import { footer } from '../../../src/interfaces/render/fleet/footer.ts';
import { renderList } from '../../../src/interfaces/render/fleet/list.ts';
import { renderNode } from '../../../src/interfaces/render/fleet/node.ts';
import { NODES } from '../../../src/interfaces/render/fleet/nodes.ts';
import { POOLS } from '../../../src/interfaces/render/fleet/pools.ts';
import { syncReport } from '../../../src/interfaces/render/fleet/sync.ts';
import { age, imageVersion, stateOf } from '../../../src/interfaces/render/fleet/words.ts';
import { WORST } from '../../../src/interfaces/render/fleet/worst.ts';
import { Page } from '../../../src/interfaces/render/table/text.ts';
import { list, streamed } from './fleet-list.ts';
import {
  COVERAGE_ROWS,
  cluster,
  clusterView,
  evidence,
  FLEET,
  NODE_DETAIL,
  NOW,
  node,
  nodeView,
  POOL_FINDINGS,
  poolView,
  reason,
  SYNC_REPORT,
} from './fleet-samples.ts';

const LISTS: readonly {
  readonly name: string;
  readonly write: (more: Parameters<typeof list>[2]) => Promise<string>;
}[] = [
  {
    name: 'clusters',
    write: (more) =>
      list(
        [
          clusterView('shop-weu'),
          clusterView('shop-eus', {
            cluster: cluster('shop-eus', { provisioning: 'Upgrading' }),
            coverage: { assessed: 2, partly: 10, 'not-assessed': 4 },
          }),
          clusterView('archive', {
            subscription: 'Contoso Research',
            coverage: { assessed: 0, partly: 0, 'not-assessed': 16 },
            reasons: [reason('not-enabled')],
          }),
        ],
        CLUSTERS,
        more,
      ),
  },
  { name: 'pools', write: (more) => list([poolView('system'), poolView('web')], POOLS, more) },
  {
    name: 'nodes',
    write: (more) =>
      list(
        [
          nodeView('aks-web-12345678-vmss000000'),
          nodeView('aks-web-12345678-vmss000001', {
            node: node('aks-web-12345678-vmss000001', { ready: false, unschedulable: true, image: null }),
            coverage: {
              state: 'partly',
              evidence: evidence({ source: 'image', confidence: 'low' }),
              reasons: [reason('image-only'), reason('drift'), reason('ephemeral-disk')],
            },
          }),
        ],
        NODES,
        more,
      ),
  },
  {
    name: 'worst',
    write: (more) =>
      list(
        [
          {
            pool: 'web',
            cluster: 'shop-weu',
            subscription: 'Contoso Production',
            findings: POOL_FINDINGS,
            nodes: 3,
          },
        ],
        WORST,
        more,
      ),
  },
  { name: 'coverage', write: (more) => list(COVERAGE_ROWS, COVERAGE, more) },
];

describe('lists', () => {
  for (const { name, write } of LISTS) {
    it(`of ${name} fit the terminal, in colour as without`, async () => {
      for (const width of [80, 100, 120, 160]) {
        const text = await write({ width });
        for (const line of text.split('\n')) {
          assert.ok(line.length <= width, `${width}: ${line}`);
          assert.equal(line, line.trimEnd());
        }
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        assert.equal((await write({ width, color: true })).replaceAll(/\x1b\[[\d;]*m/g, ''), text);
      }
    });

    it(`of ${name} are JSON that says whether it is a sandbox`, async () => {
      const real = JSON.parse(await write({ format: 'json' })) as Record<string, unknown>;
      assert.equal(real.sandbox, null);
      const sandbox = JSON.parse(await write({ format: 'json', sandbox: true })) as Record<string, unknown>;
      assert.deepEqual(sandbox.sandbox, { date: NOW.toISOString() });
      assert.deepEqual(Object.keys(real), Object.keys(sandbox));
    });

    it(`of ${name} are CSV with as many cells in every row`, async () => {
      const rows = (await write({ format: 'csv' })).trimEnd().split('\r\n');
      const cells = (row: string | undefined) => (row ?? '').replaceAll(/"[^"]*"/g, '').split(',').length;
      assert.ok(rows.length > 1);
      for (const row of rows) assert.equal(cells(row), cells(rows[0]), row);
    });
  }

  it('of nothing are empty JSON and CSV', async () => {
    assert.deepEqual(JSON.parse(await list([], CLUSTERS, { format: 'json' })), {
      sandbox: null,
      clusters: [],
    });
    assert.equal((await list([], NODES, { format: 'csv' })).split('\r\n').length, 2);
  });

  it('are written in parts, each once', async () => {
    const items = Array.from({ length: 1_201 }, (_, i) => nodeView(`node-${i}`));
    for (const format of ['table', 'csv', 'json'] as const) {
      const parts = await Array.fromAsync(renderList(format, { items: streamed(items), form: NODES }, FLEET));
      assert.ok(parts.length > 3, format);
    }
    const { nodes } = JSON.parse(await list(items, NODES, { format: 'json' })) as { nodes: unknown[] };
    assert.equal(nodes.length, 1_201);
    assert.equal((await list(items, NODES, { format: 'csv' })).trimEnd().split('\r\n').length, 1_202);
    assert.match(await list(items, NODES), /\n1,201 nodes\.\n$/);
    assert.equal((await list(items, NODES)).match(/^ {2}node-/gm)?.length, 1_201);
  });

  it('do not give away what a provider keeps for itself', async () => {
    for (const format of ['table', 'csv', 'json'] as const)
      assert.doesNotMatch(await list([clusterView('a')], CLUSTERS, { format }), /resourceVersion|cursor/);
  });

  it('let no name steer the terminal', async () => {
    const evil = 'a\u001b[2Jb\u202ec\nd';
    const text = [
      await list([clusterView('x', { cluster: cluster(evil), subscription: evil })], CLUSTERS),
      await list(
        [poolView('x', { cluster: evil, subscription: evil, images: [{ name: evil, nodes: 3 }] })],
        POOLS,
      ),
      await list([nodeView('x', { node: node(evil, { kubelet: evil }), cluster: evil })], NODES),
      await list(
        [
          {
            ...COVERAGE_ROWS[0],
            name: evil,
            reasons: [reason('drift', { detail: evil, remedy: evil })],
          } as never,
        ],
        COVERAGE,
      ),
      renderNode(
        'table',
        { ...NODE_DETAIL, node: node(evil, { image: evil, osImage: evil }), subscription: evil },
        FLEET,
      ),
      syncReport(
        { ...SYNC_REPORT, problems: [{ scope: evil, detail: evil, remedy: evil }], requests: { [evil]: 1 } },
        FLEET,
      ),
    ].join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
    assert.doesNotMatch(text, /^d/m);
  });
});

describe('whether something is assessed', () => {
  it('is only said of a whole that was seen wholly', async () => {
    const count = fc.nat({ max: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(count, count, count),
        fc.boolean(),
        async ([assessed, partly, not], hasReason) => {
          const coverage = { assessed, partly, 'not-assessed': not };
          const reasons = hasReason ? [reason('unreachable')] : [];
          const state = stateOf(coverage, reasons);
          const whole = assessed > 0 && partly + not === 0 && !hasReason;
          assert.equal(state === 'assessed', whole);
          const text = await list([clusterView('a', { coverage, reasons })], CLUSTERS, { color: true });
          assert.equal(text.includes('\u001b[32m'), whole, 'green');
        },
      ),
    );
  });

  it('findings of a pool are not "none" where nothing was looked at', () => {
    const none = {
      ...POOL_FINDINGS,
      cves: 0,
      worst: [],
      bySeverity: { ...POOL_FINDINGS.bySeverity, high: 0, medium: 0, low: 0 },
    };
    assert.match(findingsWords({ ...none, unassessed: 3 }, 3), /^not assessed/);
    assert.match(findingsWords({ ...none, unassessed: 0 }, 0), /nothing is known/);
    assert.match(
      findingsWords({ ...none, unassessed: 1 }, 3),
      /in what could be assessed; 1 gap; 1 node not assessed/,
    );
    assert.match(findingsWords({ ...none, unassessed: 1, gaps: [] }, 3), /in what could be assessed/);
    assert.equal(findingsWords({ ...none, unassessed: 0, gaps: [] }, 3), 'no known vulnerabilities');
  });
});

it('one node: what it is, its evidence, drift, reasons, findings, gaps and software', () => {
  const text = renderNode('table', NODE_DETAIL, FLEET);
  for (const part of [
    /^aks-web-12345678-vmss000000 {2}\(node of shop-weu\/web\)$/m,
    /^Evidence {5}disk, taken 3 h ago, confidence high, not complete: in use$/m,
    /^ {13}image, taken 2 d ago, confidence medium: not in use$/m,
    /^Drift {8}kernel: the image has 5\.15\.0-1057-azure, the node 5\.15\.0-1056-azure$/m,
    /^ {2}scan-incomplete\n {4}Detail of scan-incomplete\.\n {4}→ Remedy of scan-incomplete\.$/m,
    /CVE-2023-5528/,
    /^Gaps \(1\)/m,
    /^ {2}openssh-client +1:8\.9p1-3ubuntu0\.6 +amd64 +package$/m,
  ])
    assert.match(text, part);
  const rows = renderNode('csv', NODE_DETAIL, FLEET)
    .split('\r\n')
    .map((row) => row.split(',')[0]);
  assert.deepEqual(
    [...new Set(rows)],
    ['kind', 'evidence', 'drift', 'reason', 'software', 'finding', 'gap', ''],
  );
});

it('a node without evidence has no findings to show, and no "none"', () => {
  const text = renderNode(
    'table',
    {
      ...NODE_DETAIL,
      coverage: { state: 'not-assessed', evidence: null, reasons: [reason('unknown-image')] },
      evidence: [],
      software: null,
      findings: [],
      gaps: [],
    },
    FLEET,
  );
  assert.match(text, /^Coverage {5}not assessed$/m);
  assert.match(text, /^Evidence {5}none$/m);
  assert.doesNotMatch(text, /Findings|Gaps|Software/);
});

it('the report of a sync names every problem with its remedy', () => {
  const text = syncReport(SYNC_REPORT, FLEET);
  assert.match(text, /^nodes {5}1,234 {3}12 {8}3 {5}4$/m);
  assert.match(text, /^Problems \(2\)/m);
  assert.match(
    text,
    / {2}private-sdc: The API server does not answer\.\n {2}shop-eus: .*\n {4}→ Open its network\./,
  );
  assert.match(text, /1 that an earlier run left behind was removed/);
  const { done } = SYNC_REPORT.scans;
  const failing = syncReport({ ...SYNC_REPORT, scans: { done, failed: 1 } }, FLEET);
  assert.match(failing, /, 1 could not be: `nodeward coverage` says why$/m);
});

it('below a list stands how old it is, and what to do where nothing is enabled', () => {
  const lastSync = {
    id: 1,
    startedAt: '2024-03-01T08:59:00Z',
    endedAt: '2024-03-01T09:00:00Z',
    requests: 3,
    problems: 2,
  };
  assert.equal(
    footer({ lastSync, enabled: true }, FLEET),
    'As of 2024-03-01 09:00 UTC, 3 h ago, with 2 problems.\n',
  );
  assert.match(
    footer({ lastSync: { ...lastSync, endedAt: null }, enabled: true }, FLEET),
    /did not end: run `nodeward sync` again/,
  );
  assert.match(
    footer({ lastSync: null, enabled: false }, { ...FLEET, width: 160 }),
    /no sync yet: run `nodeward sync`[\s\S]*`nodeward enable all`/,
  );
});

it('the line before everything of a sandbox names its date', () => {
  assert.equal(sandboxBanner(NOW), 'SANDBOX 2024-03-01 12:00 UTC · simulated Azure, nothing here is real\n');
});

it('ages and versions are short', () => {
  const ages = {
    '2024-03-01T12:00:30Z': 'now',
    '2024-03-02T12:00:00Z': 'now',
    '2024-03-01T11:59:00Z': '1 min',
    '2024-03-01T10:00:00Z': '2 h',
    '2024-02-28T12:00:00Z': '2 d',
  };
  for (const [instant, text] of Object.entries(ages)) assert.equal(age(instant, NOW), text, instant);
  assert.equal(age('nonsense', NOW), 'now');
  assert.equal(imageVersion('AKSUbuntu-2204gen2containerd-202402.26.0'), '202402.26.0');
  assert.equal(imageVersion('AKSUbuntu-2204gen2containerd-202402.26.0-2024.03.15'), '202402.26.0-2024.03.15');
  assert.equal(imageVersion('AKSWindows-2022-containerd-20348.2322.240218'), '20348.2322.240218');
  assert.equal(imageVersion('golden'), 'golden');
});

it('columns fit whatever is in them, or are as narrow as they can be', () => {
  const cell = fc.string({ maxLength: 60, unit: fc.constantFrom('a', 'b', '-', ' ', '→') });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 60, max: 160 }),
      (rows, width) => {
        const page = new Page({ version: '1', color: false, width });
        const columns: readonly Column<readonly [string, string, string]>[] = [
          { title: 'A', text: ([a]) => a },
          { title: 'B', text: ([, b]) => b, yields: 1 },
          { title: 'C', text: ([, , c]) => c, wraps: 12 },
        ];
        const table = new Columns(page, columns, { rows });
        table.header();
        for (const row of rows) table.row(row);
        for (const line of page.toString().split('\n')) assert.ok(line.length <= width, line);
      },
    ),
  );
});
