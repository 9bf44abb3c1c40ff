/** One suite of the provider `kubernetes` on two peers: a real kube-apiserver, and a cluster of a sandbox. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createKubernetes } from '../../../src/inventory/providers/kubernetes/kubernetes.ts';
import type { FoundCluster, NodeListing, Provider } from '../../../src/inventory/types.ts';
import type { Subscription } from '../../../src/model/fleet.ts';
import { noRealKubernetes } from '../../kubernetes/binary.ts';
import { type Peer, realPeer, sandboxPeer } from '../../kubernetes/peers.ts';
import { IMPATIENT, scratchFolder, testRun } from '../support.ts';

const MERGE = 'application/merge-patch+json';

const PEERS: readonly { name: string; start: () => Promise<Peer>; skip: string | false }[] = [
  { name: 'a sandbox', start: sandboxPeer, skip: false },
  { name: 'a real kube-apiserver', start: realPeer, skip: noRealKubernetes() },
];

for (const { name, start, skip } of PEERS) {
  describe(`the provider kubernetes with ${name}`, { skip, timeout: 180_000 }, () => {
    let peer: Peer;
    let provider: Provider;
    let subscription: Subscription;
    let found: FoundCluster;

    const open = (
      contexts: readonly string[] = [],
      kubeconfig = peer.kubernetes.kubeconfig,
      workloads = false,
    ): Provider =>
      createKubernetes({ kubeconfig, contexts, inCluster: false, workloads }, { patience: IMPATIENT });
    const look = (cursor: string | null): Promise<NodeListing> => provider.nodes(found, cursor, testRun());

    before(async () => {
      peer = await start();
      provider = open();
      const [only] = await provider.subscriptions(testRun());
      assert.ok(only !== undefined);
      subscription = only;
      const listing = await provider.clusters(subscription, testRun());
      assert.deepEqual([listing.problems, listing.complete, listing.clusters.length], [[], true, 1]);
      assert.ok(listing.clusters[0] !== undefined);
      found = listing.clusters[0];
    });

    let stopped = false;
    const stop = async (): Promise<void> => {
      if (!stopped) await peer?.stop();
      stopped = true;
    };

    after(async () => {
      await provider?.close();
      await stop();
    });

    it('finds the cluster, by the uid of kube-system', async () => {
      const { body } = await peer.call('GET', '/api/v1/namespaces/kube-system');
      const { body: version } = await peer.call('GET', '/version');
      const { cluster } = found;
      assert.equal(cluster.id, `kubernetes:${body.metadata.uid}`);
      assert.equal(cluster.apiHost, new URL(peer.kubernetes.url).host);
      assert.equal(`v${cluster.kubernetesVersion}`, version.gitVersion);
      assert.deepEqual([subscription.id, cluster.power, cluster.name], ['kubeconfig', 'running', 'admin']);
    });

    it('takes two contexts of one cluster for one', async () => {
      const both = open(['admin', 'reader']);
      const { clusters } = await both.clusters(subscription, testRun());
      assert.deepEqual(
        clusters.map(({ cluster }) => cluster.id),
        [found.cluster.id],
      );
      await both.close();
    });

    it('reads all nodes as the server has them, with their pools', async () => {
      const listing = await look(null);
      const { body } = await peer.call('GET', '/api/v1/nodes');
      // biome-ignore lint/suspicious/noExplicitAny: as the server says it
      const byName = new Map<string, any>(body.items.map((item: any) => [item.metadata.name, item]));
      assert.deepEqual([listing.kind, listing.complete, listing.problems], ['all', true, []]);
      assert.deepEqual(listing.nodes.map((node) => node.name).sort(), [...byName.keys()].sort());
      assert.equal(new Set(listing.nodes.map(({ id }) => id)).size, byName.size);
      const pools = new Set(listing.pools.map(({ id }) => id));
      for (const node of listing.nodes) {
        const { metadata, spec, status } = byName.get(node.name);
        assert.equal(node.uid, metadata.uid);
        assert.equal(node.id, spec.providerID.replace('azure://', '').toLowerCase());
        assert.equal(node.kubelet, status.nodeInfo.kubeletVersion || null);
        assert.equal(node.image, metadata.labels['kubernetes.azure.com/node-image-version'] ?? null);
        assert.ok(pools.has(node.pool), node.pool);
      }
      const sample = listing.nodes.find((node) => node.name === peer.nodes[0]);
      const pool = listing.pools.find(({ id }) => id === sample?.pool);
      assert.equal(pool?.name, byName.get(peer.nodes[0] ?? '').metadata.labels.agentpool);
    });

    it('counts privileged pods by their nodes where that is asked for', async () => {
      assert.equal((await look(null)).workloads, undefined);
      const counting = open([], undefined, true);
      await counting.clusters(subscription, testRun());
      const before = await counting.nodes(found, null, testRun());
      const [nodeName = ''] = peer.nodes;
      const spec = { nodeName, containers: [{ name: 'c', image: 'x' }] };
      const pods = {
        'has-the-processes': { ...spec, hostPID: true },
        'has-the-network': { ...spec, hostNetwork: true },
        'has-nothing': spec,
      };
      for (const [pod, body] of Object.entries(pods)) {
        const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod }, spec: body };
        const { status, text } = await peer.call('POST', '/api/v1/namespaces/default/pods', { body: object });
        assert.equal(status, 201, text);
      }
      const { workloads, complete } = await counting.nodes(found, before.cursor, testRun());
      assert.deepEqual([workloads?.problem, complete], [null, true]);
      const count = (listing: typeof before): number => listing.workloads?.privileged?.get(nodeName) ?? 0;
      assert.equal((workloads?.privileged?.get(nodeName) ?? 0) - count(before), 2);
      assert.deepEqual(
        (await counting.check(testRun())).map(({ state }) => state),
        ['ok', 'ok'],
      );
      await counting.close();
    });

    it('then reads what changed, was added and is gone', async () => {
      const all = await look(null);
      assert.ok(all.cursor !== null);
      const [cordoned, deleted] = peer.nodes.slice(-2);
      assert.equal((await look(all.cursor)).kind, 'changes');
      const patch = { type: MERGE, body: { spec: { unschedulable: true } } };
      assert.equal((await peer.call('PATCH', `/api/v1/nodes/${cordoned}`, patch)).status, 200);
      // In a sandbox, as in AKS, nodes go with their machines.
      const { status } = await peer.call('DELETE', `/api/v1/nodes/${deleted}`);
      assert.ok(status === 200 || (status === 405 && name === 'a sandbox'), `${status}`);
      const changed = await look(all.cursor);
      assert.deepEqual([changed.kind, changed.complete, changed.problems], ['changes', true, []]);
      const node = changed.nodes.find((each) => each.name === cordoned);
      assert.equal(node?.unschedulable, true);
      const gone = all.nodes.find((each) => each.name === deleted);
      assert.deepEqual(changed.removed, status === 200 ? [gone?.id] : []);
      // From there on nothing of this is told again.
      const later = await look(changed.cursor);
      assert.deepEqual([later.kind, later.removed], ['changes', []]);
    });

    it('reads all anew where the server has no such version', async () => {
      for (const cursor of ['1', 'garbage', '99999999999999']) {
        const listing = await look(cursor);
        if (listing.kind === 'changes') continue;
        assert.deepEqual([listing.complete, listing.nodes.length > 0], [true, true], cursor);
      }
      assert.equal((await look('garbage')).kind, 'all');
    });

    it('may be of somebody who can only read', async () => {
      const reader = open(['reader']);
      const { clusters, problems } = await reader.clusters(subscription, testRun());
      assert.deepEqual(problems, []);
      const { nodes } = await reader.nodes(clusters[0] ?? found, null, testRun());
      assert.ok(nodes.length > 0);
      assert.deepEqual(
        (await reader.check(testRun())).map(({ state }) => state),
        ['ok'],
      );
      await reader.close();
    });

    it('says who may not read, and goes on with the others', async (context) => {
      const { url, ca, token } = peer.kubernetes;
      const cluster = { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
      const path = join(scratchFolder(context), 'config');
      const config = {
        clusters: [{ name: 'c', cluster }],
        users: [
          { name: 'thief', user: { token: 'wrong' } },
          { name: 'admin', user: { token } },
        ],
        contexts: ['thief', 'admin'].map((user) => ({ name: user, context: { cluster: 'c', user } })),
      };
      writeFileSync(path, JSON.stringify(config));
      const two = open(['thief', 'admin'], path);
      const { clusters, complete, problems } = await two.clusters(subscription, testRun());
      assert.deepEqual(
        [clusters.length, complete, problems.map(({ code }) => code)],
        [1, false, ['no-permission']],
      );
      assert.match(problems[0]?.detail ?? '', /^Context thief: .*401/);
      assert.deepEqual(
        (await two.check(testRun())).map(({ state }) => state),
        ['failed', 'ok'],
      );
      await two.close();
    });

    it('is looked at anew by another process with the cursor of the last', async () => {
      const { cursor } = await look(null);
      const other = open();
      assert.equal((await other.nodes(found, cursor, testRun())).kind, 'changes');
      await other.close();
    });

    it('is told once it no longer answers', async () => {
      const { cursor } = await look(null);
      await stop();
      const listing = await look(cursor);
      assert.deepEqual([listing.nodes, listing.complete], [[], false]);
      assert.deepEqual(
        listing.problems.map(({ code, scope }) => [code, scope]),
        [['unreachable', found.cluster.id]],
      );
    });
  });
}
