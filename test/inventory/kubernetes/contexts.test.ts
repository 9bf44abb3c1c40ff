import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createKubernetes } from '../../../src/inventory/providers/kubernetes/kubernetes.ts';
import type { ClusterListing, KubernetesSettings, Provider } from '../../../src/inventory/types.ts';
import type { Subscription } from '../../../src/model/fleet.ts';
import { IMPATIENT, json, routes, scratchFolder, serve, testRun } from '../support.ts';

const SETTINGS: KubernetesSettings = { kubeconfig: null, contexts: [], inCluster: false, workloads: false };
const SUBSCRIPTION: Subscription = { id: 'kubeconfig', provider: 'kubernetes', name: 'kubeconfig' };

function provider(settings: Partial<KubernetesSettings>, env: NodeJS.ProcessEnv = {}): Provider {
  return createKubernetes({ ...SETTINGS, ...settings }, { patience: IMPATIENT, env });
}

function clustersOf(aks: Provider): Promise<ClusterListing> {
  return aks.clusters(SUBSCRIPTION, testRun());
}

/** An API server that lets everybody in, and what it was asked with. */
async function apiServer(context: TestContext, uid = 'uid-1') {
  const tokens: (string | undefined)[] = [];
  const answer = routes({
    'GET /api/v1/namespaces/kube-system': () => json(200, { metadata: { uid } }),
    'GET /version': () => json(200, { gitVersion: 'v1.30.1+k3s1' }),
    'GET /api/v1/nodes': () => json(200, { metadata: { resourceVersion: '1' }, items: [] }),
  });
  const server = await serve(context, (request, response) => {
    tokens.push(request.headers.authorization);
    answer(request, response);
  });
  return { ...server, tokens };
}

interface Entry {
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
}

/** Writes a kubeconfig with a context for each entry; the first one is the current one. */
function kubeconfig(folder: string, name: string, entries: Readonly<Record<string, Entry>>): string {
  const named = Object.entries(entries);
  const path = join(folder, name);
  writeFileSync(
    path,
    JSON.stringify({
      'current-context': named[0]?.[0],
      clusters: named.map(([each, { cluster }]) => ({ name: each, cluster })),
      users: named.map(([each, { user = { token: each } }]) => ({ name: each, user })),
      contexts: named.map(([each]) => ({ name: each, context: { cluster: each, user: each } })),
    }),
  );
  return path;
}

const trusted = ({ url, ca }: { url: string; ca: string }) => ({
  server: url,
  'certificate-authority-data': Buffer.from(ca).toString('base64'),
});

describe('contexts of kubeconfigs', { timeout: 60_000 }, () => {
  it('are the current one, or those that are named', async (context) => {
    const [one, two] = [await apiServer(context, 'uid-1'), await apiServer(context, 'uid-2')];
    const path = kubeconfig(scratchFolder(context), 'config', {
      a: { cluster: trusted(one) },
      b: { cluster: trusted(two) },
    });
    const names = async (contexts: readonly string[]) =>
      (await clustersOf(provider({ kubeconfig: path, contexts }))).clusters.map(({ cluster }) => [
        cluster.name,
        cluster.id,
        cluster.kubernetesVersion,
      ]);
    const [a, b] = [
      ['a', 'kubernetes:uid-1', '1.30.1+k3s1'],
      ['b', 'kubernetes:uid-2', '1.30.1+k3s1'],
    ];
    assert.deepEqual(await names([]), [a]);
    assert.deepEqual(await names(['b', 'a', 'b']), [b, a]);
    assert.deepEqual(
      [new Set(one.tokens), new Set(two.tokens)],
      [new Set(['Bearer a']), new Set(['Bearer b'])],
    );
  });

  it('come from $KUBECONFIG, several files, and the home folder', async (context) => {
    const [one, two] = [await apiServer(context, 'uid-1'), await apiServer(context, 'uid-2')];
    const folder = scratchFolder(context);
    const first = kubeconfig(folder, 'first', { a: { cluster: trusted(one) } });
    const second = kubeconfig(folder, 'second', { b: { cluster: trusted(two) } });
    const listed = { KUBECONFIG: `${first}${delimiter}${delimiter}${second}` };
    assert.deepEqual(
      (await clustersOf(provider({ contexts: ['b'] }, listed))).clusters[0]?.cluster.id,
      'kubernetes:uid-2',
    );
    assert.deepEqual((await clustersOf(provider({}, listed))).clusters[0]?.cluster.id, 'kubernetes:uid-1');
    mkdirSync(join(folder, '.kube'));
    kubeconfig(join(folder, '.kube'), 'config', { b: { cluster: trusted(two) } });
    assert.deepEqual(
      (await clustersOf(provider({}, { HOME: folder }))).clusters[0]?.cluster.id,
      'kubernetes:uid-2',
    );
  });

  it('find their files beside the kubeconfig', async (context) => {
    const server = await apiServer(context);
    const folder = scratchFolder(context);
    writeFileSync(join(folder, 'ca.pem'), server.ca);
    const cluster = { server: server.url, 'certificate-authority': 'ca.pem' };
    const path = kubeconfig(folder, 'config', { a: { cluster } });
    assert.deepEqual((await clustersOf(provider({ kubeconfig: path }))).problems, []);
  });

  it('may sign in with a program, which is what the kubeconfig says', async (context) => {
    const server = await apiServer(context);
    const credential = JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-program' },
    });
    const exec = (args: readonly string[]) => ({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args },
    });
    const entries = {
      good: { cluster: trusted(server), user: exec(['-e', `console.log(${JSON.stringify(credential)})`]) },
      bad: { cluster: trusted(server), user: exec(['-e', 'console.error("no luck"); process.exit(1)']) },
      none: { cluster: trusted(server), user: { exec: { apiVersion: 'v1', command: '/nowhere/program' } } },
    };
    const path = kubeconfig(scratchFolder(context), 'config', entries);
    const { clusters, problems } = await clustersOf(
      provider({ kubeconfig: path, contexts: Object.keys(entries) }),
    );
    assert.deepEqual(
      clusters.map(({ cluster }) => cluster.name),
      ['good'],
    );
    assert.deepEqual(new Set(server.tokens), new Set(['Bearer from-program']));
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['no-permission', 'no-permission'],
    );
    assert.match(problems[0]?.detail ?? '', /signing in to context bad failed: no luck/);
  });

  it('take no token out of TLS', async (context) => {
    const server = await apiServer(context);
    const folder = scratchFolder(context);
    const path = kubeconfig(folder, 'config', {
      plain: { cluster: { server: 'http://example.test:8080' } },
      odd: { cluster: { server: 'nonsense' } },
      unknown: { cluster: { server: server.url } },
    });
    const contexts = ['plain', 'odd', 'unknown'];
    const { clusters, problems } = await clustersOf(provider({ kubeconfig: path, contexts }));
    assert.deepEqual(
      [clusters, problems.map(({ code }) => code)],
      [[], ['malformed', 'malformed', 'unreachable']],
    );
    assert.deepEqual(server.tokens, []);
  });

  it('that verify nobody are used as the kubeconfig says, with a warning', async (context) => {
    const server = await apiServer(context);
    const cluster = { server: server.url, 'insecure-skip-tls-verify': true };
    const path = kubeconfig(scratchFolder(context), 'config', { a: { cluster } });
    const [check] = await provider({ kubeconfig: path }).check(testRun());
    assert.equal(check?.state, 'warning');
    assert.match(check?.detail ?? '', /nobody verifies/);
  });

  it('of clusters that name themselves oddly are a problem', async (context) => {
    for (const uid of ['', 'a/b', 'x'.repeat(65)]) {
      const server = await apiServer(context, uid);
      const path = kubeconfig(scratchFolder(context), 'config', { a: { cluster: trusted(server) } });
      const { clusters, complete, problems } = await clustersOf(provider({ kubeconfig: path }));
      assert.deepEqual([clusters, complete, problems[0]?.code], [[], false, 'malformed']);
    }
  });

  it('that cannot be are a mistake in the settings, with what there is', async (context) => {
    const server = await apiServer(context);
    const folder = scratchFolder(context);
    const good = kubeconfig(folder, 'good', { a: { cluster: trusted(server) } });
    const none = kubeconfig(folder, 'none', {});
    for (const [name, text] of Object.entries({
      broken: '{{{',
      empty: '',
      list: '[1]',
      wrong: 'clusters: [{name: x}]',
    }))
      writeFileSync(join(folder, name), text);
    const cases: readonly (readonly [Partial<KubernetesSettings>, RegExp])[] = [
      [{ kubeconfig: join(folder, 'nowhere') }, /nowhere does not exist/],
      [{ kubeconfig: folder }, /cannot be used/],
      [{ kubeconfig: good, contexts: ['b'] }, /no context "b"/],
      [{ kubeconfig: none }, /names no current context/],
      ...['broken', 'empty', 'list', 'wrong'].map(
        (name) => [{ kubeconfig: join(folder, name) }, /kubeconfig/] as const,
      ),
      [{ inCluster: true }, /no pod of a cluster/],
    ];
    for (const [settings, message] of cases) {
      const it = provider(settings);
      await assert.rejects(it.subscriptions(testRun()), { code: 'config-invalid', message });
      const [check] = await it.check(testRun());
      assert.equal(check?.state, 'failed');
    }
  });
});
