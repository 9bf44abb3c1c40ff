import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { post } from '../../../src/interfaces/notifications/post.ts';
import { trustedCertificate } from './certificate.ts';
import { NEVER_ABORTED, reach } from './support.ts';

test('https is checked against the name, whatever address it has', { timeout: 20_000 }, async (t) => {
  const names: (string | false)[] = [];
  const certificate = await trustedCertificate(['hooks.example', '127.0.0.1']);
  const server = createServer({ ...certificate, ALPNProtocols: ['h2', 'http/1.1'] }, (request, response) => {
    names.push((request.socket as unknown as { servername: string | false }).servername);
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const to = (host: string) => ({ url: new URL(`https://${host}:${port}/SECRET`), headers: {}, body: '{}' });
  assert.equal((await post(to('hooks.example'), reach(), NEVER_ABORTED)).outcome, 'sent');
  assert.equal((await post(to('127.0.0.1'), reach(), NEVER_ABORTED)).outcome, 'sent');
  assert.deepEqual(names, ['hooks.example', false]);
  assert.deepEqual(await post(to('other.example'), reach(), NEVER_ABORTED), {
    outcome: 'later',
    why: `other.example:${port}: its certificate is for another name`,
    pauseMs: null,
  });
});

test('a certificate that nobody vouches for is not taken', { timeout: 20_000 }, async (t) => {
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: 'hooks.example' }], { keyType: 'ec' });
  let asked = false;
  const server = createServer({ key: made.private, cert: made.cert }, (_request, response) => {
    asked = true;
    response.end();
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const url = new URL(`https://hooks.example:${port}/SECRET`);
  const sent = await post({ url, headers: {}, body: '{}' }, reach(), NEVER_ABORTED);
  assert.equal(sent.outcome, 'later');
  assert.match(sent.why, /its certificate is not trusted/);
  assert.equal(asked, false);
});
