import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { type Post, post } from '../../../src/interfaces/notifications/post.ts';
import type { Sent } from '../../../src/pipeline/notify/index.ts';
import { NEVER_ABORTED, rawServer, reach, receiver } from './support.ts';

const SHORT = reach({ patience: { connectMs: 300, totalMs: 600 } });

function to(url: URL | string, more: Partial<Post> = {}): Post {
  return { url: new URL(url), headers: {}, body: '{}', ...more };
}

/** Neither the path nor the query of a webhook is ever told. */
function assertDiscreet(sent: Sent): void {
  assert.ok(!JSON.stringify(sent).includes('SECRET'), JSON.stringify(sent));
}

function whyOf(sent: Sent): string {
  assertDiscreet(sent);
  return sent.outcome === 'sent' ? '' : sent.why;
}

test('posts the body with its headers to the path and query, once', { timeout: 20_000 }, async (t) => {
  const { url, received } = await receiver(t, (response) => response.writeHead(202).end());
  const sent = await post(to(url, { headers: { 'x-one': '1' }, body: '{"ä":1}' }), reach(), NEVER_ABORTED);
  assert.deepEqual(sent, { outcome: 'sent', note: null });
  assert.equal(received.length, 1);
  assert.equal(received[0]?.path, '/services/SECRET-PATH?token=SECRET-QUERY');
  assert.equal(received[0]?.body, '{"ä":1}');
  assert.equal(received[0]?.headers['x-one'], '1');
  assert.equal(received[0]?.headers.host, url.host);
  assert.equal(received[0]?.headers['content-type'], 'application/json; charset=utf-8');
});

test('a redirect is not followed, and names where it leads', { timeout: 20_000 }, async (t) => {
  const inside = await receiver(t, (response) => response.end());
  for (const [location, words] of [
    [inside.url.href, /answered 302, a redirect to http:\/\/127\.0\.0\.1:\d+, which is not followed/],
    ['http://169.254.169.254/latest/SECRET', /a redirect to http:\/\/169\.254\.169\.254,/],
    ['/SECRET/other', /a redirect to another path/],
    ['http://', /a redirect to nowhere/],
  ] as const) {
    const { url } = await receiver(t, (response) => response.writeHead(302, { location }).end());
    const sent = await post(to(url), reach(), NEVER_ABORTED);
    assert.equal(sent.outcome, 'refused');
    assert.match(whyOf(sent), words);
  }
  const { url } = await receiver(t, (response) => response.writeHead(307).end());
  assert.match(whyOf(await post(to(url), reach(), NEVER_ABORTED)), /nowhere/);
  assert.equal(inside.received.length, 0);
});

test('answers say whether another try makes sense', { timeout: 20_000 }, async (t) => {
  const outcomes: Record<number, Sent['outcome']> = {
    200: 'sent',
    204: 'sent',
    400: 'refused',
    401: 'refused',
    404: 'refused',
    408: 'later',
    410: 'refused',
    413: 'refused',
    425: 'later',
    429: 'later',
    500: 'later',
    503: 'later',
  };
  for (const [status, outcome] of Object.entries(outcomes)) {
    const { url } = await receiver(t, (response) => response.writeHead(Number(status)).end('SECRET'));
    const sent = await post(to(url), reach(), NEVER_ABORTED);
    assert.equal(sent.outcome, outcome, status);
    assertDiscreet(sent);
  }
});

test('how long a receiver asks to be left alone', { timeout: 20_000 }, async (t) => {
  const asked: [string, (ms: number | null) => boolean][] = [
    ['120', (ms) => ms === 120_000],
    [new Date(Date.now() + 60_000).toUTCString(), (ms) => ms !== null && ms > 30_000 && ms <= 60_000],
    [new Date(Date.now() - 60_000).toUTCString(), (ms) => ms === 0],
    ['soon', (ms) => ms === null],
    ['99999999999999', (ms) => ms === null],
  ];
  for (const [text, isRight] of asked) {
    const { url } = await receiver(t, (response) => response.writeHead(429, { 'retry-after': text }).end());
    const sent = await post(to(url), reach(), NEVER_ABORTED);
    assert.ok(sent.outcome === 'later' && isRight(sent.pauseMs), text);
  }
});

test('only words that are known are repeated of an answer', { timeout: 20_000 }, async (t) => {
  const { url } = await receiver(t, (response, { path }) =>
    response.writeHead(404).end(`Cannot POST ${path}`),
  );
  const sent = await post(to(url, { explain: () => null }), reach(), NEVER_ABORTED);
  assert.equal(whyOf(sent), `${url.host} answered 404`);
  const told = await post(to(url, { explain: () => 'no_service' }), reach(), NEVER_ABORTED);
  assert.equal(whyOf(told), `${url.host} answered 404: no_service`);
});

test('a receiver that hangs, at any point, is left', { timeout: 20_000 }, async (t) => {
  const silent = await rawServer(t, () => {});
  const half = await rawServer(t, (socket) => socket.write('HTTP/1.1 200 OK\r\nX-'));
  for (const port of [silent, half]) {
    const sent = await post(to(`http://127.0.0.1:${port}/SECRET`), SHORT, NEVER_ABORTED);
    assert.equal(sent.outcome, 'later');
    assert.match(whyOf(sent), /no answer in 0\.6 s/);
  }
  const handshake = await post(to(`https://127.0.0.1:${silent}/SECRET`), SHORT, NEVER_ABORTED);
  assert.match(whyOf(handshake), /no connection in 0\.3 s/);
});

test('the status counts, whatever comes of the rest of the answer', { timeout: 20_000 }, async (t) => {
  const dripping = (status: number) =>
    rawServer(t, (socket) => {
      socket.write(`HTTP/1.1 ${status} X\r\nTransfer-Encoding: chunked\r\n\r\n`);
      const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    });
  const taken = await post(to(`http://127.0.0.1:${await dripping(200)}/`), SHORT, NEVER_ABORTED);
  assert.equal(taken.outcome, 'sent');
  const refused = await post(to(`http://127.0.0.1:${await dripping(403)}/`), SHORT, NEVER_ABORTED);
  assert.equal(refused.outcome, 'refused');
  const broken = await rawServer(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc'));
  });
  assert.equal((await post(to(`http://127.0.0.1:${broken}/`), SHORT, NEVER_ABORTED)).outcome, 'sent');
});

test('an answer without end is not read to its end', { timeout: 20_000 }, async (t) => {
  let written = 0;
  const port = await rawServer(t, (socket) => {
    socket.write('HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk)) written += chunk.length;
    };
    socket.on('drain', pour);
    pour();
  });
  const sent = await post(to(`http://127.0.0.1:${port}/`), reach(), NEVER_ABORTED);
  assert.equal(sent.outcome, 'later');
  // What the buffers of the kernel and of both ends hold is far below what fits through in five seconds.
  assert.ok(written < 32 << 20, String(written));
});

test('headers without end are an error', { timeout: 20_000 }, async (t) => {
  const port = await rawServer(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    for (let n = 0; n < 2000; n++) socket.write(`X-${n}: ${'y'.repeat(100)}\r\n`);
  });
  const sent = await post(to(`http://127.0.0.1:${port}/`), reach(), NEVER_ABORTED);
  assert.equal(sent.outcome, 'later');
});

test('what is no HTTP, or nothing at all, is an error that may pass', { timeout: 20_000 }, async (t) => {
  const garbage = await rawServer(t, (socket) => socket.end('220 mail.example ESMTP\r\n'));
  const closing = await rawServer(t, (socket) => socket.destroy());
  for (const port of [garbage, closing])
    assert.equal((await post(to(`http://127.0.0.1:${port}/`), reach(), NEVER_ABORTED)).outcome, 'later');
  const { port } = new URL((await closed(t)).href);
  const sent = await post(to(`http://127.0.0.1:${port}/SECRET`), reach(), NEVER_ABORTED);
  assert.equal(whyOf(sent), `127.0.0.1:${port}: it refuses connections`);
});

/** The address of a receiver that is gone. */
async function closed(t: TestContext): Promise<URL> {
  const { createServer } = await import('node:net');
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  t.diagnostic(`port ${port} is closed`);
  return new URL(`http://127.0.0.1:${port}/`);
}

test('private addresses are refused before anything is sent', { timeout: 20_000 }, async (t) => {
  const { url, received } = await receiver(t, (response) => response.end());
  const strict = { privateAddresses: false };
  const literal = await post(to(url), reach(strict), NEVER_ABORTED);
  assert.equal(literal.outcome, 'refused');
  assert.match(whyOf(literal), /^127\.0\.0\.1 is a private address, which notify\.private-addresses/);
  for (const addresses of [
    ['127.0.0.1'],
    ['1.1.1.1', '10.0.0.1'],
    ['::ffff:127.0.0.1'],
    ['169.254.169.254'],
  ]) {
    const named = new URL(url);
    named.hostname = 'hooks.example';
    const sent = await post(to(named), reach({ ...strict, resolve: async () => addresses }), NEVER_ABORTED);
    assert.equal(sent.outcome, 'refused', addresses.join());
    assert.match(whyOf(sent), /^hooks\.example \(/);
  }
  const written = ['http://2130706433/', 'http://0x7f.1/', 'http://[::ffff:7f00:1]/', 'http://127.1/'];
  for (const each of written) {
    const sent = await post(to(each), reach(strict), NEVER_ABORTED);
    assert.equal(sent.outcome, 'refused', each);
  }
  const metadata = await post(to('http://169.254.169.254/SECRET'), reach(), NEVER_ABORTED);
  assert.match(whyOf(metadata), /is an address that no receiver can have/);
  assert.equal(received.length, 0);
});

test('the address that was checked is the one that is connected to', { timeout: 20_000 }, async (t) => {
  const { url, received } = await receiver(t, (response) => response.end());
  const named = new URL(url);
  named.hostname = 'rebinding.example';
  let asked = 0;
  // A name that leads elsewhere each time it is asked for; it is asked for once.
  const resolve = async (): Promise<readonly string[]> => (asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']);
  const sent = await post(to(named), reach({ resolve }), NEVER_ABORTED);
  assert.equal(sent.outcome, 'sent');
  assert.equal(asked, 1);
  assert.equal(received[0]?.headers.host, named.host);
});

test('plain http only goes into the own network', { timeout: 20_000 }, async () => {
  const sent = await post(
    to('http://hooks.example/'),
    reach({ resolve: async () => ['1.1.1.1'] }),
    NEVER_ABORTED,
  );
  assert.equal(sent.outcome, 'refused');
  assert.match(whyOf(sent), /only https/);
});

test('a name that hangs, or that nobody knows, may work later', { timeout: 20_000 }, async () => {
  const hanging = { ...SHORT, resolve: () => new Promise<never>(() => {}) };
  const sent = await post(to('https://hooks.example/'), hanging, NEVER_ABORTED);
  assert.match(whyOf(sent), /^hooks\.example: no connection in 0\.3 s$/);
  const unknown = reach({
    resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
  });
  const other = await post(to('https://hooks.example/'), unknown, NEVER_ABORTED);
  assert.deepEqual(other, { outcome: 'later', why: 'hooks.example: its name is not known', pauseMs: null });
});

test('Ctrl-C ends it', { timeout: 20_000 }, async (t) => {
  const { url, received } = await receiver(t, () => aborted.abort());
  const aborted = new AbortController();
  await assert.rejects(post(to(url), reach(), aborted.signal), { name: 'AbortError' });
  assert.equal(received.length, 1);
});
