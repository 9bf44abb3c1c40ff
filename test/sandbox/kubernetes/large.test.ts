import assert from 'node:assert/strict';
import { it } from 'node:test';
import { callerOf } from '../../kubernetes/call.ts';
import { startSandboxKubernetes } from '../../kubernetes/support.ts';

it('lists 5,000 nodes once each, whole and in pages, with changes in between', {
  timeout: 60_000,
}, async () => {
  const kubernetes = await startSandboxKubernetes({ cluster: null, fleet: { clusters: 1, nodes: 5_000 } });
  const { call, close } = callerOf(kubernetes);
  try {
    const names = (items: { metadata: { name: string } }[]): string[] =>
      items.map(({ metadata }) => metadata.name);
    const whole = names((await call('GET', '/api/v1/nodes')).body.items);
    assert.equal(new Set(whole).size, 5_000);
    const paged: string[] = [];
    let token = '';
    for (let page = 0; page === 0 || token !== ''; page++) {
      const { status, body } = await call(
        'GET',
        `/api/v1/nodes?limit=500&continue=${encodeURIComponent(token)}`,
      );
      assert.equal(status, 200);
      paged.push(...names(body.items));
      assert.equal(body.metadata.remainingItemCount ?? 0, 5_000 - paged.length);
      token = body.metadata.continue ?? '';
      const body2 = { metadata: { labels: { page: String(page) } } };
      await call('PATCH', `/api/v1/nodes/${whole[4_999 - page]}`, {
        type: 'application/merge-patch+json',
        body: body2,
      });
    }
    assert.deepEqual(paged, whole);
    const selected = await call('GET', '/api/v1/nodes?labelSelector=page&limit=4');
    assert.deepEqual(names(selected.body.items), whole.slice(4_990, 4_994));
  } finally {
    close();
    await kubernetes.stop();
  }
});
