import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { controlSandbox } from '../../src/pipeline/sandbox.ts';

test('a sandbox that is long at work is not told to be started', { timeout: 10_000 }, async (context) => {
  const waiting = new AbortController();
  context.mock.method(AbortSignal, 'timeout', () => waiting.signal);
  const server = createServer(() => waiting.abort(new DOMException('too long', 'TimeoutError')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  const info = { now: new Date(0), url, caFile: '', token: '', running: true, rate: 0 };
  await assert.rejects(controlSandbox(info, { method: 'POST', path: '/sandbox/advance' }), {
    code: 'sandbox-unavailable',
    message: /is still at work after 4 minutes/,
    remedy: /It goes on; `nodeward sandbox status` shows/,
  });
});
