import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate, patiently, retryAfterMs, type Setback } from '../../src/inventory/patience.ts';
import { IMPATIENT } from './support.ts';

const signal = new AbortController().signal;

/** Attempts that end with these setbacks, then with `done`. */
function scripted(setbacks: readonly (Setback | Error)[]) {
  let attempts = 0;
  return {
    attempts: () => attempts,
    script: {
      attempt: async () => {
        const next = setbacks[attempts++];
        if (next instanceof Error) throw next;
        return next ?? 'done';
      },
      setbackOf: (outcome: { readonly value: Setback | 'done' } | { readonly thrown: unknown }) =>
        'thrown' in outcome || outcome.value === 'done' ? null : outcome.value,
    },
  };
}

const throttled: Setback = { throttled: true, retryAfterMs: 1 };
const broken: Setback = { throttled: false, retryAfterMs: null };

describe('patience', { timeout: 20_000 }, () => {
  const context = () => ({ patience: IMPATIENT, gate: new Gate(), signal });

  it('waits out throttling for longer than it repeats what is broken', async () => {
    const slow = scripted(Array<Setback>(20).fill(throttled));
    assert.equal(await patiently(slow.script, context()), 'done');
    const down = scripted(Array<Setback>(20).fill(broken));
    assert.equal(await patiently(down.script, context()), broken);
    assert.equal(down.attempts(), IMPATIENT.attempts);
  });

  it('gives up at once where it would have to wait for too long', async () => {
    const slow = scripted([{ throttled: true, retryAfterMs: 3_600_000 }]);
    assert.deepEqual(await patiently(slow.script, context()), { throttled: true, retryAfterMs: 3_600_000 });
    assert.equal(slow.attempts(), 1);
  });

  it('ends a storm for all requests together', async () => {
    const shared = context();
    const storms = Array.from({ length: 20 }, () =>
      scripted(Array<Setback>(1_000).fill({ throttled: true, retryAfterMs: 40 })),
    );
    const ends = await Promise.all(storms.map(({ script }) => patiently(script, shared)));
    assert.ok(ends.every((end) => end !== 'done'));
    // Each waited its own time, and none began anew after the others had given up.
    assert.ok(
      storms.every(({ attempts }) => attempts() <= 6),
      String(storms.map(({ attempts }) => attempts())),
    );
    const late = scripted([throttled]);
    assert.equal(await patiently(late.script, shared), throttled);
  });

  it('begins anew once something went through', async () => {
    const gate = new Gate();
    assert.ok(gate.close(150) >= 150);
    gate.passed();
    assert.ok(gate.close(10) < 150);
  });

  it('passes on what an attempt throws, and the reason of the signal', async () => {
    await assert.rejects(patiently(scripted([new Error('no')]).script, context()), /^Error: no$/);
    const controller = new AbortController();
    const stopped = { ...context(), signal: controller.signal };
    const waiting = patiently(scripted([{ throttled: true, retryAfterMs: 150 }]).script, stopped);
    controller.abort(new Error('enough'));
    await assert.rejects(waiting, /^Error: enough$/);
  });

  it('understands Retry-After in seconds and as a date', () => {
    assert.equal(retryAfterMs('17'), 17_000);
    assert.equal(retryAfterMs(undefined), null);
    assert.equal(retryAfterMs('soon'), null);
    assert.equal(retryAfterMs('Wed, 21 Oct 2015 07:28:00 GMT'), 0);
  });
});
