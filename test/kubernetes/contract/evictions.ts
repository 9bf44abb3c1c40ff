import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Answer } from '../call.ts';
import type { Peer } from '../peers.ts';

const PODS = '/api/v1/namespaces/default/pods';
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const DENIED = "Cannot evict pod as it would violate the pod's disruption budget.";

/** Makes pods and budgets of one test, and evicts. */
class Bench {
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /** Pods with the label `app`, bound to a node. */
  async pods(app: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const spec = { nodeName: this.#peer.nodes[6], containers: [{ name: 'a', image: 'i' }] };
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app } }, spec };
      const { status, text } = await this.#peer.call('POST', PODS, { body });
      assert.equal(status, 201, text);
    }
  }

  async budget(app: string, name: string, spec: object): Promise<Answer> {
    const body = {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name } },
      spec: { ...spec, selector: { matchLabels: { app } } },
    };
    const made = await this.#peer.call('POST', BUDGETS, { body });
    assert.equal(made.status, 201, made.text);
    return made;
  }

  evict(name: string, more: object = {}): Promise<Answer> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...more };
    return this.#peer.call('POST', `${PODS}/${name}/eviction`, { body });
  }

  /** Deletes what was made, at once. */
  async clear(pods: readonly string[], budgets: readonly string[]): Promise<void> {
    for (const name of budgets) await this.#peer.call('DELETE', `${BUDGETS}/${name}`);
    for (const name of pods) await this.#peer.call('DELETE', `${PODS}/${name}?gracePeriodSeconds=0`);
  }
}

/** Evictions, within and beyond budgets. */
export function evictions(peer: () => Peer): void {
  it('evicts within the budget, and not beyond it', async () => {
    const { call, settle } = peer();
    const bench = new Bench(peer());
    const pods = ['a-0', 'a-1', 'a-2'];
    await bench.pods('a', pods);
    const made = await bench.budget('a', 'a', { minAvailable: 2 });
    assert.deepEqual(made.body.status, {
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
    });
    await settle(pods, ['a']);
    const { status } = (await call('GET', `${BUDGETS}/a`)).body;
    const [condition] = status.conditions;
    assert.deepEqual(
      [status.disruptionsAllowed, status.currentHealthy, status.desiredHealthy, status.expectedPods],
      [1, 3, 2, 3],
    );
    assert.deepEqual(
      [condition.type, condition.status, condition.reason],
      ['DisruptionAllowed', 'True', 'SufficientPods'],
    );

    const dry = await bench.evict('a-0', { deleteOptions: { dryRun: ['All'] } });
    assert.equal(dry.status, 201, dry.text);
    const evicted = await bench.evict('a-0');
    assert.equal(evicted.status, 201, evicted.text);
    assert.deepEqual(evicted.body, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      code: 201,
    });
    const pod = (await call('GET', `${PODS}/a-0`)).body;
    assert.match(pod.metadata.deletionTimestamp, /Z$/);
    assert.equal(pod.metadata.deletionGracePeriodSeconds, 30);
    const target = pod.status.conditions.find(({ type }: { type: string }) => type === 'DisruptionTarget');
    assert.deepEqual(
      [target.status, target.reason, target.message],
      ['True', 'EvictionByEvictionAPI', 'Eviction API: evicting'],
    );

    // What is going already may be evicted again.
    assert.equal((await bench.evict('a-0')).status, 201);
    const denied = await bench.evict('a-1');
    assert.equal(denied.status, 429, denied.text);
    assert.deepEqual(
      [denied.body.reason, denied.body.message, denied.headers['retry-after']],
      ['TooManyRequests', DENIED, undefined],
    );
    const [cause] = denied.body.details.causes;
    assert.equal(cause.reason, 'DisruptionBudget');
    assert.match(
      cause.message,
      /^The disruption budget a (needs 2 healthy pods and has 2 currently|does not allow evicting pods currently)$/,
    );
    await bench.clear(pods, ['a']);
  });

  it('refuses to evict a pod of two budgets', async () => {
    const { settle } = peer();
    const bench = new Bench(peer());
    await bench.pods('b', ['b-0']);
    await settle(['b-0'], []);
    for (const name of ['b-1', 'b-2']) await bench.budget('b', name, { minAvailable: 0 });
    const { status, body } = await bench.evict('b-0');
    const message =
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    assert.deepEqual([status, body.message, body.reason, body.code], [500, message, undefined, 500]);
    await bench.clear(['b-0'], ['b-1', 'b-2']);
  });

  for (const [what, spec] of [
    ['those that may be away, for pods without a controller', { maxUnavailable: 1 }],
    ['a share, for pods without a controller', { minAvailable: '50%' }],
    ['neither kind', {}],
  ] as const)
    it(`never evicts under a budget of ${what}`, async () => {
      const { call, settle } = peer();
      const bench = new Bench(peer());
      await bench.pods('c', ['c-0']);
      await bench.budget('c', 'c', spec);
      await settle(['c-0'], ['c']);
      const { status } = (await call('GET', `${BUDGETS}/c`)).body;
      assert.deepEqual([status.disruptionsAllowed, status.expectedPods, status.desiredHealthy], [0, 0, 0]);
      const denied = await bench.evict('c-0');
      assert.equal(denied.status, 429);
      assert.equal(
        denied.body.details.causes[0].message,
        'The disruption budget c does not allow evicting pods currently',
      );
      await bench.clear(['c-0'], ['c']);
    });

  it('evicts without a budget what has none, and what does not run', async () => {
    const { call } = peer();
    const bench = new Bench(peer());
    await bench.pods('d', ['d-0']);
    await bench.budget('d', 'd', { minAvailable: 1 });
    // It never ran, so nobody misses it.
    assert.equal((await bench.evict('d-0')).status, 201);
    const unbound = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'd-1' } };
    const spec = { containers: [{ name: 'a', image: 'i' }], schedulerName: 'nobody' };
    const { status } = await call('POST', PODS, { body: { ...unbound, spec } });
    assert.equal(status, 201);
    assert.equal((await bench.evict('d-1', { deleteOptions: { gracePeriodSeconds: 0 } })).status, 201);
    assert.equal((await call('GET', `${PODS}/d-1`)).status, 404);
    await bench.clear(['d-0', 'd-1'], ['d']);
  });

  it('refuses evictions that are wrong', async () => {
    const bench = new Bench(peer());
    const missing = await bench.evict('nobody');
    assert.deepEqual([missing.status, missing.body.reason], [404, 'NotFound']);
    assert.equal(missing.body.message, 'pods "nobody" not found');
    await bench.pods('e', ['e-0']);
    const renamed = await bench.evict('e-0', { metadata: { name: 'other' } });
    assert.deepEqual(
      [renamed.status, renamed.body.message],
      [400, 'name in URL does not match name in Eviction object'],
    );
    const kind = await bench.evict('e-0', { kind: 'Foo' });
    assert.deepEqual([kind.status, kind.body.reason], [400, 'BadRequest']);
    await bench.clear(['e-0'], []);
  });

  it('denies evictions where an admission webhook does', async () => {
    const bench = new Bench(peer());
    await bench.pods('w', ['w-0']);
    const allow = await peer().denyEvictions();
    // The real server learns of a webhook a moment after it was registered; until then a dry run does no harm.
    const dry = { deleteOptions: { dryRun: ['All'] } };
    let denied = await bench.evict('w-0', dry);
    for (let tries = 0; tries < 1_000 && denied.status === 201; tries++)
      denied = await bench.evict('w-0', dry);
    await allow();
    assert.deepEqual([denied.status, denied.body.reason], [403, 'Forbidden'], denied.text);
    assert.match(
      denied.body.message,
      /^admission webhook "[a-z.]+" denied the request: evictions are not allowed now$/,
    );
    assert.deepEqual([denied.headers['retry-after'], denied.body.details], [undefined, undefined]);
    await bench.clear(['w-0'], []);
  });

  it('spends the budget also on an eviction that then fails', async () => {
    const { call, settle } = peer();
    const bench = new Bench(peer());
    await bench.pods('f', ['f-0', 'f-1']);
    await bench.budget('f', 'f', { minAvailable: 1 });
    await settle(['f-0', 'f-1'], ['f']);
    const uid = await bench.evict('f-0', { deleteOptions: { preconditions: { uid: 'another' } } });
    assert.deepEqual([uid.status, uid.body.reason], [409, 'Conflict'], uid.text);
    assert.match(
      uid.body.message,
      /the UID in the precondition \(another\) does not match the UID in record/,
    );
    assert.equal((await bench.evict('f-1')).status, 429);
    const { status } = (await call('GET', `${BUDGETS}/f`)).body;
    assert.deepEqual(Object.keys(status.disruptedPods), ['f-0']);
    await bench.clear(['f-0', 'f-1'], ['f']);
  });

  it('deletes pods at the end of their grace period, or at once', async () => {
    const { call } = peer();
    const bench = new Bench(peer());
    await bench.pods('g', ['g-0']);
    const exists = await call('POST', PODS, {
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'g-0' },
        spec: { containers: [{ name: 'a', image: 'i' }] },
      },
    });
    assert.deepEqual(
      [exists.status, exists.body.reason, exists.body.message],
      [409, 'AlreadyExists', 'pods "g-0" already exists'],
    );
    const wrong = await call('DELETE', `${PODS}/g-0`, {
      body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'x' } },
    });
    assert.deepEqual([wrong.status, wrong.body.reason], [409, 'Conflict'], wrong.text);
    const graceful = await call('DELETE', `${PODS}/g-0`);
    assert.deepEqual(
      [graceful.status, graceful.body.kind, graceful.body.metadata.deletionGracePeriodSeconds],
      [200, 'Pod', 30],
    );
    const now = await call('DELETE', `${PODS}/g-0?gracePeriodSeconds=0`);
    assert.deepEqual([now.status, now.body.kind, now.body.metadata.name], [200, 'Pod', 'g-0']);
    assert.equal((await call('GET', `${PODS}/g-0`)).status, 404);
    assert.equal((await call('DELETE', `${PODS}/g-0`)).status, 404);
    await bench.budget('g', 'g', { minAvailable: 1 });
    const budget = await call('DELETE', `${BUDGETS}/g`);
    assert.deepEqual([budget.status, budget.body.kind, budget.body.status], [200, 'Status', 'Success']);
    const { uid: _uid, ...details } = budget.body.details;
    assert.deepEqual(details, { name: 'g', group: 'policy', kind: 'poddisruptionbudgets' });
  });
}

/** Budgets that no controller has seen yet. */
export function unprocessedBudgets(peer: () => Peer): void {
  it('asks to try again where the budget was not processed yet', async () => {
    const { settle } = peer();
    const bench = new Bench(peer());
    await bench.pods('h', ['h-0']);
    await settle(['h-0'], []);
    await bench.budget('h', 'h', { minAvailable: 0 });
    const early = await bench.evict('h-0');
    assert.deepEqual(
      [early.status, early.body.reason, early.body.message],
      [429, 'TooManyRequests', DENIED],
      early.text,
    );
    assert.equal(early.headers['retry-after'], '10');
    const message = 'The disruption budget h is still being processed by the server.';
    assert.deepEqual(early.body.details, {
      causes: [{ reason: 'DisruptionBudget', message }],
      retryAfterSeconds: 10,
    });
    await bench.clear(['h-0'], ['h']);
  });
}
