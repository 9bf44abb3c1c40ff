/** What every provider promises, with a peer that speaks its cloud's own protocol. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, describe, it, type TestContext } from 'node:test';
import { PROVIDERS } from '../../src/inventory/registry.ts';
import type { FoundCluster, Problem, Provider, Traffic } from '../../src/inventory/types.ts';
import { PROVIDER_IDS, type ProviderId } from '../../src/model/fleet.ts';
import { startSandboxKubernetes } from '../kubernetes/support.ts';
import { startTestSandbox } from '../sandbox/support.ts';
import { aksSettings, testRun } from './support.ts';

/** A provider that sees something, and the same one where nobody answers. */
interface Opened {
  readonly provider: Provider;
  /** Throws or gives problems, whatever it is asked. */
  readonly lost: Provider;
}

const NOBODY = 'https://127.0.0.1:1';

const PEERS: Readonly<Record<ProviderId, (context: TestContext) => Promise<Opened>>> = {
  aks: async (context) => {
    const sandbox = await startTestSandbox(context);
    const settings = aksSettings(sandbox, { snapshotResourceGroup: 'nodeward-snapshots', workloads: true });
    return { provider: PROVIDERS.aks(settings), lost: PROVIDERS.aks({ ...settings, endpoint: NOBODY }) };
  },
  kubernetes: async (context) => {
    const { kubeconfig, stop } = await startSandboxKubernetes();
    context.after(stop);
    const settings = { kubeconfig, contexts: [], inCluster: false, workloads: true };
    return {
      provider: PROVIDERS.kubernetes(settings),
      lost: PROVIDERS.kubernetes({ ...settings, kubeconfig: '/nowhere/config' }),
    };
  },
};

const LOWER = /^[^A-Z]+$/;

function wellTold(problems: readonly Problem[]): void {
  for (const { scope, detail, remedy } of problems) {
    assert.ok(scope.length > 0 && /^[A-Z].*[^.]$/.test(detail) && /\.$/.test(remedy), detail);
  }
}

async function everything(provider: Provider): Promise<readonly FoundCluster[]> {
  const found: FoundCluster[] = [];
  for (const subscription of await provider.subscriptions(testRun())) {
    assert.equal(subscription.provider, provider.id);
    assert.match(subscription.id, LOWER);
    const { clusters, complete, problems } = await provider.clusters(subscription, testRun());
    assert.equal(complete, problems.length === 0);
    for (const { cluster, pools } of clusters) {
      assert.deepEqual([cluster.provider, cluster.subscription], [provider.id, subscription.id]);
      assert.match(cluster.id, LOWER);
      for (const pool of pools) assert.equal(pool.cluster, cluster.id);
    }
    found.push(...clusters);
  }
  return found;
}

assert.deepEqual(Object.keys(PROVIDERS).sort(), [...PROVIDER_IDS].sort());

for (const id of PROVIDER_IDS) {
  describe(`provider ${id}`, { timeout: 120_000 }, () => {
    const opened = async (context: TestContext): Promise<Opened> => {
      const peers = await PEERS[id](context);
      context.after(() => Promise.all([peers.provider.close(), peers.lost.close()]));
      return peers;
    };

    it('finds clusters with ids that name one thing each', async (context) => {
      const { provider } = await opened(context);
      assert.equal(provider.id, id);
      const found = await everything(provider);
      assert.ok(found.length > 0);
      const ids = found.flatMap(({ cluster, pools }) => [cluster.id, ...pools.map((pool) => pool.id)]);
      assert.equal(new Set(ids).size, ids.length);
    });

    it('finds nodes, each in a pool that was told', async (context) => {
      const { provider } = await opened(context);
      const seen = new Set<string>();
      for (const found of await everything(provider)) {
        const listing = await provider.nodes(found, null, testRun());
        assert.deepEqual([listing.kind, listing.removed], ['all', []]);
        wellTold(listing.problems);
        assert.equal(listing.complete, listing.problems.length === 0);
        const listed = new Set(found.pools.map((pool) => pool.id));
        assert.ok(listing.pools.every((pool) => !listed.has(pool.id) && pool.cluster === found.cluster.id));
        const pools = new Set([...listed, ...listing.pools.map((pool) => pool.id)]);
        for (const node of listing.nodes) {
          assert.ok(pools.has(node.pool) && node.cluster === found.cluster.id, node.name);
          assert.match(node.id, LOWER);
          assert.ok(!seen.has(node.id), node.id);
          seen.add(node.id);
        }
      }
      assert.ok(seen.size > 0);
    });

    it('goes on from a cursor, and from one that is none', async (context) => {
      const { provider } = await opened(context);
      for (const found of await everything(provider)) {
        const first = await provider.nodes(found, null, testRun());
        if (first.cursor === null) continue;
        const again = await provider.nodes(found, first.cursor, testRun());
        assert.deepEqual([again.nodes, again.removed, again.complete], [[], [], true], again.kind);
        const anew = await provider.nodes(found, '{"from": "another release"}', testRun());
        assert.deepEqual([anew.kind, anew.nodes.length], ['all', first.nodes.length]);
        return;
      }
      assert.fail('no cluster gave a cursor');
    });

    it('tells images of its pools only', async (context) => {
      const { provider } = await opened(context);
      const found = await everything(provider);
      const pools = new Set(found.flatMap((each) => each.pools.map((pool) => pool.id)));
      const { images, problems } = await provider.latestImages(found, testRun());
      wellTold(problems);
      assert.ok([...images.keys()].every((pool) => pools.has(pool)));
    });

    it('checks itself, and has something to do for what is not in order', async (context) => {
      const { provider, lost } = await opened(context);
      assert.ok((await provider.check(testRun())).every(({ state }) => state === 'ok'));
      const checks = await lost.check(testRun());
      assert.ok(checks.some(({ state }) => state === 'failed'));
      assert.ok(checks.every(({ state, remedy }) => (state === 'ok') === (remedy === null)));
    });

    it('says that there is nothing only where it looked', async (context) => {
      const { lost } = await opened(context);
      const codes = ['cloud-credentials', 'cloud-failed', 'config-invalid'];
      await assert.rejects(lost.subscriptions(testRun()), (thrown: { code: string }) =>
        codes.includes(thrown.code),
      );
    });

    it('stops with the reason of the signal', async (context) => {
      const { provider } = await opened(context);
      const [found] = await everything(provider);
      assert.ok(found !== undefined);
      const run = testRun(AbortSignal.abort(new Error('enough')));
      await assert.rejects(provider.nodes(found, null, run), /^Error: enough$/);
    });

    it('counts what it sends', async (context) => {
      const { provider } = await opened(context);
      const total = ({ requests }: Traffic): number =>
        Object.values(requests).reduce((sum, each) => sum + each, 0);
      assert.equal(total(provider.traffic()), 0);
      await everything(provider);
      assert.ok(total(provider.traffic()) > 0);
    });
  });
}

describe('the entry of the inventory', () => {
  let loaded: readonly string[];

  before(() => {
    const index = new URL('../../src/inventory/index.ts', import.meta.url).href;
    const script = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
      await import(${JSON.stringify(index)});
      console.log(JSON.stringify(seen));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    loaded = JSON.parse(stdout || `[${JSON.stringify(stderr)}]`);
  });

  it('loads no SDK: commands that need no cloud do not wait for one', () => {
    assert.ok(
      loaded.some((url) => url.endsWith('/aks.ts')),
      loaded.join('\n'),
    );
    assert.deepEqual(
      loaded.filter((url) => /@azure|@kubernetes|@azure-rest/.test(url)),
      [],
    );
  });
});
