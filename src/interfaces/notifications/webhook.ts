import { createHmac } from 'node:crypto';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { Delivery } from '../../model/governance.ts';
import type { Channel } from '../../pipeline/notify/index.ts';
import type { Reach } from './connect.ts';
import { type Sender, titleOf } from './digest.ts';
import { post } from './post.ts';

/** A receiver of digests as JSON. */
export interface WebhookOptions extends Sender {
  readonly url: URL;
  /** Key of the signature. */
  readonly secret: string;
  readonly reach: Reach;
  /** Of the signature: receivers compare it with their own, so it is the machine's. */
  readonly clock?: Clock;
}

/**
 * Posts digests as JSON (`docs/schemas/notification.schema.json`). The same digest has the same id and content however
 * often it is sent; its timestamp and signature are of the attempt.
 */
export function webhook({ url, secret, reach, sandbox, clock = systemClock }: WebhookOptions): Channel {
  return {
    kind: 'webhook',
    place: url.host,
    send(delivery, signal) {
      const body = webhookBody(delivery, { sandbox });
      const timestamp = String(Math.floor(clock.now().getTime() / 1000));
      const headers = {
        'nodeward-delivery': delivery.id,
        'nodeward-attempt': String(delivery.attempts),
        'nodeward-timestamp': timestamp,
        'nodeward-signature': `sha256=${signatureOf(secret, timestamp, body)}`,
      };
      return post({ url, headers, body }, reach, signal);
    },
  };
}

/** HMAC-SHA256 in hexadecimal, of the timestamp, a dot and the body. */
function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

/** The JSON of a digest: nothing in it depends on the attempt. */
function webhookBody({ id, createdAt, notices, more }: Delivery, sender: Sender): string {
  return JSON.stringify({
    schema: 'urn:nodeward:schema:notification:1.0',
    id,
    createdAt,
    sandbox: sender.sandbox,
    title: titleOf(notices),
    notices: notices.map(({ kind, pool, poolName, clusterName, owner, cves, count, detail }) => ({
      kind,
      pool: { id: pool, name: poolName, cluster: clusterName, owner },
      cves,
      count,
      image: kind === 'fix-available' ? detail : null,
      overdueSince: kind === 'overdue' ? detail : null,
    })),
    more,
  });
}
