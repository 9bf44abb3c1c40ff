import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RECORDED, type Recorded } from './contract.ts';
import { AKS_VERSION, ask, clusterPath, header, poolOf, startTestSandbox, untilEnded } from './support.ts';

/** A part of a JSON body by its path: `value.0.name`. */
function at(body: unknown, path: string): unknown {
  let value = body;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

async function check(recorded: Recorded, context: Parameters<typeof startTestSandbox>[0]): Promise<void> {
  const sandbox = await startTestSandbox(context);
  const cluster = await clusterPath(sandbox, 'shop-eus');
  const path = recorded.path
    .replace(/^C/, cluster)
    .replace(/^P/, `${cluster}/agentPools/system`)
    .replace(/^X/, `${cluster}/agentPools/nothere`);
  const { method, headers = {}, body } = recorded;
  const answer = await ask(sandbox, `${path}?${AKS_VERSION}`, { method, headers, body });
  assert.equal(answer.status, recorded.status, answer.text);
  for (const name of recorded.has ?? []) assert.ok(answer.headers[name] !== undefined, `no header ${name}`);
  for (const name of recorded.hasNot ?? []) assert.equal(answer.headers[name], undefined, `header ${name}`);
  if (recorded.empty === true) assert.equal(answer.text, '');
  for (const [part, expected] of Object.entries(recorded.shows ?? {})) {
    const found = at(answer.body, part);
    if (expected instanceof RegExp) assert.match(String(found), expected, part);
    else assert.deepEqual(found, expected, part);
  }
  assert.match(header(answer, 'x-nodeward-sandbox'), /^2024-03-01T09:00:00\.000Z$/);
}

describe('answers as they were recorded from Azure', () => {
  for (const recorded of RECORDED)
    test(recorded.name, { timeout: 30_000 }, (context) => check(recorded, context));
});

describe('an operation as it was recorded', () => {
  test('a node-image upgrade: pending, then Succeeded; its Location 202, then 204', async (context) => {
    const sandbox = await startTestSandbox(context);
    const path = `${await clusterPath(sandbox, 'stage-weu')}/agentPools/apps`;
    const started = await ask(sandbox, `${path}/upgradeNodeImageVersion?${AKS_VERSION}`, { method: 'POST' });
    assert.equal(started.status, 202);
    assert.equal(at(started.body, 'properties.provisioningState'), 'UpgradingNodeImageVersion');
    const status = new URL(header(started, 'azure-asyncoperation'));
    const result = new URL(header(started, 'location'));
    assert.match(
      status.pathname,
      /^\/subscriptions\/[0-9a-f-]{36}\/providers\/Microsoft\.ContainerService\/locations\/westeurope\/operations\/[0-9a-f-]{36}$/,
    );
    assert.match(result.pathname, /\/locations\/westeurope\/operationresults\/[0-9a-f-]{36}$/);
    assert.deepEqual([...status.searchParams.keys()], ['api-version', 't', 'c', 's', 'h']);
    assert.notEqual(status.searchParams.get('api-version'), '2026-06-01');
    const pending = await ask(sandbox, status.href);
    assert.equal(pending.status, 200);
    assert.deepEqual(Object.keys(pending.body as object), ['name', 'status', 'startTime']);
    assert.equal(at(pending.body, 'status'), 'InProgress');
    assert.equal(`/${at(pending.body, 'name')}`, status.pathname.slice(status.pathname.lastIndexOf('/')));
    assert.match(pending.text, /^\{\n {2}"name": /, 'ARM prints its JSON for people');
    const pendingResult = await ask(sandbox, result.href);
    assert.deepEqual([pendingResult.status, pendingResult.text], [202, '']);
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    const ended = await ask(sandbox, status.href);
    assert.deepEqual(Object.keys(ended.body as object), ['name', 'status', 'startTime', 'endTime']);
    const endedResult = await ask(sandbox, result.href);
    assert.deepEqual([endedResult.status, endedResult.text], [204, '']);
  });

  test('the URL of an operation is opaque: with another query it is refused', async (context) => {
    const sandbox = await startTestSandbox(context);
    const path = `${await clusterPath(sandbox, 'shop-eus')}/agentPools/system`;
    const started = await ask(sandbox, `${path}?${AKS_VERSION}`, { method: 'PUT', body: { properties: {} } });
    const url = header(started, 'azure-asyncoperation');
    for (const changed of [
      url.replace(/&h=.*/, ''),
      url.replace(/api-version=[^&]*/, AKS_VERSION),
      `${url}&x=1`,
    ])
      assert.equal((await ask(sandbox, changed)).status, 400, changed);
    assert.equal((await ask(sandbox, url)).status, 200);
  });

  test('the record of an operation expires some hours after it ended, and is there until then', async (context) => {
    const sandbox = await startTestSandbox(context);
    const path = `${await clusterPath(sandbox, 'shop-eus')}/agentPools/system`;
    const started = await ask(sandbox, `${path}?${AKS_VERSION}`, { method: 'PUT', body: { properties: {} } });
    assert.equal((await untilEnded(sandbox, started)).status, 'Succeeded');
    await sandbox.advance(3 * 3_600_000);
    assert.equal((await ask(sandbox, header(started, 'azure-asyncoperation'))).status, 200);
    await sandbox.advance(2 * 3_600_000);
    const expired = await ask(sandbox, header(started, 'azure-asyncoperation'));
    assert.equal(expired.status, 404);
    assert.equal(at(expired.body, 'error.code'), 'ResourceNotFound');
  });

  test('aborting: the operation is Canceled, pool Canceling then Canceled, the final Location 204', async (context) => {
    const sandbox = await startTestSandbox(context);
    const path = `${await clusterPath(sandbox, 'stage-weu')}/agentPools/apps`;
    const started = await ask(sandbox, `${path}/upgradeNodeImageVersion?${AKS_VERSION}`, { method: 'POST' });
    await sandbox.advance(8 * 60_000);
    const aborted = await ask(sandbox, `${path}/abort?${AKS_VERSION}`, { method: 'POST' });
    assert.equal(aborted.status, 202);
    assert.equal(at(aborted.body, 'properties.provisioningState'), 'Canceling');
    assert.equal(
      at((await ask(sandbox, header(started, 'azure-asyncoperation'))).body, 'status'),
      'Canceled',
    );
    assert.equal((await untilEnded(sandbox, aborted)).status, 'Succeeded');
    assert.equal((await poolOf(sandbox, path)).properties.provisioningState, 'Canceled');
    assert.equal((await ask(sandbox, header(aborted, 'location'))).status, 204);
    const again = await ask(sandbox, `${path}/abort?${AKS_VERSION}`, { method: 'POST' });
    assert.equal(again.status, 409);
  });
});

describe('the gateway', () => {
  const requests = [
    { name: 'no token: 401', token: null, query: AKS_VERSION, status: 401, code: 'AuthenticationFailed' },
    {
      name: 'an unknown token: 401',
      token: 'x',
      query: AKS_VERSION,
      status: 401,
      code: 'InvalidAuthenticationToken',
    },
    { name: 'no api-version: 400', query: '', status: 400, code: 'MissingApiVersionParameter' },
    {
      name: 'a garbage api-version: 400',
      query: 'api-version=1',
      status: 400,
      code: 'InvalidApiVersionParameter',
    },
  ] as const;
  for (const { name, query, status, code, ...more } of requests)
    test(name, async (context) => {
      const sandbox = await startTestSandbox(context);
      const answer = await ask(sandbox, `/subscriptions?${query}`, more);
      assert.equal(answer.status, status);
      assert.equal(at(answer.body, 'error.code'), code);
    });

  test('the reader may read and get a kubeconfig, and is told what it may not do', async (context) => {
    const sandbox = await startTestSandbox(context);
    const path = await clusterPath(sandbox, 'shop-eus');
    const reader = { token: 'sandbox-reader' };
    assert.equal((await ask(sandbox, `${path}?${AKS_VERSION}`, reader)).status, 200);
    const config = await ask(sandbox, `${path}/listClusterUserCredential?${AKS_VERSION}`, {
      ...reader,
      method: 'POST',
    });
    assert.equal(config.status, 200);
    const denied = await ask(sandbox, `${path}/agentPools/system/upgradeNodeImageVersion?${AKS_VERSION}`, {
      ...reader,
      method: 'POST',
    });
    assert.equal(denied.status, 403);
    assert.equal(at(denied.body, 'error.code'), 'AuthorizationFailed');
    assert.match(
      String(at(denied.body, 'error.message')),
      /does not have authorization to perform action 'Microsoft\.ContainerService\/managedClusters\/agentPools\/upgradeNodeImageVersion\/action' over scope '\/subscriptions\//,
    );
    for (const [method, action] of [
      ['PUT', 'write'],
      ['DELETE', 'delete'],
    ] as const) {
      const answer = await ask(sandbox, `${path}?${AKS_VERSION}`, { ...reader, method, body: {} });
      assert.equal(answer.status, 403);
      assert.match(answer.text, new RegExp(`Microsoft.ContainerService/managedClusters/${action}`));
    }
  });

  test('paths are matched in any case, and ids come back as Azure spells them', async (context) => {
    const sandbox = await startTestSandbox(context);
    const path = await clusterPath(sandbox, 'shop-eus');
    const upper = await ask(sandbox, `${path.toUpperCase()}?${AKS_VERSION}`);
    const lower = await ask(sandbox, `${path.toLowerCase()}?${AKS_VERSION}`);
    assert.equal(upper.status, 200);
    assert.deepEqual(upper.body, lower.body);
    assert.equal(at(upper.body, 'id'), path.replace('resourceGroups', 'resourcegroups'));
  });

  test('plain HTTP is answered on the same port, and says that it is a sandbox', async (context) => {
    const sandbox = await startTestSandbox(context);
    const answer = await fetch(sandbox.url.replace('https:', 'http:'));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-nodeward-sandbox'), '2024-03-01T09:00:00.000Z');
    const page = await answer.text();
    assert.match(page, /SANDBOX 2024-03-01 09:00 UTC/);
    assert.match(page, /Contoso Production/);
    for (const path of ['/nowhere', '/%zz', `/subscriptions/${'a'.repeat(3000)}?${AKS_VERSION}`]) {
      const odd = await ask(sandbox, sandbox.url + path);
      assert.ok(odd.status >= 400 && odd.status < 500, path);
      assert.equal(odd.headers['x-nodeward-sandbox'], '2024-03-01T09:00:00.000Z', path);
      assert.equal(typeof at(odd.body, 'error.code'), 'string', path);
    }
  });
});
