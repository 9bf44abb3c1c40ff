import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { KubernetesClient } from '../../../src/inventory/kubernetes/client.ts';
import { Connections } from '../../../src/inventory/kubernetes/connections.ts';
import { KubernetesError } from '../../../src/inventory/kubernetes/errors.ts';
import { type NodesRead, readNodes } from '../../../src/inventory/kubernetes/read-nodes.ts';
import type { Patience } from '../../../src/inventory/patience.ts';
import { labelledNode } from '../../../src/inventory/providers/kubernetes/node-of.ts';
import { TrafficCounter } from '../../../src/inventory/traffic.ts';
import { IMPATIENT, serve } from '../support.ts';

const CLUSTER = 'kubernetes:test';

function wireNode(name: string, version = 1, more: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    metadata: { name, uid: `uid-${name}`, resourceVersion: String(version), ...more },
    spec: {},
    status: {},
  };
}

interface Looking {
  look(since?: string | null, signal?: AbortSignal): Promise<NodesRead>;
  readonly traffic: TrafficCounter;
}

async function looking(
  context: TestContext,
  answer: RequestListener,
  patience: Partial<Patience> = {},
): Promise<Looking> {
  const server = await serve(context, answer);
  const patient = { ...IMPATIENT, ...patience };
  const connections = new Connections(patient);
  context.after(() => connections.close());
  const traffic = new TrafficCounter();
  const target = {
    server: new URL(`${server.url}/clusters/c1`),
    tls: { ca: server.ca },
    authorize: async () => ({ authorization: 'Bearer secret' }),
    agent: null,
  };
  const client = new KubernetesClient(target, { connections, patience: patient, traffic });
  const look: Looking['look'] = (since = null, signal = new AbortController().signal) =>
    readNodes({ client, since, read: labelledNode(CLUSTER), signal });
  return { look, traffic };
}

/** Lists these pages, one after the other. */
function pages(...all: readonly (readonly unknown[])[]): RequestListener {
  return (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'https://x');
    const page = Number(searchParams.get('continue') ?? 0);
    const token = page + 1 < all.length ? String(page + 1) : '';
    response.end(JSON.stringify({ metadata: { resourceVersion: '10', continue: token }, items: all[page] }));
  };
}

/** Lists `list`, and answers a watch with these lines. */
function watching(list: RequestListener, events: readonly unknown[], version = '20'): RequestListener {
  return (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'https://x');
    if (searchParams.has('watch')) {
      response.end(
        events.map((event) => `${typeof event === 'string' ? event : JSON.stringify(event)}\n`).join(''),
      );
    } else if (searchParams.get('limit') === '1') {
      response.end(JSON.stringify({ metadata: { resourceVersion: version }, items: [] }));
    } else list(request, response);
  };
}

const idsOf = ({ nodes }: NodesRead): readonly string[] => nodes.map(({ name }) => name);

describe('reading all nodes', { timeout: 60_000 }, () => {
  it('goes through the pages of a list, below the path of the server, with its token', async (context) => {
    const asked: string[] = [];
    const list = pages([wireNode('a')], [wireNode('b'), wireNode('c')], []);
    const { look, traffic } = await looking(context, (request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      list(request, response);
    });
    const read = await look();
    assert.deepEqual(idsOf(read), ['a', 'b', 'c']);
    assert.deepEqual([read.kind, read.version, read.removed], ['all', '10', []]);
    assert.equal(asked[1], '/clusters/c1/api/v1/nodes?limit=500&continue=1 Bearer secret');
    assert.deepEqual(traffic.counts().requests, { 'Kubernetes list nodes': 3 });
  });

  it('keeps the connection open between pages', async (context) => {
    const sockets = new Set<unknown>();
    const list = pages([wireNode('a')], [wireNode('b')], [wireNode('c')]);
    const { look } = await looking(context, (request, response) => {
      sockets.add(request.socket);
      list(request, response);
    });
    await look();
    assert.equal(sockets.size, 1);
  });

  it('begins once more where the server forgot the first page', async (context) => {
    const { look } = await looking(context, (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'https://x');
      if (searchParams.has('continue')) {
        response.statusCode = 410;
        response.end(JSON.stringify({ kind: 'Status', code: 410, reason: 'Expired', message: 'expired' }));
      } else if (searchParams.has('limit')) pages([wireNode('a')], [])(request, response);
      else pages([wireNode('a'), wireNode('b')])(request, response);
    });
    assert.deepEqual(idsOf(await look()), ['a', 'b']);
  });

  it('tells which nodes could not be understood, and will not go on from there', async (context) => {
    const bad = [null, 7, {}, { metadata: { name: 'x' } }, wireNode('n\u001b[2J'), wireNode('ok')];
    const { look } = await looking(context, pages(bad));
    const read = await look();
    assert.deepEqual(idsOf(read), ['ok']);
    assert.equal(read.faults.length, 5);
    assert.equal(read.version, null);
  });

  it('does not take two nodes for one machine', async (context) => {
    const machine = { providerID: 'azure:///subscriptions/s/vm1' };
    const one = { ...(wireNode('a') as object), spec: machine };
    const two = { ...(wireNode('b') as object), spec: machine };
    const read = await (await looking(context, pages([one, two]))).look();
    assert.deepEqual(idsOf(read), ['a']);
    assert.match(read.faults[0] ?? '', /nodes a and b name the same machine/);
  });

  const REFUSALS: readonly (readonly [
    name: string,
    answer: RequestListener,
    kind: string,
    status: number | null,
  ])[] = [
    ['401', refuse(401), 'refused', 401],
    ['403', refuse(403), 'refused', 403],
    ['404', refuse(404), 'refused', 404],
    ['429 for ever', refuse(429, { 'retry-after': '0' }), 'refused', 429],
    ['500', refuse(500), 'refused', 500],
    ['503', refuse(503), 'refused', 503],
    ['a redirect', refuse(302, { location: 'https://example.test/' }), 'refused', 302],
    ['HTML', (_, response) => response.end('<html>'), 'malformed', null],
    ['nothing', (_, response) => response.end(), 'malformed', null],
    ['null', (_, response) => response.end('null'), 'malformed', null],
    ['a list without items', (_, response) => response.end('{"items": {}}'), 'malformed', null],
    ['deep JSON', (_, response) => response.end('['.repeat(1_000_000)), 'malformed', null],
    ['a broken connection', (request) => request.socket.destroy(), 'unreachable', null],
    [
      'half an answer',
      (_, response) =>
        response.writeHead(200, { 'content-length': '10' }).write('{', () => response.destroy()),
      'unreachable',
      null,
    ],
    [
      'one page for ever',
      (_, response) => response.end('{"metadata": {"continue": "x"}, "items": []}'),
      'malformed',
      null,
    ],
  ];
  for (const [name, answer, kind, status] of REFUSALS) {
    it(`fails where the server answers ${name}`, async (context) => {
      const { look } = await looking(context, answer);
      await assert.rejects(look(), (thrown: KubernetesError) => {
        assert.ok(thrown instanceof KubernetesError, String(thrown));
        assert.deepEqual([thrown.kind, thrown.status], [kind, status], thrown.message);
        assert.match(thrown.message, /^127\.0\.0\.1:\d+ /);
        return true;
      });
    });
  }

  it('fails where pages never end, each with another token', async (context) => {
    let page = 0;
    const { look } = await looking(context, (_, response) => {
      response.end(JSON.stringify({ metadata: { continue: `t${++page}` }, items: [] }));
    });
    await assert.rejects(look(), /never ends/);
  });

  it('fails where an answer is larger than any genuine one', async (context) => {
    const { look } = await looking(context, (_, response) => {
      const chunk = Buffer.alloc(4 << 20, 32);
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    });
    await assert.rejects(look(), /larger than 128\.0 MiB/);
  });

  it('fails where an answer takes too long', async (context) => {
    const { look } = await looking(context, () => {}, { requestMs: 50 });
    await assert.rejects(look(), /did not answer within 0\.05 s/);
  });

  it('does not trust a server that another authority signed', async (context) => {
    const server = await serve(context, () => assert.fail('nothing may be asked'));
    const connections = new Connections(IMPATIENT);
    context.after(() => connections.close());
    const authorize = async () => ({ authorization: 'Bearer secret' });
    const target = { server: new URL(server.url), tls: {}, authorize, agent: null };
    const client = new KubernetesClient(target, {
      connections,
      patience: IMPATIENT,
      traffic: new TrafficCounter(),
    });
    const asking = client.get('x', '/', new AbortController().signal);
    await assert.rejects(asking, /its certificate is signed by nobody known/);
  });

  it('stops with the reason of the signal', async (context) => {
    const controller = new AbortController();
    const { look } = await looking(context, () => controller.abort(new Error('enough')));
    await assert.rejects(look(null, controller.signal), /^Error: enough$/);
  });
});

describe('reading what changed', { timeout: 60_000 }, () => {
  const all = pages([wireNode('a'), wireNode('b')]);

  it('asks for no events where nothing happened at all', async (context) => {
    const { look, traffic } = await looking(context, watching(all, [], '10'));
    const read = await look('10');
    assert.deepEqual([read.kind, read.nodes, read.removed, read.version], ['changes', [], [], '10']);
    assert.deepEqual(traffic.counts().requests, { 'Kubernetes version of nodes': 1 });
  });

  it('gives the last word on each node, and goes on from the last event', async (context) => {
    const events = [
      { type: 'ADDED', object: wireNode('new', 11) },
      { type: 'MODIFIED', object: wireNode('a', 12) },
      { type: 'DELETED', object: wireNode('b', 13) },
      { type: 'ADDED', object: wireNode('short', 14) },
      { type: 'DELETED', object: wireNode('short', 15) },
      { type: 'DELETED', object: wireNode('back', 16) },
      { type: 'ADDED', object: wireNode('back', 17) },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '19' } } },
    ];
    const { look } = await looking(context, watching(all, events));
    const read = await look('10');
    assert.deepEqual(idsOf(read), ['new', 'a', 'back']);
    assert.deepEqual(read.removed, [`${CLUSTER}/nodes/uid-b`, `${CLUSTER}/nodes/uid-short`]);
    assert.deepEqual([read.kind, read.version], ['changes', '19']);
  });

  it('stops as soon as nothing older is to come, also where the server keeps the watch open', async (context) => {
    const { look } = await looking(context, (request, response) => {
      if (!request.url?.includes('watch')) return watching(all, [], '12')(request, response);
      response.write(`${JSON.stringify({ type: 'MODIFIED', object: wireNode('a', 12) })}\n`);
    });
    const read = await look('10');
    assert.deepEqual([read.kind, idsOf(read), read.version], ['changes', ['a'], '12']);
  });

  it('ends where nothing comes any more, and goes on from there the next time', async (context) => {
    const { look } = await looking(
      context,
      (request, response) => {
        if (!request.url?.includes('watch')) return watching(all, [], '99')(request, response);
        response.write(`${JSON.stringify({ type: 'MODIFIED', object: wireNode('a', 12) })}\n`);
      },
      { quietMs: 50 },
    );
    const read = await look('10');
    assert.deepEqual([read.kind, idsOf(read), read.version], ['changes', ['a'], '12']);
  });

  it('misses nothing that came while this process was busy with something else', async (context) => {
    const { look } = await looking(
      context,
      (request, response) => {
        if (!request.url?.includes('watch')) return watching(all, [], '99')(request, response);
        response.flushHeaders();
        const busy = (): void => {
          response.write(`${JSON.stringify({ type: 'MODIFIED', object: wireNode('a', 12) })}\n`);
          // It is sent, and nobody reads it for longer than a watch may be quiet; then timers come first.
          for (const until = performance.now() + 1500; performance.now() < until; );
        };
        setTimeout(() => setImmediate(busy), 20);
      },
      { quietMs: 100 },
    );
    const read = await look('10');
    assert.deepEqual([read.kind, idsOf(read), read.version], ['changes', ['a'], '12']);
  });

  const LISTED: readonly (readonly [name: string, events: readonly unknown[]])[] = [
    ['has forgotten the version', [{ type: 'ERROR', object: { kind: 'Status', code: 410 } }]],
    ['sends no JSON', ['<html>']],
    ['sends something else', ['7']],
    ['sends an unknown event', [{ type: 'RENAMED', object: wireNode('a', 12) }]],
    ['sends an event without a version', [{ type: 'ADDED', object: {} }]],
    [
      'sends a node that cannot be understood',
      [{ type: 'ADDED', object: { metadata: { resourceVersion: '12' } } }],
    ],
    ['sends a line without end', ['x'.repeat(5 << 20)]],
  ];
  for (const [name, events] of LISTED) {
    it(`lists all where the server ${name}`, async (context) => {
      const { look } = await looking(context, watching(all, events));
      const read = await look('10');
      assert.deepEqual([read.kind, idsOf(read), read.version], ['all', ['a', 'b'], '10']);
    });
  }

  it('lists all where a watch is answered with 410 or breaks', async (context) => {
    for (const broken of [refuse(410), (request) => request.socket.destroy()] satisfies RequestListener[]) {
      const { look } = await looking(context, (request, response) =>
        request.url?.includes('watch') ? broken(request, response) : watching(all, [])(request, response),
      );
      assert.equal((await look('10')).kind, 'all');
    }
  });

  it('lists nothing where nobody may look', async (context) => {
    const { look, traffic } = await looking(context, refuse(403));
    await assert.rejects(look('10'), (thrown: KubernetesError) => thrown.status === 403);
    assert.equal(traffic.counts().requests['Kubernetes list nodes'], undefined);
  });
});

function refuse(status: number, headers: Readonly<Record<string, string>> = {}): RequestListener {
  return (_, response) => {
    response.writeHead(status, headers);
    response.end(
      JSON.stringify({ kind: 'Status', status: 'Failure', code: status, message: `no:\u001b[2J ${status}` }),
    );
  };
}
