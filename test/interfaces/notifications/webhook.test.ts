import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { webhook } from '../../../src/interfaces/notifications/webhook.ts';
import { NOTICE_KINDS } from '../../../src/model/governance.ts';
import { delivery, HOSTILE, NEVER_ABORTED, notice, reach, receiver } from './support.ts';

const SECRET = 'a secret of sixteen';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
(addFormats as unknown as (target: Ajv2020) => void)(ajv);
const SCHEMA = JSON.parse(
  readFileSync(new URL('../../../docs/schemas/notification.schema.json', import.meta.url), 'utf8'),
);
const validate = ajv.compile(SCHEMA);

test('a digest is JSON that follows its schema, signed with the time', { timeout: 20_000 }, async (t) => {
  const { url, received } = await receiver(t, (response) => response.end());
  const clock = { now: () => new Date('2026-01-02T03:04:05.678Z') };
  const channel = webhook({ url, secret: SECRET, reach: reach(), sandbox: false, clock });
  const told = delivery(
    [
      notice('new-kev', 1, { owner: 'platform' }),
      notice('overdue', 2, { detail: '2024-07-08' }),
      notice('fix-available', 3, { detail: 'AKSUbuntu-2204gen2containerd-202407.08.0' }),
      ...HOSTILE.map((name, n) => notice('new-critical', n, { poolName: name, owner: name })),
    ],
    { more: 4 },
  );
  await channel.send(told, NEVER_ABORTED);
  const [request] = received;
  assert.ok(request !== undefined);
  const content = JSON.parse(request.body);
  assert.ok(validate({ ...content }), JSON.stringify(validate.errors, null, 2));
  assert.equal(content.id, told.id);
  assert.equal(content.more, 4);
  assert.deepEqual(content.notices[0].pool, {
    id: '/pools/np1',
    name: 'np1',
    cluster: 'prod-weu',
    owner: 'platform',
  });
  assert.deepEqual([content.notices[1].overdueSince, content.notices[1].image], ['2024-07-08', null]);
  assert.deepEqual(
    [content.notices[2].overdueSince, content.notices[2].image],
    [null, 'AKSUbuntu-2204gen2containerd-202407.08.0'],
  );
  const { headers } = request;
  assert.equal(headers['nodeward-delivery'], told.id);
  assert.equal(headers['nodeward-timestamp'], '1767323045');
  const expected = createHmac('sha256', SECRET).update(`1767323045.${request.body}`).digest('hex');
  assert.equal(headers['nodeward-signature'], `sha256=${expected}`);
});

test('every try has the same id and content, and its own time', { timeout: 20_000 }, async (t) => {
  const { url, received } = await receiver(t, (response) => response.writeHead(503).end());
  let now = Date.parse('2026-01-02T03:04:05Z');
  const channel = webhook({
    url,
    secret: SECRET,
    reach: reach(),
    sandbox: true,
    clock: { now: () => new Date(now) },
  });
  const told = delivery([notice('new-kev', 1)]);
  for (const attempts of [1, 2]) {
    await channel.send({ ...told, attempts }, NEVER_ABORTED);
    now += 60_000;
  }
  const [first, second] = received;
  assert.equal(first?.body, second?.body);
  assert.equal(JSON.parse(first?.body ?? '').sandbox, true);
  assert.equal(first?.headers['nodeward-delivery'], second?.headers['nodeward-delivery']);
  assert.deepEqual([first?.headers['nodeward-attempt'], second?.headers['nodeward-attempt']], ['1', '2']);
  assert.notEqual(first?.headers['nodeward-signature'], second?.headers['nodeward-signature']);
});

test('the schema has all kinds of notices', () => {
  assert.deepEqual(SCHEMA.$defs.notice.properties.kind.enum, NOTICE_KINDS);
});
