import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Call } from '../call.ts';
import type { Peer } from '../peers.ts';

/** One request that a server refuses, and how. */
interface Refusal {
  readonly what: string;
  readonly method?: string;
  readonly path: string;
  readonly call?: Call;
  readonly code: number;
  readonly reason: string;
  /** What the message says; servers may differ in the rest of it. */
  readonly message: RegExp;
}

const NODE_LISTS: readonly Refusal[] = [
  ['limit=x', 400, 'BadRequest', /strconv.ParseInt: parsing "x": invalid syntax/],
  ['continue=garbage', 400, 'BadRequest', /continue key is not valid/],
  [
    `continue=${token({ v: 'x', rv: 3, start: '/n\0' })}`,
    400,
    'BadRequest',
    /does not recognize this encoded version x/,
  ],
  [
    `continue=${token({ v: 'meta.k8s.io/v1', rv: 3, start: '/n\0' })}&resourceVersion=1`,
    400,
    'BadRequest',
    /not allowed when using continue/,
  ],
  ['resourceVersion=x', 400, 'BadRequest', /invalid resource version/],
  ['resourceVersion=99999999', 504, 'Timeout', /Too large resource version: 99999999, current: \d+/],
  [
    'resourceVersionMatch=Exact',
    422,
    'Invalid',
    /resourceVersionMatch is forbidden unless resourceVersion is provided/,
  ],
  ['resourceVersionMatch=Foo&resourceVersion=1', 422, 'Invalid', /Unsupported value: "Foo"/],
  ['labelSelector=a%3D%3D%3Db', 400, 'BadRequest', /unable to parse requirement/],
  ['labelSelector=a%20in%20(b', 400, 'BadRequest', /unable to parse requirement/],
  ['labelSelector=a%3Db%20c', 400, 'BadRequest', /found '.*', expected: /],
  ['labelSelector=-a', 400, 'BadRequest', /unable to parse requirement/],
  ['labelSelector=a%3D-b', 400, 'BadRequest', /unable to parse requirement/],
  ['labelSelector=a%3Ex', 400, 'BadRequest', /unable to parse requirement/],
  ['labelSelector=a,', 400, 'BadRequest', /found '.*', expected: /],
  ['labelSelector=()', 400, 'BadRequest', /found '.*', expected: /],
  ['fieldSelector=spec.foo%3Db', 400, 'BadRequest', /field label not supported: spec.foo/],
  ['fieldSelector=foo', 400, 'BadRequest', /can't understand 'foo'/],
  ['sendInitialEvents=true', 422, 'Invalid', /sendInitialEvents is forbidden for list/],
  [
    'watch=true&sendInitialEvents=true',
    422,
    'Invalid',
    /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/,
  ],
  [
    'watch=true&resourceVersionMatch=NotOlderThan&resourceVersion=1',
    422,
    'Invalid',
    /forbidden for watch unless sendInitialEvents is provided/,
  ],
  ['watch=true&timeoutSeconds=x', 400, 'BadRequest', /strconv.ParseInt/],
  ['watch=true&timeoutSeconds=1&resourceVersion=x', 500, '', /Invalid value: "x"/],
].map(([query, code, reason, message]) => ({
  ...{ what: `a list of nodes with ${query}`, path: `/api/v1/nodes?${query}` },
  ...{ code: code as number, reason: reason as string, message: message as RegExp },
}));

const REFUSALS: readonly Refusal[] = [
  {
    what: 'a wrong token',
    path: '/api/v1/nodes',
    call: { token: 'x' },
    code: 401,
    reason: 'Unauthorized',
    message: /^Unauthorized$/,
  },
  {
    what: 'a missing node',
    path: '/api/v1/nodes/nobody',
    code: 404,
    reason: 'NotFound',
    message: /^nodes "nobody" not found$/,
  },
  {
    ...{ what: 'a missing pod', path: '/api/v1/namespaces/default/pods/nobody' },
    ...{ code: 404, reason: 'NotFound', message: /^pods "nobody" not found$/ },
  },
  {
    what: 'an unknown resource',
    path: '/api/v1/nothings',
    code: 404,
    reason: 'NotFound',
    message: /could not find the requested resource/,
  },
  {
    ...{
      what: 'a method that a resource does not know',
      method: 'POST',
      path: '/api/v1/nodes/nobody',
      call: { body: {} },
    },
    ...{ code: 405, reason: 'MethodNotAllowed', message: /does not allow this method/ },
  },
  {
    ...{
      what: 'a media type nobody has',
      path: '/api/v1/nodes',
      call: { headers: { accept: 'application/foo' } },
    },
    ...{ code: 406, reason: 'NotAcceptable', message: /^406: Not Acceptable/ },
  },
  {
    ...{
      what: 'a pod that is no JSON',
      method: 'POST',
      path: '/api/v1/namespaces/default/pods',
      call: { body: '{' },
    },
    ...{ code: 400, reason: 'BadRequest', message: /unrecognized \(must be of type Pod\)/ },
  },
  {
    ...{ what: 'a pod that is a node', method: 'POST', path: '/api/v1/namespaces/default/pods' },
    call: { body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'x' } } },
    ...{ code: 400, reason: 'BadRequest', message: /cannot be handled as a Pod/ },
  },
  {
    ...{ what: 'a pod without containers', method: 'POST', path: '/api/v1/namespaces/default/pods' },
    call: { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } } },
    ...{ code: 422, reason: 'Invalid', message: /^Pod "x" is invalid: spec.containers: Required value/ },
  },
  {
    ...{ what: 'a pod with a name that is none', method: 'POST', path: '/api/v1/namespaces/default/pods' },
    call: { body: pod('X_') },
    ...{ code: 422, reason: 'Invalid', message: /^Pod "X_" is invalid: metadata.name/ },
  },
  {
    ...{ what: 'a pod of another namespace', method: 'POST', path: '/api/v1/namespaces/default/pods' },
    call: { body: { ...pod('x'), metadata: { name: 'x', namespace: 'foo' } } },
    ...{ code: 400, reason: 'BadRequest', message: /does not match the namespace sent on the request/ },
  },
  {
    ...{
      what: 'a pod in a namespace that is missing',
      method: 'POST',
      path: '/api/v1/namespaces/nowhere/pods',
    },
    call: { body: pod('x') },
    ...{ code: 404, reason: 'NotFound', message: /^namespaces "nowhere" not found$/ },
  },
  {
    ...{
      what: 'a budget of both kinds',
      method: 'POST',
      path: '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
    },
    call: {
      body: {
        ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'x' } },
        spec: { minAvailable: 1, maxUnavailable: 1, selector: {} },
      },
    },
    ...{ code: 422, reason: 'Invalid', message: /minAvailable and maxUnavailable cannot be both set/ },
  },
  {
    ...{ what: 'a pod in a media type nobody has', method: 'POST', path: '/api/v1/namespaces/default/pods' },
    call: { body: pod('x'), type: 'text/plain' },
    ...{ code: 415, reason: 'UnsupportedMediaType', message: /in an unknown format - accepted media types/ },
  },
  {
    ...{ what: 'a pod with metadata that is none', method: 'POST', path: '/api/v1/namespaces/default/pods' },
    call: { body: { ...pod('x'), metadata: 'x' } },
    ...{ code: 400, reason: 'BadRequest', message: /cannot be handled as a Pod/ },
  },
  {
    ...{ what: 'a new pod with a version', method: 'POST', path: '/api/v1/namespaces/default/pods' },
    call: { body: { ...pod('x'), metadata: { name: 'x', resourceVersion: '5' } } },
    ...{ code: 500, reason: '', message: /^resourceVersion should not be set on objects to be created$/ },
  },
  {
    ...{ what: 'another dry run', method: 'POST', path: '/api/v1/namespaces/default/pods?dryRun=Yes' },
    call: { body: pod('x') },
    ...{ code: 422, reason: 'Invalid', message: /dryRun: Unsupported value: \["Yes"\]/ },
  },
  {
    ...{ what: 'an eviction in another namespace', method: 'POST' },
    path: '/api/v1/namespaces/default/pods/nobody/eviction',
    call: {
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'nobody', namespace: 'other' } },
    },
    ...{ code: 400, reason: 'BadRequest', message: /does not match the namespace sent on the request/ },
  },
  ...[
    { minAvailable: '150%', selector: {} },
    { minAvailable: '5', selector: {} },
    { maxUnavailable: -1, selector: {} },
    { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
  ].map((spec) => ({
    ...{
      what: `a budget of ${JSON.stringify(spec)}`,
      method: 'POST',
      call: { body: { metadata: { name: 'x' }, spec } },
    },
    path: '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
    ...{ code: 422, reason: 'Invalid', message: /^PodDisruptionBudget.policy "x" is invalid: spec\./ },
  })),
  ...NODE_LISTS,
];

function token(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function pod(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'a', image: 'i' }] },
  };
}

/** What a server refuses, and in which words. */
export function refusals(peer: () => Peer): void {
  for (const { what, method = 'GET', path, call, code, reason, message } of REFUSALS)
    it(`refuses ${what}`, async () => {
      const answer = await peer().call(method, path, call);
      const { status, headers, body } = answer;
      assert.equal(status, code, answer.text);
      assert.equal(headers['content-type'], 'application/json');
      assert.deepEqual([body.kind, body.apiVersion, body.status], ['Status', 'v1', 'Failure']);
      assert.equal(body.reason ?? '', reason);
      assert.equal(body.code, code);
      assert.match(body.message, message);
    });

  it('knows a pod by its name in lower case alone', async () => {
    const { call } = peer();
    const pods = '/api/v1/namespaces/default/pods';
    assert.equal((await call('POST', pods, { body: pod('lower') })).status, 201);
    assert.equal((await call('GET', `${pods}/LOWER`)).status, 404);
    assert.equal((await call('DELETE', `${pods}/LOWER`)).status, 404);
    assert.equal((await call('DELETE', `${pods}/lower?gracePeriodSeconds=0`)).status, 200);
  });

  it('refuses a write of somebody who may only read', async () => {
    const { call, kubernetes, nodes } = peer();
    const node = nodes[0] ?? '';
    const type = 'application/merge-patch+json';
    const asReader = { token: kubernetes.readerToken };
    const patched = await call('PATCH', `/api/v1/nodes/${node}`, { ...asReader, type, body: { spec: {} } });
    assert.equal(patched.status, 403);
    assert.equal(patched.body.reason, 'Forbidden');
    assert.deepEqual(patched.body.details, { name: node, kind: 'nodes' });
    assert.match(
      patched.body.message,
      /^nodes ".*" is forbidden: User ".*reader" cannot patch resource "nodes" in API group "" at the cluster scope$/,
    );
    const evicted = await call('POST', '/api/v1/namespaces/default/pods/p/eviction', {
      ...asReader,
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } },
    });
    assert.equal(evicted.status, 403);
    assert.match(
      evicted.body.message,
      /cannot create resource "pods\/eviction" in API group "" in the namespace "default"$/,
    );
    assert.equal((await call('GET', '/api/v1/nodes?limit=1', asReader)).status, 200);
  });

  it('says what it has', async () => {
    const { call } = peer();
    assert.match((await call('GET', '/version')).body.gitVersion, /^v1\.\d+\.\d+/);
    assert.equal((await call('GET', '/readyz')).text, 'ok');
    assert.deepEqual((await call('GET', '/api')).body.versions, ['v1']);
    const groups = (await call('GET', '/apis')).body.groups.map(({ name }: { name: string }) => name);
    for (const group of ['apps', 'coordination.k8s.io', 'policy']) assert.ok(groups.includes(group), group);
    const policy = (await call('GET', '/apis/policy/v1')).body;
    assert.deepEqual(
      [policy.kind, policy.apiVersion, policy.groupVersion],
      ['APIResourceList', 'v1', 'policy/v1'],
    );
    const core = (await call('GET', '/api/v1')).body.resources;
    const nodes = core.find(({ name }: { name: string }) => name === 'nodes');
    assert.deepEqual(
      [nodes.singularName, nodes.namespaced, nodes.kind, nodes.shortNames],
      ['node', false, 'Node', ['no']],
    );
    const eviction = core.find(({ name }: { name: string }) => name === 'pods/eviction');
    assert.deepEqual([eviction.group, eviction.version, eviction.kind], ['policy', 'v1', 'Eviction']);
    const system = (await call('GET', '/api/v1/namespaces/kube-system')).body;
    assert.match(system.metadata.uid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual([system.kind, system.status.phase], ['Namespace', 'Active']);
  });
}
