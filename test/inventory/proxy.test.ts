import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { KubernetesClient } from '../../src/inventory/kubernetes/client.ts';
import { Connections } from '../../src/inventory/kubernetes/connections.ts';
import { createAks } from '../../src/inventory/providers/aks/aks.ts';
import { TrafficCounter } from '../../src/inventory/traffic.ts';
import { aksSettings, IMPATIENT, json, PROXIED, routes, serve, testRun } from './support.ts';

const NAMES = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'ALL_PROXY', 'all_proxy'];
const GUID = '11111111-2222-3333-4444-555555555555';

/** A proxy that leads every name to this machine. */
async function startProxy(
  context: TestContext,
): Promise<{ readonly url: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket, head) => {
    asked.push(request.url ?? '');
    const inner = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      inner.write(head);
      inner.pipe(socket).pipe(inner);
    });
    for (const end of [inner, socket]) end.on('error', () => {});
    context.after(() => inner.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

describe('a proxy of the environment', { timeout: 30_000 }, () => {
  let before: readonly (readonly [string, string | undefined])[];

  beforeEach(() => {
    before = NAMES.map((name) => [name, process.env[name]]);
    for (const name of NAMES) delete process.env[name];
  });

  afterEach(() => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });

  function clientOf(context: TestContext, server: URL, ca: string): KubernetesClient {
    const connections = new Connections(IMPATIENT);
    context.after(() => connections.close());
    const target = { server, tls: { ca }, authorize: async () => ({}), agent: null };
    return new KubernetesClient(target, { connections, patience: IMPATIENT, traffic: new TrafficCounter() });
  }

  it('leads to API servers elsewhere, whose certificate is still checked', async (context) => {
    const proxy = await startProxy(context);
    process.env.HTTPS_PROXY = proxy.url;
    const server = await serve(context, (_, response) => response.end('{"through": "proxy"}'));
    const { port } = new URL(server.url);
    const signal = new AbortController().signal;
    const there = clientOf(context, new URL(`https://${PROXIED}:${port}`), server.ca);
    assert.deepEqual(await there.get('x', '/', signal), { through: 'proxy' });
    assert.deepEqual(proxy.asked, [`${PROXIED}:${port}`]);
    const other = clientOf(context, new URL(`https://other.example:${port}`), server.ca);
    await assert.rejects(other.get('x', '/', signal), /its certificate is for another name/);
  });

  it('is not asked for this machine', async (context) => {
    process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
    const path = `GET /subscriptions/${GUID}/providers/microsoft.containerservice/managedclusters`;
    const server = await serve(
      context,
      routes({ [path]: () => json(200, { value: [] }), 'GET /': () => json(200, {}) }),
    );
    const client = clientOf(context, new URL(server.url), server.ca);
    assert.deepEqual(await client.get('x', '/', new AbortController().signal), {});
    const aks = createAks(aksSettings(server), { patience: IMPATIENT });
    const subscription = { id: `/subscriptions/${GUID}`, provider: 'aks' as const, name: 'Contoso' };
    assert.deepEqual((await aks.clusters(subscription, testRun())).problems, []);
  });
});
