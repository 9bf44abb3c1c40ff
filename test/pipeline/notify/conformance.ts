import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ChannelKind } from '../../../src/model/governance.ts';
import { deliver, planDigests, reviveRefused, type Sent } from '../../../src/pipeline/notify/index.ts';
import type { Store, StorePlace } from '../../../src/storage/index.ts';
import { NEVER_ABORTED, notice, receiver } from '../../interfaces/notifications/support.ts';
import { channelOf, FLEET_CLOCK, newStore, news, plan, standingClock, toReceiver } from './support.ts';

const BOUND = { timeout: 60_000 };
const SENT: Sent = { outcome: 'sent', note: null };

/** A child process that runs a file beside this one. */
function child(t: TestContext, file: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const running = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => running.kill('SIGKILL'));
  return running;
}

/** What planning and delivering promise, on one kind of database. */
export function notifyConformance(place: (name: string) => Promise<StorePlace>): void {
  let stores = 0;
  const opened = async (t: TestContext): Promise<{ store: Store; at: StorePlace }> => {
    const at = await place(`notify-${process.pid}-${stores++}`);
    const store = await newStore(at);
    t.after(() => store.close());
    return { store, at };
  };

  test('a digest for each channel of what it was not told, and never again', BOUND, async (t) => {
    const { store } = await opened(t);
    const fleet = { store, clock: FLEET_CLOCK };
    const made = await planDigests(fleet, [{ kind: 'slack' }, { kind: 'email' }], { notices: news(1, 2) });
    assert.deepEqual(
      made.map(({ channel, notices, createdAt, state, attempts }) => [
        channel,
        notices.length,
        createdAt,
        state,
        attempts,
      ]),
      [
        ['slack', 2, '2024-07-09T10:00:00.000Z', 'waiting', 0],
        ['email', 2, '2024-07-09T10:00:00.000Z', 'waiting', 0],
      ],
    );
    assert.deepEqual(await planDigests(fleet, [{ kind: 'slack' }], { notices: news(1, 2) }), []);
    const [more, all] = await planDigests(fleet, [{ kind: 'slack' }, { kind: 'teams' }], {
      notices: news(1, 2, 3),
    });
    assert.deepEqual(
      more?.notices.map(({ pool }) => pool),
      ['/pools/np3'],
    );
    assert.equal(all?.notices.length, 3);
    assert.equal((await store.governance.deliveries()).length, 4);
    assert.deepEqual(await planDigests(fleet, [], { notices: news(9) }), []);
    assert.deepEqual(await planDigests(fleet, [{ kind: 'slack' }], { notices: [] }), []);
  });

  test('a digest is bounded, and what has no room in it counts as told', BOUND, async (t) => {
    const { store } = await opened(t);
    const fleet = { store, clock: FLEET_CLOCK };
    const notices = Array.from({ length: 6000 }, (_, n) => notice('new-kev', n, { owner: 'o'.repeat(120) }));
    const [made] = await planDigests(fleet, [{ kind: 'webhook' }], { notices });
    assert.ok(made !== undefined && Buffer.byteLength(JSON.stringify(made)) < 1_000_000);
    assert.ok(made.more > 0);
    assert.equal(made.notices.length + made.more, 6000);
    assert.deepEqual(await planDigests(fleet, [{ kind: 'webhook' }], { notices }), []);
    assert.deepEqual((await store.governance.deliveries())[0], made);
  });

  test('what has arrived is done and in the audit log', BOUND, async (t) => {
    const { store } = await opened(t);
    const { url, received } = await receiver(t, (response) => response.writeHead(202).end());
    const [first, second] = await plan(store, 'webhook', 1, 2);
    const fleet = { store, clock: FLEET_CLOCK };
    const report = await deliver(fleet, [toReceiver(url)], { signal: NEVER_ABORTED, clock: standingClock() });
    assert.deepEqual(report, { sent: 2, waiting: 0, failed: 0, problems: [] });
    assert.deepEqual(
      received.map(({ headers }) => headers['nodeward-delivery']),
      [first?.id, second?.id],
    );
    assert.deepEqual(await store.governance.deliveries(), []);
    const [entry, ...others] = await store.governance.audit();
    assert.equal(others.length, 1);
    assert.deepEqual(
      [entry?.actor, entry?.action, entry?.subject, entry?.at],
      ['nodeward', 'notification.send', first?.id, '2024-07-09T10:00:00.000Z'],
    );
    assert.deepEqual(entry?.detail, {
      channel: 'webhook',
      place: url.host,
      notices: 1,
      attempts: 1,
      note: null,
    });
    assert.ok(!JSON.stringify(await store.governance.audit()).includes('SECRET'));
  });

  test('a channel that fails is left alone for a while and holds up no other', BOUND, async (t) => {
    const { store } = await opened(t);
    let works = false;
    const bad = await receiver(t, (response) => response.writeHead(works ? 200 : 503).end());
    const told: string[] = [];
    const good = channelOf('slack', async ({ id }) => {
      told.push(id);
      return SENT;
    });
    await plan(store, 'webhook', 1, 2);
    const [other] = await plan(store, 'slack', 3);
    const clock = standingClock();
    const round = () =>
      deliver({ store, clock: FLEET_CLOCK }, [toReceiver(bad.url), good], { signal: NEVER_ABORTED, clock });
    const report = await round();
    assert.deepEqual([report.sent, report.waiting, report.failed], [1, 1, 0]);
    assert.match(
      report.problems[0]?.detail ?? '',
      /^A digest for webhook did not arrive: .* answered 503\.$/,
    );
    assert.deepEqual(told, [other?.id]);
    assert.equal(bad.received.length, 1);
    // The first one rests; the second one was not tried, as the receiver did not work.
    works = true;
    assert.equal((await round()).sent, 1);
    assert.equal(bad.received.length, 2);
    clock.pass(40_000);
    assert.equal((await round()).sent, 1);
    assert.deepEqual(await store.governance.deliveries(), []);
    const ids = bad.received.map(({ headers }) => headers['nodeward-delivery']);
    assert.equal(ids[0], ids[2]);
    assert.equal(bad.received[2]?.headers['nodeward-attempt'], '2');
    assert.equal((await store.governance.audit()).length, 3);
  });

  test('a receiver is left alone for as long as it asks, and no longer than an hour', BOUND, async (t) => {
    for (const [asked, least, most] of [
      [600_000, 600_000, 600_000],
      [1e12, 3_600_000, 3_600_000],
      [null, 24_000, 36_000],
    ] as const) {
      const { store } = await opened(t);
      await plan(store, 'slack', 1);
      const clock = standingClock();
      const channel = channelOf('slack', async () => ({ outcome: 'later', why: 'x', pauseMs: asked }));
      await deliver({ store, clock: FLEET_CLOCK }, [channel], {
        signal: NEVER_ABORTED,
        clock,
      });
      const [left] = await store.governance.deliveries();
      const pause = Date.parse(left?.nextAt ?? '') - clock.now().getTime();
      assert.ok(pause >= least && pause <= most, String(pause));
    }
  });

  test('what is refused is over, until a new run tries it again', BOUND, async (t) => {
    const { store } = await opened(t);
    let status = 404;
    const { url, received } = await receiver(t, (response) => response.writeHead(status).end());
    const fleet = { store, clock: FLEET_CLOCK };
    const clock = standingClock();
    const round = () => deliver(fleet, [toReceiver(url)], { signal: NEVER_ABORTED, clock });
    await plan(store, 'webhook', 1, 2);
    const report = await round();
    assert.deepEqual([report.sent, report.waiting, report.failed], [0, 0, 2]);
    const [entry] = await store.governance.audit();
    assert.deepEqual([entry?.action, entry?.detail.error], ['notification.fail', `${url.host} answered 404`]);
    clock.pass(86_400_000);
    assert.equal((await round()).failed, 0);
    assert.equal(received.length, 2);
    assert.deepEqual(await store.governance.deliveryCounts(), [
      { channel: 'webhook', state: 'failed', count: 2 },
    ]);
    assert.equal(await reviveRefused(fleet, [{ kind: 'slack' }], clock), 0);
    assert.equal(await reviveRefused(fleet, [{ kind: 'webhook' }], clock), 2);
    status = 200;
    assert.equal((await round()).sent, 2);
    assert.equal(await reviveRefused(fleet, [{ kind: 'webhook' }], clock), 0);
  });

  test('a digest is given up in the end', BOUND, async (t) => {
    const { store } = await opened(t);
    await plan(store, 'slack', 1);
    const clock = standingClock();
    const begun = clock.now().getTime();
    const channel = channelOf('slack', async () => ({ outcome: 'later', why: 'x', pauseMs: null }));
    let tries = 0;
    for (let failed = 0; failed === 0; tries++) {
      const round = await deliver({ store, clock: FLEET_CLOCK }, [channel], { signal: NEVER_ABORTED, clock });
      failed = round.failed;
      const [left] = await store.governance.deliveries();
      if (left !== undefined) clock.pass(Date.parse(left.nextAt) - clock.now().getTime());
    }
    const days = (clock.now().getTime() - begun) / 86_400_000;
    assert.ok(days > 2 && days < 4, `${tries} tries in ${days} days`);
    assert.equal((await store.governance.audit())[0]?.action, 'notification.fail');
  });

  test('an interrupted one is handed back; one that is not made here waits', BOUND, async (t) => {
    const { store } = await opened(t);
    const [mine] = await plan(store, 'slack', 1);
    await plan(store, 'email', 2);
    const aborted = new AbortController();
    const clock = standingClock();
    const channel = channelOf('slack', async (_delivery, signal) => {
      aborted.abort();
      signal.throwIfAborted();
      return SENT;
    });
    await deliver({ store, clock: FLEET_CLOCK }, [channel], { signal: aborted.signal, clock });
    const [slack, email] = await store.governance.deliveries();
    assert.deepEqual([slack?.id, slack?.state, slack?.attempts], [mine?.id, 'waiting', 1]);
    assert.deepEqual([email?.state, email?.attempts], ['waiting', 0]);
    const again = channelOf('slack', async ({ attempts }) => {
      assert.equal(attempts, 2);
      return SENT;
    });
    assert.equal(
      (await deliver({ store, clock: FLEET_CLOCK }, [again], { signal: NEVER_ABORTED, clock })).sent,
      1,
    );
  });

  test('one that another process has taken over is not given up by the first', BOUND, async (t) => {
    const { store } = await opened(t);
    const [made] = await plan(store, 'slack', 1);
    assert.ok(made !== undefined);
    const clock = standingClock();
    const slow = channelOf('slack', async () => {
      clock.pass(121_000);
      const taken = channelOf('slack', async () => ({ outcome: 'later', why: 'x', pauseMs: null }));
      await deliver({ store, clock: FLEET_CLOCK }, [taken], { signal: NEVER_ABORTED, clock });
      return { outcome: 'refused', why: 'y' };
    });
    await deliver({ store, clock: FLEET_CLOCK }, [slow], { signal: NEVER_ABORTED, clock });
    const [left] = await store.governance.deliveries();
    assert.deepEqual([left?.id, left?.state, left?.error], [made.id, 'waiting', 'x']);
    assert.deepEqual(await store.governance.audit(), []);
  });

  test('a defect of a channel tells nothing and loses nothing', BOUND, async (t) => {
    const { store } = await opened(t);
    await plan(store, 'slack', 1);
    const channel = channelOf('slack', () => Promise.reject(new TypeError('https://x/SECRET')));
    const report = await deliver({ store, clock: FLEET_CLOCK }, [channel], {
      signal: NEVER_ABORTED,
      clock: standingClock(),
    });
    assert.equal(report.waiting, 1);
    assert.ok(!JSON.stringify([report, await store.governance.deliveries()]).includes('SECRET'));
  });

  test('what a wrong clock put far ahead is due now', BOUND, async (t) => {
    const { store } = await opened(t);
    const [ahead] = await plan(store, 'slack', 1);
    assert.ok(ahead !== undefined);
    const change = {
      state: 'sending',
      attempts: 1,
      nextAt: '2027-01-01T00:00:00.000Z',
      error: null,
    } as const;
    await store.write(({ governance }) => governance.markDelivery(ahead.id, 0, change));
    const channel = channelOf('slack', async () => SENT);
    const options = { signal: NEVER_ABORTED, clock: standingClock() };
    assert.equal((await deliver({ store, clock: FLEET_CLOCK }, [channel], options)).sent, 1);
  });

  test('kill -9 before the answer: sent again with the same id, once its lease is over', BOUND, async (t) => {
    const { store, at } = await opened(t);
    let hang = true;
    let arrived = (): void => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { url, received } = await receiver(t, (response) => {
      if (hang) arrived();
      else response.end();
    });
    const [sent, next] = await plan(store, 'webhook', 1, 2);
    const running = child(t, './deliver.child.ts', [JSON.stringify(at), url.href]);
    await arrival;
    running.kill('SIGKILL');
    await once(running, 'exit');
    hang = false;
    const clock = standingClock();
    const round = () =>
      deliver({ store, clock: FLEET_CLOCK }, [toReceiver(url)], { signal: NEVER_ABORTED, clock });
    assert.equal((await round()).sent, 1);
    assert.equal(received[1]?.headers['nodeward-delivery'], next?.id);
    clock.pass(121_000);
    assert.equal((await round()).sent, 1);
    assert.equal(received[2]?.headers['nodeward-delivery'], sent?.id);
    assert.equal(received[2]?.headers['nodeward-attempt'], '2');
    assert.equal(received[0]?.body, received[2]?.body);
    assert.deepEqual(await store.governance.deliveries(), []);
  });

  test('several processes at once send each digest once', BOUND, async (t) => {
    const { store, at } = await opened(t);
    const { url, received } = await receiver(t, (response) => setImmediate(() => response.end()));
    const made = await plan(store, 'webhook', ...Array.from({ length: 24 }, (_, n) => n));
    const args = [JSON.stringify(at), url.href];
    const children = [1, 2, 3].map(() => child(t, './deliver.child.ts', args));
    const said = await Promise.all(children.map(({ stdout }) => (stdout === null ? '' : text(stdout))));
    const ids = received.map(({ headers }) => headers['nodeward-delivery']).sort();
    assert.deepEqual(ids, made.map(({ id }) => id).sort());
    const total = said.reduce((sum, line) => sum + (JSON.parse(line) as { sent: number }).sent, 0);
    assert.equal(total, 24);
    assert.equal((await store.governance.audit({ action: 'notification.send' })).length, 24);
  });

  test('several processes that plan at once tell each notice once', BOUND, async (t) => {
    const { at } = await opened(t);
    const children = [1, 2, 3].map(() => child(t, './plan.child.ts', [JSON.stringify(at)]));
    const said = await Promise.all(children.map(({ stdout }) => (stdout === null ? '' : text(stdout))));
    const keys = said.join('').trim().split('\n').sort();
    assert.deepEqual(
      keys,
      news(...Array.from({ length: 20 }, (_, n) => n))
        .map(({ key }) => key)
        .sort(),
    );
  });

  test('a store that fails is told once every channel was tried', BOUND, async (t) => {
    const { store } = await opened(t);
    await plan(store, 'slack', 1);
    await plan(store, 'teams', 2);
    const told: ChannelKind[] = [];
    let full = false;
    const failing: Store = {
      ...store,
      governance: store.governance,
      write: (change) => (full ? Promise.reject(new Error('disk full')) : store.write(change)),
    };
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const slack = channelOf('slack', async ({ channel }) => {
      await begun;
      full = true;
      told.push(channel);
      return SENT;
    });
    const teams = channelOf('teams', async ({ channel }) => {
      told.push(channel);
      begin();
      return SENT;
    });
    const channels = [slack, teams];
    const options = { signal: NEVER_ABORTED, clock: standingClock() };
    await assert.rejects(deliver({ store: failing, clock: FLEET_CLOCK }, channels, options), /disk full/);
    assert.deepEqual(told.sort(), ['slack', 'teams']);
  });
}
