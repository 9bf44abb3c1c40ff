import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { type EmailOptions, email } from '../../../src/interfaces/notifications/email.ts';
import { trustedCertificate } from './certificate.ts';
import { delivery, HOSTILE, NEVER_ABORTED, notice, rawServer, reach } from './support.ts';

const CERTIFICATE = await trustedCertificate(['mail.example', '127.0.0.1']);

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  readonly user: string | null;
  readonly secure: boolean;
}

/** A real mail server on loopback. */
async function mailServer(
  t: TestContext,
  options: SMTPServerOptions = {},
): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    ...CERTIFICATE,
    authOptional: true,
    logger: false,
    closeTimeout: 10,
    onAuth: ({ username, password }, _session, callback) => {
      if (username === 'nodeward' && password === 'p@ss:word') callback(null, { user: username });
      else callback(new Error(`no such user: ${username} ${password}`));
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString('utf8'),
          user: (session.user as unknown as string | undefined) ?? null,
          secure: session.secure,
        });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

function options(port: number, more: Partial<EmailOptions> = {}): EmailOptions {
  return {
    hostname: 'mail.example',
    port,
    tls: false,
    login: null,
    from: { name: 'Nodeward', address: 'nodeward@contoso.example' },
    to: [{ name: '', address: 'platform@contoso.example' }],
    reach: reach(),
    sandbox: false,
    ...more,
  };
}

const TOLD = delivery([notice('new-kev', 1, { owner: 'platform@contoso.example' })], { channel: 'email' });

/** The header of a mail, unfolded. */
function headersOf(mail: Mail | undefined): readonly string[] {
  const [head = ''] = (mail?.text ?? '').split('\r\n\r\n');
  return head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
}

test('a mail is sent encrypted, with text and HTML and the id of its digest', {
  timeout: 20_000,
}, async (t) => {
  const { port, mails } = await mailServer(t);
  const channel = email(options(port, { login: { user: 'nodeward', pass: 'p@ss:word' } }));
  assert.equal(channel.place, 'mail.example');
  assert.deepEqual(await channel.send(TOLD, NEVER_ABORTED), { outcome: 'sent', note: null });
  const [mail] = mails;
  assert.deepEqual(
    [mail?.from, mail?.to, mail?.user, mail?.secure],
    ['nodeward@contoso.example', ['platform@contoso.example'], 'nodeward', true],
  );
  const headers = headersOf(mail);
  assert.ok(headers.includes(`Message-ID: <${TOLD.id}@contoso.example>`));
  assert.ok(headers.includes('Subject: Nodeward: 1 exploited finding'));
  assert.ok(headers.includes('Auto-Submitted: auto-generated'));
  assert.match(mail?.text ?? '', /Content-Type: text\/plain/);
  assert.match(mail?.text ?? '', /Content-Type: text\/html/);
  assert.match(mail?.text ?? '', /nodeward cve CVE-2024-6387/);
});

test('a second try has the same id', { timeout: 20_000 }, async (t) => {
  const { port, mails } = await mailServer(t);
  const channel = email(options(port));
  await channel.send(TOLD, NEVER_ABORTED);
  await channel.send({ ...TOLD, attempts: 2 }, NEVER_ABORTED);
  const ids = mails.map((mail) => headersOf(mail).filter((line) => line.startsWith('Message-ID')));
  assert.equal(ids.length, 2);
  assert.deepEqual(ids[0], ids[1]);
  assert.match(mails[1]?.text ?? '', /may be a repeat/);
});

test('TLS from the start', { timeout: 20_000 }, async (t) => {
  const { port, mails } = await mailServer(t, { secure: true });
  const sent = await email(options(port, { tls: true })).send(TOLD, NEVER_ABORTED);
  assert.deepEqual(sent, { outcome: 'sent', note: null });
  assert.equal(mails[0]?.secure, true);
});

test('without encryption nothing is sent', { timeout: 20_000 }, async (t) => {
  const { port, mails } = await mailServer(t, { disabledCommands: ['STARTTLS'] });
  const sent = await email(options(port)).send(TOLD, NEVER_ABORTED);
  assert.notEqual(sent.outcome, 'sent');
  const other = await mailServer(t);
  const wrongName = await email(options(other.port, { hostname: 'other.example' })).send(TOLD, NEVER_ABORTED);
  assert.equal(wrongName.outcome, 'later');
  assert.deepEqual([...mails, ...other.mails], []);
});

test('a refused login is final, and tells no secret', { timeout: 20_000 }, async (t) => {
  const { port, mails } = await mailServer(t);
  const channel = email(options(port, { login: { user: 'nodeward', pass: 'wr0ng-secret' } }));
  const sent = await channel.send(TOLD, NEVER_ABORTED);
  assert.deepEqual(sent, { outcome: 'refused', why: 'mail.example refused the login (535)' });
  assert.deepEqual(mails, []);
});

test('receivers that are refused: for now, for good, some of them', { timeout: 20_000 }, async (t) => {
  const to = ['a', 'b', 'c'].map((name) => ({ name: '', address: `${name}@contoso.example` }));
  const refusing = (code: number, who: string) =>
    mailServer(t, {
      onRcptTo: ({ address }, _session, callback) =>
        callback(
          who.includes(address.charAt(0)) ? Object.assign(new Error('no'), { responseCode: code }) : null,
        ),
    });
  for (const [code, who, expected] of [
    [450, 'abc', { outcome: 'later', why: 'mail.example refused the addresses (450)', pauseMs: null }],
    [550, 'abc', { outcome: 'refused', why: 'mail.example refused the addresses (550)' }],
    [550, 'b', { outcome: 'sent', note: '1 of 3 receivers were refused' }],
  ] as const) {
    const { port } = await refusing(code, who);
    assert.deepEqual(await email(options(port, { to })).send(TOLD, NEVER_ABORTED), expected);
  }
});

test('no name from outside becomes a header, a receiver or markup', { timeout: 30_000 }, async (t) => {
  const { port, mails } = await mailServer(t);
  for (const name of HOSTILE) {
    const told = delivery([
      notice('new-kev', 1, { poolName: name, clusterName: name, owner: name, cves: [name] }),
    ]);
    await email(options(port)).send(told, NEVER_ABORTED);
  }
  assert.equal(mails.length, HOSTILE.length);
  for (const mail of mails) {
    assert.deepEqual(mail.to, ['platform@contoso.example']);
    const names = headersOf(mail).map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
    assert.ok(!names.includes('bcc') && names.filter((each) => each === 'to').length === 1);
    assert.ok(!mail.text.includes('<script>alert(1)</script></'), 'markup of a name');
    const html = mail.text.slice(mail.text.indexOf('text/html'));
    assert.doesNotMatch(html.replaceAll('=\r\n', ''), /<script/);
  }
});

test('a private mail server has to be allowed', { timeout: 20_000 }, async (t) => {
  const { port, mails } = await mailServer(t);
  const sent = await email(options(port, { reach: reach({ privateAddresses: false }) })).send(
    TOLD,
    NEVER_ABORTED,
  );
  assert.equal(sent.outcome, 'refused');
  assert.match(sent.why, /^mail\.example \(127\.0\.0\.1\) is a private address/);
  assert.equal(mails.length, 0);
});

test('a server that closes, or talks without end, is left', { timeout: 40_000 }, async (t) => {
  const closing = await rawServer(t, (socket) => socket.end('421 too busy\r\n'));
  const busy = await email(options(closing)).send(TOLD, NEVER_ABORTED);
  assert.equal(busy.outcome, 'later');
  for (const part of [`220-${'x'.repeat(1000)}\r\n`.repeat(64), 'x'.repeat(65_536)]) {
    let written = 0;
    const endless = await rawServer(t, (socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(part)) written += part.length;
      };
      socket.on('drain', pour);
      pour();
    });
    const sent = await email(options(endless)).send(TOLD, NEVER_ABORTED);
    const why = 'mail.example: it does not speak as a mail server does';
    assert.deepEqual(sent, { outcome: 'later', why, pauseMs: null });
    assert.ok(written < 32 << 20, String(written));
  }
});

test('Ctrl-C ends the wait for a silent server', { timeout: 20_000 }, async (t) => {
  const aborted = new AbortController();
  const port = await rawServer(t, () => setImmediate(() => aborted.abort()));
  await assert.rejects(email(options(port)).send(TOLD, aborted.signal), { name: 'AbortError' });
});
