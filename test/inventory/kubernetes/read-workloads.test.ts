import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { KubernetesClient } from '../../../src/inventory/kubernetes/client.ts';
import { Connections } from '../../../src/inventory/kubernetes/connections.ts';
import {
  isPrivileged,
  readWorkloads,
  workloadsCheck,
} from '../../../src/inventory/kubernetes/read-workloads.ts';
import { TrafficCounter } from '../../../src/inventory/traffic.ts';
import type { Workloads } from '../../../src/inventory/types.ts';
import { IMPATIENT, serve } from '../support.ts';

const SCOPE = '/cluster/one';

async function counted(context: TestContext, answer: RequestListener): Promise<Workloads> {
  const server = await serve(context, answer);
  const connections = new Connections(IMPATIENT);
  context.after(() => connections.close());
  const target = {
    server: new URL(server.url),
    tls: { ca: server.ca },
    authorize: async () => ({ authorization: 'Bearer secret' }),
    agent: null,
  };
  const shared = { connections, patience: IMPATIENT, traffic: new TrafficCounter() };
  const client = new KubernetesClient(target, shared);
  return readWorkloads({ client, scope: SCOPE, signal: new AbortController().signal });
}

const pod = (
  nodeName: string | null,
  spec: Readonly<Record<string, unknown>> = { hostPID: true },
): unknown => ({
  metadata: { name: 'p' },
  spec: { ...(nodeName === null ? {} : { nodeName }), containers: [{ name: 'c' }], ...spec },
});

const page = (items: readonly unknown[], token = ''): string =>
  JSON.stringify({ metadata: { resourceVersion: '7', continue: token }, items });

describe('a privileged pod', () => {
  const container = { name: 'c', securityContext: { privileged: true } };
  const rights: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'shares processes': { hostPID: true },
    'shares the network': { hostNetwork: true },
    'shares IPC': { hostIPC: true },
    'has a privileged container': { containers: [{ name: 'a' }, container] },
    'begins with a privileged container': { initContainers: [container] },
    'is debugged with a privileged container': { ephemeralContainers: [container] },
    'mounts the root': { volumes: [{ name: 'a' }, { name: 'root', hostPath: { path: '/' } }] },
    'mounts the root by another spelling': { volumes: [{ name: 'root', hostPath: { path: '//var/../.' } }] },
    'mounts a drive of Windows': { volumes: [{ name: 'root', hostPath: { path: 'C:\\' } }] },
    'runs on Windows itself': { securityContext: { windowsOptions: { hostProcess: true } } },
    'has a container on Windows itself': {
      containers: [{ name: 'c', securityContext: { windowsOptions: { hostProcess: true } } }],
    },
  };
  for (const [name, spec] of Object.entries(rights))
    it(name, () => assert.equal(isPrivileged({ containers: [{ name: 'c' }], ...spec }), true));

  it('is none that only looks like one', () => {
    const others: readonly Readonly<Record<string, unknown>>[] = [
      {},
      { hostPID: false, hostNetwork: 'true', hostIPC: 1 },
      {
        containers: [
          { name: 'c', securityContext: { privileged: false, capabilities: { add: ['SYS_ADMIN'] } } },
        ],
      },
      {
        volumes: [
          { name: 'logs', hostPath: { path: '/var/log' } },
          { name: 'e', emptyDir: {} },
        ],
      },
      { containers: 'all', volumes: { hostPath: { path: '/' } }, securityContext: [] },
    ];
    for (const spec of others) assert.equal(isPrivileged(spec), false, JSON.stringify(spec));
  });

  it('is told of whatever a server says', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (spec) => {
        assert.equal(typeof isPrivileged(spec as Readonly<Record<string, unknown>>), 'boolean');
      }),
    );
  });
});

describe('privileged pods of a cluster', { timeout: 30_000 }, () => {
  it('are counted by node, page by page, without those of kube-system and those that ended', async (context) => {
    const asked: URLSearchParams[] = [];
    const { privileged, problem } = await counted(context, (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'https://x');
      asked.push(searchParams);
      const second = searchParams.get('continue') === 'more';
      const first = [
        pod('a'),
        pod('b', {}),
        pod('a', { hostNetwork: true }),
        pod(null),
        null,
        7,
        { spec: 'x' },
      ];
      response.end(second ? page([pod('b')]) : page(first, 'more'));
    });
    assert.equal(problem, null);
    assert.deepEqual(
      [...(privileged ?? [])],
      [
        ['a', 2],
        ['b', 1],
      ],
    );
    assert.deepEqual(
      asked.map((each) => [each.get('limit'), each.get('fieldSelector')]),
      Array.from({ length: 2 }, () => [
        '500',
        'metadata.namespace!=kube-system,status.phase!=Succeeded,status.phase!=Failed',
      ]),
    );
  });

  it('are a problem of their own with a remedy where nobody may list them', async (context) => {
    const workloads = await counted(context, (_, response) => {
      response.writeHead(403).end(JSON.stringify({ message: 'pods is forbidden' }));
    });
    assert.equal(workloads.privileged, null);
    const { code, scope, detail, remedy } = workloads.problem ?? assert.fail();
    assert.deepEqual([code, scope], ['no-permission', SCOPE]);
    assert.match(detail, /^Privileged workloads cannot be counted: .*403.*pods is forbidden$/);
    assert.match(remedy, /optional role of docs\/permissions\.md, or switch inventory\.workloads off\.$/);
    assert.equal(workloadsCheck('one', workloads).state, 'warning');
  });

  it('are counted anew where the server forgot the list half-way, and not for ever', async (context) => {
    let forgets = 1;
    const answer: RequestListener = (request, response) => {
      const again = (request.url ?? '').includes('continue=');
      if (again && forgets-- > 0) response.writeHead(410).end('{}');
      else response.end(again ? page([pod('b')]) : page([pod('a')], 'more'));
    };
    assert.deepEqual(
      [...((await counted(context, answer)).privileged ?? [])],
      [
        ['a', 1],
        ['b', 1],
      ],
    );
    forgets = 1_000;
    const { privileged, problem } = await counted(context, answer);
    assert.deepEqual([privileged, problem?.code], [null, 'failed']);
  });

  it('of a list that never ends, or is none, are not told', async (context) => {
    const endless = await counted(context, (_, response) => response.end(page([pod('a')], 'same')));
    assert.deepEqual([endless.privileged, endless.problem?.code], [null, 'malformed']);
    const none = await counted(context, (_, response) => response.end('{"items": "many"}'));
    assert.deepEqual([none.privileged, none.problem?.code], [null, 'malformed']);
  });
});
