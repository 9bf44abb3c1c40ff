import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SandboxClock } from '../../src/sandbox/clock.ts';

test('runs so many times as fast as the machine', () => {
  let ticks = 1000;
  const clock = new SandboxClock(5000, 60, () => ticks);
  assert.equal(clock.now(), 5000);
  ticks += 1000;
  assert.equal(clock.now(), 65_000);
});

test('stands where its rate is 0', () => {
  let ticks = 0;
  const clock = new SandboxClock(5000, 0, () => ticks);
  ticks += 1_000_000;
  assert.equal(clock.now(), 5000);
  clock.moveTo(9000);
  assert.equal(clock.now(), 9000);
});

test('never goes back', () => {
  const clock = new SandboxClock(5000, 0, () => 0);
  clock.moveTo(4000);
  assert.equal(clock.now(), 5000);
});

test('stands at the instant of an event while it is run, then goes on from where it should be', () => {
  let ticks = 0;
  const clock = new SandboxClock(0, 1, () => ticks);
  ticks = 1000;
  clock.hold(400);
  ticks = 1200;
  assert.equal(clock.now(), 400);
  clock.release();
  assert.equal(clock.now(), 1200);
  clock.hold(5000);
  assert.equal(clock.now(), 5000);
  ticks = 1300;
  clock.release();
  assert.equal(clock.now(), 5000, 'moved ahead');
  ticks = 1310;
  assert.equal(clock.now(), 5010);
});

test("counts what clients wait: the machine's milliseconds, and those it was moved by", () => {
  let ticks = 0;
  const clock = new SandboxClock(0, 1000, () => ticks);
  ticks = 10;
  assert.equal(clock.now(), 10_000);
  assert.equal(clock.waited(), 10);
  clock.moveTo(clock.now() + 500);
  assert.equal(clock.waited(), 510);
});
