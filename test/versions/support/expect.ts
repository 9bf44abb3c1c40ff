import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Order, VersionError, VersionScheme } from '../../../src/versions/types.ts';
import { type Pair, REPEAT } from './pairs.ts';

/** The order of two versions that the scheme must be able to compare. */
export function orderOf(scheme: VersionScheme, a: string, b: string): Order {
  const result = scheme.compare(a, b);
  if (!result.ok) assert.fail(`${scheme.id}: ${a} <=> ${b}: ${result.error.version} ${result.error.detail}`);
  return result.value;
}

/** Every version of the list is older than every later one, in both directions. */
export function expectAscending(scheme: VersionScheme, versions: readonly string[]): void {
  versions.forEach((a, i) => {
    versions.forEach((b, j) => {
      assert.equal(orderOf(scheme, a, b), Math.sign(i - j), `${scheme.id}: ${a} <=> ${b}`);
    });
  });
}

/** All versions of the list are equal, in both directions. */
export function expectEqual(scheme: VersionScheme, versions: readonly string[]): void {
  for (const a of versions) {
    for (const b of versions) assert.equal(orderOf(scheme, a, b), 0, `${scheme.id}: ${a} <=> ${b}`);
  }
}

/** The version is an error on either side of a good one, and against itself. */
export function expectUnparsable(scheme: VersionScheme, version: string, good: string): void {
  for (const [a, b] of [
    [version, good],
    [good, version],
    [version, version],
  ] as const) {
    const result = scheme.compare(a, b);
    assert.ok(!result.ok, `${scheme.id}: ${JSON.stringify(version)} was read`);
    assert.equal(result.error.kind, 'unparsable');
    assert.equal(result.error.version, version);
    assert.notEqual(result.error.detail, '');
  }
}

/** The two versions can be read, and have no order. */
export function expectIncomparable(scheme: VersionScheme, a: string, b: string): void {
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const) {
    const result = scheme.compare(x, y);
    const kind: VersionError['kind'] | null = result.ok ? null : result.error.kind;
    assert.equal(kind, 'incomparable', `${scheme.id}: ${x} <=> ${y}`);
    assert.equal(orderOf(scheme, x, x), 0);
  }
}

/** Reflexivity, antisymmetry and transitivity over versions that are all comparable. */
export function expectTotalOrder(scheme: VersionScheme, version: fc.Arbitrary<string>): void {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      assert.equal(orderOf(scheme, a, a), 0);
      assert.equal(orderOf(scheme, a, b) + orderOf(scheme, b, a), 0);
      const [low, middle, high] = [a, b, c].sort((x, y) => orderOf(scheme, x, y)) as [string, string, string];
      assert.ok(orderOf(scheme, low, middle) <= 0);
      assert.ok(orderOf(scheme, middle, high) <= 0);
      // Equal only if both steps are: a strict step anywhere makes the whole strict.
      const strict = orderOf(scheme, low, middle) + orderOf(scheme, middle, high) < 0;
      assert.equal(orderOf(scheme, low, high), strict ? -1 : 0);
    }),
    { numRuns: 5_000 },
  );
}

/** The scheme agrees with what the oracle said of each pair, and with its reverse. */
export function expectAgreement(
  scheme: VersionScheme,
  pairs: readonly Pair[],
  oracle: readonly Order[],
): void {
  assert.equal(oracle.length, pairs.length, 'the oracle did not answer every pair');
  pairs.forEach(([a, b], i) => {
    const expected = oracle[i] ?? 0;
    if (orderOf(scheme, a, b) !== expected || orderOf(scheme, b, a) + expected !== 0) {
      assert.fail(
        `${scheme.id}: ${a} <=> ${b} is ${orderOf(scheme, a, b)}, the oracle says ${expected} ${REPEAT}`,
      );
    }
  });
}
