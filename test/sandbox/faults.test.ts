import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAULT_KINDS, FAULTS } from '../../src/sandbox/index.ts';
import {
  AKS_VERSION,
  addFault,
  ask,
  clusterPath,
  header,
  imageOf,
  nodesOf,
  poolOf,
  type RawAnswer,
  startTestSandbox,
  type TestSandbox,
  untilEnded,
} from './support.ts';

interface Setup {
  readonly sandbox: TestSandbox;
  readonly cluster: string;
  readonly pool: string;
}

async function setUp(context: Parameters<typeof startTestSandbox>[0]): Promise<Setup> {
  const sandbox = await startTestSandbox(context);
  const cluster = await clusterPath(sandbox, 'stage-weu');
  return { sandbox, cluster, pool: `${cluster}/agentPools/apps` };
}

function upgrade({ sandbox, pool }: Setup): Promise<RawAnswer> {
  return ask(sandbox, `${pool}/upgradeNodeImageVersion?${AKS_VERSION}`, { method: 'POST' });
}

function scale({ sandbox, pool }: Setup, count: number): Promise<RawAnswer> {
  return ask(sandbox, `${pool}?${AKS_VERSION}`, { method: 'PUT', body: { properties: { count } } });
}

describe('faults of adding machines', { timeout: 60_000 }, () => {
  const cases = [
    {
      kind: 'quota',
      code: 'QuotaExceeded',
      message:
        /^Operation results in exceeding quota limits of Core\. Maximum allowed: 450, Current in use: 447, Additional requested: 4\./,
    },
    {
      kind: 'subnet-full',
      code: 'SubnetIsFull',
      message: /^VMSSAgentPoolReconciler retry failed: Code='SubnetIsFull'/,
    },
    {
      kind: 'capacity',
      code: 'AllocationFailed',
      message:
        /^Allocation failed\. We do not have sufficient capacity for the requested VM size Standard_D4s_v5 in this region\./,
    },
  ];
  for (const { kind, code, message } of cases)
    test(kind, async (context) => {
      const setup = await setUp(context);
      await addFault(setup.sandbox, { kind, target: 'apps', times: 2 });
      const scaled = await untilEnded(setup.sandbox, await scale(setup, 5));
      assert.equal(scaled.status, 'Failed');
      assert.equal(scaled.error?.code, code);
      assert.match(scaled.error?.message ?? '', message);
      assert.equal((await nodesOf(setup.sandbox, setup.cluster, 'apps')).length, 4);
      const upgraded = await untilEnded(setup.sandbox, await upgrade(setup));
      assert.equal(upgraded.error?.code, code, 'no surge node');
      // It struck as often as it should.
      assert.equal((await untilEnded(setup.sandbox, await upgrade(setup))).status, 'Succeeded');
      assert.equal((await nodesOf(setup.sandbox, setup.cluster, 'apps')).length, 5);
    });

  test('while a cluster starts: it has Failed, and so has the pool that got no nodes, until it is written again', async (context) => {
    const setup = await setUp(context);
    const { sandbox, cluster, pool } = setup;
    for (const what of ['stop', 'start']) {
      if (what === 'start') await addFault(sandbox, { kind: 'capacity', target: 'apps', times: 1 });
      const changed = await ask(sandbox, `${cluster}/${what}?${AKS_VERSION}`, { method: 'POST' });
      assert.equal((await untilEnded(sandbox, changed)).error?.code, { start: 'AllocationFailed' }[what]);
    }
    const { provisioningState, status } = (await poolOf(sandbox, pool)).properties;
    assert.deepEqual([provisioningState, status?.provisioningError.code], ['Failed', 'AllocationFailed']);
    assert.equal((await untilEnded(sandbox, await scale(setup, 4))).status, 'Succeeded');
    assert.equal((await nodesOf(sandbox, cluster, 'apps')).length, 4);
  });
});

describe('faults of operations', { timeout: 60_000 }, () => {
  test('stuck-operation: InProgress for ever, though the pool is done', async (context) => {
    const setup = await setUp(context);
    await addFault(setup.sandbox, { kind: 'stuck-operation', target: 'apps', times: 1 });
    const started = await upgrade(setup);
    await setup.sandbox.advance(5 * 3_600_000);
    const { body } = await ask(setup.sandbox, header(started, 'azure-asyncoperation'));
    assert.equal((body as { status: string }).status, 'InProgress');
    assert.equal((await ask(setup.sandbox, header(started, 'location'))).status, 202);
    assert.equal((await poolOf(setup.sandbox, setup.pool)).properties.provisioningState, 'Succeeded');
    assert.equal((await scale(setup, 5)).status, 200, 'the pool is free');
    await setup.sandbox.advance(24 * 3_600_000);
    assert.equal(
      (await ask(setup.sandbox, header(started, 'azure-asyncoperation'))).status,
      404,
      'until it expires',
    );
  });

  test('no-content: the status of success is 204', async (context) => {
    const setup = await setUp(context);
    await addFault(setup.sandbox, { kind: 'no-content', target: 'Contoso Staging' });
    const started = await scale(setup, 5);
    await setup.sandbox.advance(3_600_000);
    const status = await ask(setup.sandbox, header(started, 'azure-asyncoperation'));
    assert.deepEqual([status.status, status.text], [204, '']);
  });

  test('target-after-failure: one node is new, ARM says all are', async (context) => {
    const setup = await setUp(context);
    await addFault(setup.sandbox, { kind: 'target-after-failure', target: 'apps', times: 1 });
    const ended = await untilEnded(setup.sandbox, await upgrade(setup));
    assert.equal(ended.status, 'Failed');
    const target = (await poolOf(setup.sandbox, setup.pool)).properties.nodeImageVersion;
    const nodes = await nodesOf(setup.sandbox, setup.cluster, 'apps');
    assert.equal(nodes.filter((node) => imageOf(node) === target).length, 1);
    assert.equal(nodes.length, 4);
    const machineNames = [nodes.at(-1)?.metadata.name];
    const path = `${setup.pool}/deleteMachines?${AKS_VERSION}`;
    await untilEnded(
      setup.sandbox,
      await ask(setup.sandbox, path, { method: 'POST', body: { machineNames } }),
    );
    assert.equal((await poolOf(setup.sandbox, setup.pool)).properties.provisioningState, 'Succeeded');
    const again = await upgrade(setup);
    assert.equal(again.status, 202, 'not 304: nodes are behind');
    await untilEnded(setup.sandbox, again);
    const after = await nodesOf(setup.sandbox, setup.cluster, 'apps');
    assert.ok(after.every((node) => imageOf(node) === target));
  });

  test('auto-upgrade: it begins just before the user, who gets 409', async (context) => {
    const setup = await setUp(context);
    await addFault(setup.sandbox, { kind: 'auto-upgrade', target: 'apps', times: 1 });
    const refused = await scale(setup, 5);
    assert.equal(refused.status, 409);
    assert.match(refused.text, /Another agentpool operation \(UpgradingNodeImageVersion\) is in progress/);
    await setup.sandbox.advance(3 * 3_600_000);
    const target = (await poolOf(setup.sandbox, setup.pool)).properties.nodeImageVersion;
    assert.ok(
      (await nodesOf(setup.sandbox, setup.cluster, 'apps')).every((node) => imageOf(node) === target),
    );
    assert.equal((await scale(setup, 5)).status, 200);
  });
});

describe('faults of requests', { timeout: 60_000 }, () => {
  test('throttle: 429 with Retry-After, for what it names', async (context) => {
    const { sandbox, cluster } = await setUp(context);
    await addFault(sandbox, { kind: 'throttle', target: 'stage-weu', times: 2 });
    for (let count = 0; count < 2; count++) {
      const answer = await ask(sandbox, `${cluster}?${AKS_VERSION}`);
      assert.equal(answer.status, 429);
      assert.equal((answer.body as { error: { code: string } }).error.code, 'Throttled');
      assert.equal(header(answer, 'retry-after'), '1');
    }
    assert.equal((await ask(sandbox, `${cluster}?${AKS_VERSION}`)).status, 200);
    const other = await clusterPath(sandbox, 'shop-weu');
    await addFault(sandbox, { kind: 'throttle', target: 'stage-weu' });
    assert.equal((await ask(sandbox, `${other}?${AKS_VERSION}`)).status, 200);
  });

  test('forbidden: 403 for what it names, be it a subscription by name or guid', async (context) => {
    const { sandbox, cluster } = await setUp(context);
    for (const target of ['Contoso Staging', cluster.split('/')[2] ?? '', cluster, 'stage-weu', '*']) {
      const id = await addFault(sandbox, { kind: 'forbidden', target });
      const answer = await ask(sandbox, `${cluster}?${AKS_VERSION}`);
      assert.equal(answer.status, 403, target);
      assert.match(
        answer.text,
        /perform action 'Microsoft\.ContainerService\/managedClusters\/read' over scope/,
      );
      await ask(sandbox, `/sandbox/faults/${id}`, { method: 'DELETE' });
      assert.equal((await ask(sandbox, `${cluster}?${AKS_VERSION}`)).status, 200);
    }
  });

  test('scope-locked: 409 for changes, none for reading', async (context) => {
    const setup = await setUp(context);
    await addFault(setup.sandbox, { kind: 'scope-locked', target: 'stage-weu' });
    const refused = await scale(setup, 5);
    assert.equal(refused.status, 409);
    assert.equal((refused.body as { error: { code: string } }).error.code, 'ScopeLocked');
    assert.equal((await ask(setup.sandbox, `${setup.pool}?${AKS_VERSION}`)).status, 200);
  });
});

describe('the list of faults', { timeout: 60_000 }, () => {
  test('tells all kinds, and those that are there; they go away by id', async (context) => {
    const { sandbox } = await setUp(context);
    const id = await addFault(sandbox, { kind: 'quota', target: '*', times: 3 });
    const { body } = await ask(sandbox, '/sandbox/faults', { token: null });
    const { kinds, faults } = body as { kinds: { kind: string; description: string }[]; faults: unknown[] };
    assert.deepEqual(
      kinds.map(({ kind }) => kind),
      FAULT_KINDS,
    );
    assert.ok(FAULT_KINDS.every((kind) => FAULTS[kind].length > 20));
    assert.deepEqual(faults, [{ id, kind: 'quota', target: '*', left: 3 }]);
    assert.equal((await ask(sandbox, `/sandbox/faults/${id}`, { method: 'DELETE' })).status, 204);
    assert.equal((await ask(sandbox, `/sandbox/faults/${id}`, { method: 'DELETE' })).status, 404);
  });

  test('takes no fault that could not strike', async (context) => {
    const { sandbox } = await setUp(context);
    const add = (body: unknown): Promise<RawAnswer> =>
      ask(sandbox, '/sandbox/faults', { method: 'POST', body });
    assert.equal((await add({ kind: 'earthquake', target: '*' })).status, 400);
    assert.equal((await add({ kind: 'quota' })).status, 400);
    assert.equal((await add({ kind: 'quota', target: '*', times: 0 })).status, 400);
    assert.equal((await add({ kind: 'quota', target: '*', times: 1, more: 1 })).status, 400);
    assert.equal((await add({ kind: 'quota', target: 'nobody' })).status, 404);
    const [node] = await nodesOf(sandbox, await clusterPath(sandbox, 'stage-weu'));
    for (const target of ['SHOP-WEU', 'web', 'contoso production', node?.metadata.name])
      assert.equal((await add({ kind: 'quota', target })).status, 201, target);
  });
});
