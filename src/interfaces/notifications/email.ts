import type { Socket } from 'node:net';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { Delivery } from '../../model/governance.ts';
import type { Channel, Sent } from '../../pipeline/notify/index.ts';
import { connect, type Reach, Refused } from './connect.ts';
import { Deadline } from './deadline.ts';
import { digestOf, fitting, type Sender } from './digest.ts';
import { failureWords } from './failures.ts';
import { htmlOf, textOf } from './mail-body.ts';

/** A sender or receiver of mails. */
export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** A mail server with who writes to whom. */
export interface EmailOptions extends Sender {
  /** Of the server; without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Encrypted from the start; otherwise by STARTTLS, without which nothing is sent. */
  readonly tls: boolean;
  readonly login: { readonly user: string; readonly pass: string } | null;
  readonly from: MailAddress;
  readonly to: readonly MailAddress[];
  readonly reach: Reach;
}

/** Servers look at greetings and mails for longer than a webhook takes. */
const TOTAL_MS = 30_000;

const MAX_HTML = 90_000;

/** Mails digests, as text and as HTML. */
export function email(options: EmailOptions): Channel {
  return {
    kind: 'email',
    place: options.hostname,
    send: (delivery, signal) => mail(delivery, options, signal),
  };
}

async function mail(delivery: Delivery, options: EmailOptions, signal: AbortSignal): Promise<Sent> {
  const { hostname, port, tls, login, reach } = options;
  const patience = { ...reach.patience, totalMs: Math.max(reach.patience.totalMs, TOTAL_MS) };
  const deadline = new Deadline(patience, signal);
  let socket: Socket | null = null;
  try {
    const opened = await connect({ hostname, port, security: tls ? 'tls' : 'upgrade' }, reach, deadline);
    socket = opened;
    const transport = createTransport({
      host: hostname,
      port,
      secure: tls,
      requireTLS: true,
      // Everything is bounded by the deadline; these only keep longer timers from being left behind.
      greetingTimeout: patience.totalMs,
      socketTimeout: patience.totalMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      tls: { minVersion: 'TLSv1.2' },
      getSocket: (_options, callback) => callback(null, { connection: opened, secured: tls }),
      ...(login === null ? {} : { auth: { ...login } }),
    });
    // Its types do not know of the signal yet.
    const content = { ...mailOf(delivery, options), signal: deadline.signal };
    const { rejected } = await deadline.race(transport.sendMail(content));
    if (rejected.length === 0) return { outcome: 'sent', note: null };
    return { outcome: 'sent', note: `${rejected.length} of ${options.to.length} receivers were refused` };
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof Refused) return { outcome: 'refused', why: thrown.message };
    return failure(hostname, deadline.why, thrown);
  } finally {
    deadline.stop();
    socket?.destroy();
  }
}

/** Answers of a server may repeat what was sent to it, so only their numbers are told. */
function failure(hostname: string, why: string | null, thrown: unknown): Sent {
  const { code, responseCode } = thrown as { code?: unknown; responseCode?: unknown };
  if (why === null && typeof responseCode === 'number' && responseCode >= 400) {
    const what =
      code === 'EAUTH'
        ? 'refused the login'
        : code === 'EENVELOPE'
          ? 'refused the addresses'
          : 'refused the mail';
    const words = `${hostname} ${what} (${responseCode})`;
    if (responseCode >= 500) return { outcome: 'refused', why: words };
    return { outcome: 'later', why: words, pauseMs: null };
  }
  return { outcome: 'later', why: `${hostname}: ${why ?? mailFailureWords(code, thrown)}`, pauseMs: null };
}

function mailFailureWords(code: unknown, thrown: unknown): string {
  const { cause } = thrown as { cause?: unknown };
  if (code === 'ETLS') return 'no encryption could be agreed on, without which nothing is sent';
  if (code === 'ENOAUTH') return 'it offers no login';
  if (code === 'EPROTOCOL') return 'it does not speak as a mail server does';
  return failureWords(cause ?? thrown);
}

/** The mail of a digest. The same one has the same id however often it is sent. */
function mailOf(delivery: Delivery, { from, to, sandbox }: EmailOptions): SendMailOptions {
  const digest = fitting(
    (lines) => digestOf(delivery, { sandbox }, lines * 3),
    (form) => htmlOf(form).length <= MAX_HTML,
  );
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return {
    from: { ...from },
    to: to.map((each) => ({ ...each })),
    subject: `Nodeward${sandbox ? ' (sandbox)' : ''}: ${digest.title}`,
    messageId: `<${delivery.id}@${domain}>`,
    date: new Date(),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    text: textOf(digest),
    html: htmlOf(digest),
  };
}
