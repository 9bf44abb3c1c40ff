import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { slack } from '../../../src/interfaces/notifications/slack.ts';
import { teams } from '../../../src/interfaces/notifications/teams.ts';
import { type Delivery, NOTICE_KINDS } from '../../../src/model/governance.ts';
import type { Channel } from '../../../src/pipeline/notify/index.ts';
import { delivery, HOSTILE, NEVER_ABORTED, notice, reach, receiver } from './support.ts';

type Json = { readonly [name: string]: unknown };

/** What a receiver gets of these digests. */
async function posted(
  t: TestContext,
  make: (url: URL) => Channel,
  deliveries: readonly Delivery[],
): Promise<readonly string[]> {
  const { url, received } = await receiver(t, (response) => response.end('ok'));
  const channel = make(url);
  assert.equal(channel.place, url.host);
  for (const each of deliveries)
    assert.deepEqual(await channel.send(each, NEVER_ABORTED), { outcome: 'sent', note: null });
  return received.map(({ body }) => body);
}

const toSlack = (url: URL): Channel => slack({ url, reach: reach(), sandbox: false });
const toTeams = (url: URL): Channel => teams({ url, reach: reach(), sandbox: false });

const FULL = delivery(
  NOTICE_KINDS.flatMap((kind) =>
    Array.from({ length: 500 }, (_, n) =>
      notice(kind, n, {
        poolName: `pool-${'n'.repeat(100)}${n}`,
        owner: 'o'.repeat(300),
        cves: Array.from({ length: 10 }, (_, c) => `CVE-2024-${10_000 + c}`),
        count: 2500,
        detail: 'AKSUbuntu-2204gen2containerd-202407.08.0',
      }),
    ),
  ),
  { more: 3 },
);

/** All texts that are shown, wherever they are. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'text' && typeof inner === 'string' ? [inner] : textsOf(inner),
  );
}

test('Slack: readable blocks within its limits', { timeout: 20_000 }, async (t) => {
  const small = delivery([
    notice('new-kev', 1, { owner: 'platform' }),
    notice('fix-available', 2, { detail: 'i-1' }),
  ]);
  const [body = '', full = ''] = await posted(t, toSlack, [small, FULL]);
  const texts = textsOf(JSON.parse(body).blocks).join('\n');
  for (const words of [
    'Known to be exploited',
    'prod-weu/np1',
    'platform',
    'CVE-2024-6387',
    'i-1 removes 1 finding',
  ])
    assert.ok(texts.includes(words), words);
  assert.match(texts, /nodeward recommendations prod-weu\/np1\nnodeward cve CVE-2024-6387/);
  const { blocks, text } = JSON.parse(full) as { blocks: Json[]; text: string };
  assert.ok(full.length <= 11_000);
  assert.ok(blocks.length <= 50);
  assert.ok((textsOf(blocks[0])[0] ?? '').length <= 150);
  assert.match(text, /^Nodeward: 1250000 exploited findings/);
  assert.match(textsOf(blocks).join('\n'), /and 49\d more/);
  assert.match(textsOf(blocks).join('\n'), /3 more have no room here/);
});

test('Teams: an Adaptive Card within its limit', { timeout: 20_000 }, async (t) => {
  const small = delivery([notice('overdue', 1, { owner: 'platform', detail: '2024-07-08' })]);
  const [body = '', full = ''] = await posted(t, toTeams, [small, FULL]);
  const { type, attachments } = JSON.parse(body) as { type: string; attachments: Json[] };
  assert.equal(type, 'message');
  assert.equal(attachments[0]?.contentType, 'application/vnd.microsoft.card.adaptive');
  const card = attachments[0]?.content as { type: string; body: Json[] };
  assert.equal(card.type, 'AdaptiveCard');
  assert.ok(card.body.every((each) => each.type === 'RichTextBlock'));
  assert.match(
    textsOf(card).join(''),
    /prod-weu\/np1 \(platform\): 1 finding overdue since 2024-07-08: CVE-2024-6387/,
  );
  assert.ok(Buffer.byteLength(full, 'utf16le') < 28_000);
  assert.match(textsOf(JSON.parse(full)).join('\n'), /and 49\d more/);
});

test('names from outside are shown, never understood', { timeout: 30_000 }, async (t) => {
  const hostile = HOSTILE.map((name) =>
    delivery([notice('new-kev', 1, { poolName: name, clusterName: name, owner: name, cves: [name] })]),
  );
  for (const body of await posted(t, toSlack, hostile)) {
    const { blocks, text } = JSON.parse(body) as { blocks: Json[]; text: string };
    assert.equal(text, 'Nodeward: 1 exploited finding');
    assert.ok(blocks.every(({ type }) => type === 'rich_text' || type === 'header'));
    assert.ok(!body.includes('mrkdwn'));
  }
  for (const body of await posted(t, toTeams, hostile)) {
    const { attachments } = JSON.parse(body) as { attachments: { content: { body: Json[] } }[] };
    assert.ok(attachments[0]?.content.body.every(({ type }) => type === 'RichTextBlock'));
  }
});

test('messages keep to the limits, whatever is told', { timeout: 60_000 }, async (t) => {
  const arbitrary = fc.array(
    fc.record({
      kind: fc.constantFrom(...NOTICE_KINDS),
      poolName: fc.string({ unit: 'binary', maxLength: 300 }),
      clusterName: fc.string({ unit: 'binary', maxLength: 300 }),
      owner: fc.option(fc.string({ unit: 'binary', maxLength: 300 })),
      cves: fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 10 }),
      count: fc.nat(),
      detail: fc.option(fc.string({ unit: 'binary', maxLength: 300 })),
    }),
    { minLength: 1, maxLength: 60 },
  );
  const told = fc
    .sample(arbitrary, { numRuns: 60, seed: 7 })
    .map((notices) => delivery(notices.map((each, n) => ({ ...each, key: String(n), pool: String(n) }))));
  for (const body of await posted(t, toSlack, told)) {
    assert.ok(body.length <= 13_000, String(body.length));
    assert.ok((JSON.parse(body) as { blocks: Json[] }).blocks.length <= 50);
  }
  for (const body of await posted(t, toTeams, told)) assert.ok(Buffer.byteLength(body, 'utf16le') < 28_000);
});

test('Slack says what is wrong with a webhook, in its own words only', { timeout: 20_000 }, async (t) => {
  for (const [said, told] of [
    ['no_service', ': no_service'],
    ['SECRET', ''],
  ]) {
    const { url } = await receiver(t, (response) => response.writeHead(404).end(said));
    const sent = await toSlack(url).send(delivery([notice('new-kev', 1)]), NEVER_ABORTED);
    assert.deepEqual(sent, { outcome: 'refused', why: `${url.host} answered 404${told}` });
  }
});
