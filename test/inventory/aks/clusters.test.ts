import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAks } from '../../../src/inventory/providers/aks/aks.ts';
import { type Answer, aksSettings, IMPATIENT, json, serve, testRun } from '../support.ts';
import {
  CLUSTERS,
  GUID,
  listing,
  OTHER,
  provider,
  SUBSCRIPTION,
  wireCluster,
  wirePool,
} from './clusters-support.ts';

describe('clusters of a subscription', { timeout: 60_000 }, () => {
  it('come with their pools in one listing, with ids in lower case', async (context) => {
    const aks = await listing(context, () => json(200, { value: [wireCluster('C1')] }));
    const { clusters, complete, problems } = await aks.clusters(SUBSCRIPTION, testRun());
    assert.deepEqual({ complete, problems }, { complete: true, problems: [] });
    const id = `/subscriptions/${GUID}/resourcegroups/rg1/providers/microsoft.containerservice/managedclusters/c1`;
    assert.deepEqual(clusters, [
      {
        cluster: {
          id,
          provider: 'aks',
          subscription: SUBSCRIPTION.id,
          name: 'C1',
          resourceGroup: 'Rg1',
          nodeResourceGroup: 'MC_rg1_c1_westus2',
          region: 'westus2',
          kubernetesVersion: '1.28.5',
          power: 'running',
          provisioning: 'Succeeded',
          autoUpgrade: { kubernetes: 'none', nodeOs: 'NodeImage' },
          tags: { env: 'prod' },
          revision: 'tag-1',
          apiHost: 'c1-dns.hcp.westus2.azmk8s.io',
        },
        pools: [
          {
            id: `${id}/agentpools/np1`,
            cluster: id,
            name: 'np1',
            kind: 'scale-set',
            mode: 'User',
            os: 'linux',
            osSku: 'Ubuntu',
            vmSize: 'Standard_D4ds_v5',
            count: 3,
            image: 'AKSUbuntu-2204gen2containerd-202402.26.0',
            latestImage: null,
            kubernetesVersion: '1.28.5',
            osDisk: 'managed',
            publicAddress: true,
            power: 'running',
            provisioning: 'Succeeded',
            tags: {},
            labels: { team: 'shop' },
            revision: 'pool-tag',
          },
        ],
      },
    ]);
    assert.deepEqual(aks.traffic(), { requests: { 'ARM list clusters': 1 }, throttled: 0 });
  });

  it('are read page by page', async (context) => {
    const aks = await provider(context, {
      [`GET ${CLUSTERS}`]: ({ searchParams }) => {
        assert.equal(searchParams.get('api-version'), '2026-06-01');
        const page = Number(searchParams.get('page') ?? 0);
        const next = `${CLUSTERS}?api-version=2026-06-01&page=${page + 1}`;
        return json(200, { value: [wireCluster(`c${page}`)], ...(page < 2 ? { nextLink: next } : {}) });
      },
    });
    const { clusters, complete } = await aks.clusters(SUBSCRIPTION, testRun());
    assert.deepEqual([clusters.map(({ cluster }) => cluster.name), complete], [['c0', 'c1', 'c2'], true]);
  });

  it('keep what is new to Nodeward, and say null for what is not said', async (context) => {
    const odd = wireCluster('c1', {
      powerState: { code: 'Hibernated' },
      provisioningState: 'Teleporting',
      fqdn: null,
      privateFQDN: 'C1.private.azmk8s.io',
      autoUpgradeProfile: 'none',
      agentPoolProfiles: [
        wirePool('np1', { mode: 'Machines', osType: 'Plan9', osDiskType: 7, count: -1, nodeImageVersion: 5 }),
        wirePool('np2', { mode: 'Quantum', powerState: null }),
      ],
    });
    const aks = await listing(context, () => json(200, { value: [odd] }));
    const { clusters, problems } = await aks.clusters(SUBSCRIPTION, testRun());
    assert.deepEqual(problems, []);
    const [found] = clusters;
    assert.equal(found?.cluster.power, 'unknown');
    assert.equal(found?.cluster.provisioning, 'Teleporting');
    assert.equal(found?.cluster.apiHost, 'c1.private.azmk8s.io');
    assert.deepEqual(
      found?.pools.map(({ kind, mode, os, osDisk, count, image, power }) => [
        kind,
        mode,
        os,
        osDisk,
        count,
        image,
        power,
      ]),
      [
        ['machines', 'Machines', 'unknown', 'unknown', null, null, 'running'],
        [
          'scale-set',
          'Quantum',
          'linux',
          'managed',
          3,
          'AKSUbuntu-2204gen2containerd-202402.26.0',
          'unknown',
        ],
      ],
    );
  });

  it('stay when one of them cannot be used, which is a problem', async (context) => {
    const bad: readonly unknown[] = [
      null,
      7,
      'cluster',
      [],
      {},
      { id: '/subscriptions/x', name: 'c' },
      wireCluster('c2', { agentPoolProfiles: 'none' }),
      wireCluster('c3', { agentPoolProfiles: [wirePool('np1'), { count: 3 }] }),
      wireCluster('c4', { agentPoolProfiles: [wirePool('np\u001b[2J')] }),
      { ...(wireCluster('c5') as object), properties: 'none' },
      { ...(wireCluster('c6') as object), name: 'c\u202e6' },
      {
        ...(wireCluster('c7') as object),
        id: `/subscriptions/${OTHER}/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/c7`,
      },
    ];
    for (const entry of bad) {
      const aks = await listing(context, () => json(200, { value: [entry, wireCluster('good')] }));
      const { clusters, complete, problems } = await aks.clusters(SUBSCRIPTION, testRun());
      const shown = JSON.stringify(entry);
      assert.deepEqual(
        clusters.map(({ cluster }) => cluster.name),
        ['good'],
        shown,
      );
      assert.deepEqual(
        [complete, problems.map(({ code, scope }) => [code, scope])],
        [false, [['malformed', SUBSCRIPTION.id]]],
        shown,
      );
    }
  });

  it('show no control characters of the cloud', async (context) => {
    const forged = wireCluster('c1', {
      provisioningState: 'Ok\u001b[2J',
      currentKubernetesVersion: '1\u20282',
    });
    const aks = await listing(context, () => json(200, { value: [forged] }));
    const [found] = (await aks.clusters(SUBSCRIPTION, testRun())).clusters;
    assert.equal(found?.cluster.provisioning, 'Ok\ufffd[2J');
    assert.equal(found?.cluster.kubernetesVersion, '1\ufffd2');
  });

  it('of the first pages stay where a later page fails', async (context) => {
    const aks = await provider(context, {
      [`GET ${CLUSTERS}`]: ({ searchParams }) =>
        searchParams.has('page')
          ? json(500, { error: { code: 'InternalServerError', message: 'broken' } })
          : json(200, { value: [wireCluster('c1')], nextLink: `${CLUSTERS}?api-version=2026-06-01&page=2` }),
    });
    const { clusters, complete, problems } = await aks.clusters(SUBSCRIPTION, testRun());
    assert.deepEqual([clusters.length, complete, problems[0]?.code], [1, false, 'failed']);
    // The SDK's own policy does not repeat beside ours.
    assert.equal(aks.traffic().requests['ARM list clusters'], 1 + IMPATIENT.attempts);
  });

  it('end where the pages never do', async (context) => {
    const aks = await listing(context, () =>
      json(200, { value: [wireCluster('c1')], nextLink: `${CLUSTERS}?api-version=2026-06-01&again=1` }),
    );
    const { complete, problems } = await aks.clusters(SUBSCRIPTION, testRun());
    assert.deepEqual([complete, problems[0]?.code], [false, 'malformed']);
    assert.match(problems[0]?.detail ?? '', /never ends/);
  });

  it('never take the token to another host', async (context) => {
    const heard: (string | undefined)[] = [];
    const thief = await serve(context, (request, response) => {
      heard.push(request.headers.authorization);
      response.end('{}');
    });
    for (const nextLink of [`${thief.url}/next`, 'http://127.0.0.1/next', 'https://user@example.test/']) {
      const aks = await listing(context, () => json(200, { value: [wireCluster('c1')], nextLink }));
      const { clusters, complete, problems } = await aks.clusters(SUBSCRIPTION, testRun());
      assert.deepEqual([clusters.length, complete, problems[0]?.code], [1, false, 'malformed'], nextLink);
    }
    const redirecting = await listing(context, () => ({
      status: 307,
      headers: { location: thief.url },
      body: '',
    }));
    assert.equal((await redirecting.clusters(SUBSCRIPTION, testRun())).complete, false);
    assert.deepEqual(heard, []);
  });

  const ANSWERS: readonly (readonly [name: string, answer: Answer, code: string])[] = [
    [
      '401',
      json(401, { error: { code: 'ExpiredAuthenticationToken', message: 'expired' } }),
      'no-permission',
    ],
    ['403', json(403, { error: { code: 'AuthorizationFailed', message: 'no' } }), 'no-permission'],
    ['404', json(404, { error: { code: 'SubscriptionNotFound', message: 'no' } }), 'failed'],
    [
      '429',
      json(429, { error: { code: 'Throttled', message: 'slow down' } }, { 'retry-after': '0' }),
      'throttled',
    ],
    ['500', json(500, { error: { code: 'InternalServerError', message: 'no' } }), 'failed'],
    ['503 without a body', { status: 503, headers: {}, body: '' }, 'malformed'],
    [
      'HTML',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' },
      'malformed',
    ],
    ['JSON that is no list', json(200, { value: 'none' }), 'malformed'],
    ['null', json(200, null), 'malformed'],
    ['a list', json(200, []), 'malformed'],
    [
      'deep JSON',
      { status: 200, headers: { 'content-type': 'application/json' }, body: '['.repeat(200_000) },
      'malformed',
    ],
    ['a next page that is none', json(200, { value: [], nextLink: 7 }), 'malformed'],
  ];
  for (const [name, answer, code] of ANSWERS) {
    it(`that answer ${name} are a problem, never an empty list`, async (context) => {
      const aks = await listing(context, () => answer);
      const { clusters, complete, problems } = await aks.clusters(SUBSCRIPTION, testRun());
      assert.deepEqual([clusters.length, complete, problems.length], [0, false, 1]);
      assert.equal(problems[0]?.code, code, problems[0]?.detail);
      assert.match(problems[0]?.detail ?? '', /^Clusters of Contoso cannot be listed: /);
      assert.ok((problems[0]?.remedy ?? '').length > 10);
    });
  }

  it('wait out throttling, and count it', async (context) => {
    let asked = 0;
    const aks = await listing(context, () =>
      ++asked < 4
        ? json(429, { error: { code: 'Throttled', message: '' } }, { 'retry-after': '0' })
        : json(200, { value: [] }),
    );
    const { complete } = await aks.clusters(SUBSCRIPTION, testRun());
    assert.deepEqual(
      [complete, aks.traffic().throttled, aks.traffic().requests],
      [true, 3, { 'ARM list clusters': 4 }],
    );
  });

  it('do not wait for as long as any server says', async (context) => {
    const aks = await listing(context, () => json(429, {}, { 'retry-after': '999999999' }));
    const { problems } = await aks.clusters(SUBSCRIPTION, testRun());
    assert.equal(problems[0]?.code, 'throttled');
  });

  it('are a problem where the answer never ends', async (context) => {
    const server = await serve(context, (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(1 << 20, 32);
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    });
    const aks = createAks(aksSettings(server), { patience: IMPATIENT });
    const { problems } = await aks.clusters(SUBSCRIPTION, testRun());
    assert.equal(problems[0]?.code, 'malformed');
    assert.match(problems[0]?.detail ?? '', /larger than 64\.0 MiB/);
  });

  it('are a problem where the answer stops half-way, or never begins', async (context) => {
    for (const start of ['{"value": [', null]) {
      const server = await serve(context, (_, response) => {
        if (start !== null) response.writeHead(200, { 'content-type': 'application/json' }).write(start);
      });
      const patience = { ...IMPATIENT, requestMs: 100 };
      const aks = createAks(aksSettings(server), { patience });
      const { problems } = await aks.clusters(SUBSCRIPTION, testRun());
      assert.deepEqual([problems[0]?.code, problems.length], ['unreachable', 1]);
    }
  });

  it('are a problem where the connection breaks', async (context) => {
    const server = await serve(context, (request) => request.socket.destroy());
    const aks = createAks(aksSettings(server), { patience: IMPATIENT });
    const { problems } = await aks.clusters(SUBSCRIPTION, testRun());
    assert.equal(problems[0]?.code, 'unreachable');
  });

  it('stop with the reason of the signal', async (context) => {
    const controller = new AbortController();
    const aks = await listing(context, () => {
      controller.abort(new Error('enough'));
      return new Promise(() => {});
    });
    await assert.rejects(aks.clusters(SUBSCRIPTION, testRun(controller.signal)), /^Error: enough$/);
  });
});
