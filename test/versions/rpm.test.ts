import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { rpm } from '../../src/versions/rpm/rpm.ts';
import {
  expectAgreement,
  expectAscending,
  expectEqual,
  expectTotalOrder,
  expectUnparsable,
} from './support/expect.ts';
import { generatePairs, type Kind, type Pair } from './support/pairs.ts';
import { rpmOrders } from './support/rpm.ts';

const KIND: Kind = {
  bases: [
    '6.6.150.1-1.azl3',
    '0:2.38-20.azl3',
    '1:9.18.39-2.el9_6.1',
    '3.0.7-27.el9_0.1',
    '1.0.0~rc95-1.cm2',
    '1.34.0~beta.0-2.azl3',
    '5.14.0-570.12.1.el9_6',
    '1.2^20240101git1a2b3c-1.fc40',
    '2.9.14+dfsg-1',
    '8.45-1.el8.6',
    '4.18.0_b1-3.amzn2023.0.2',
    '1.0',
    '2:1.1.1k',
    '7.61.1~rc1^post2-34.el8',
    '1.8.0.442.b06-1',
    '6.6.137.mshv2-1.azl3',
  ],
  alphabet: '0001199abzAZ..~~^^__++-%{}::',
  valid: /^(?:[0-9]*:)?[0-9A-Za-z._+~^%{}]+(?:-[0-9A-Za-z._+~^%{}]+)?$/,
};

const hasRelease = (version: string) => version.includes('-');
const withoutRelease = (version: string) => version.replace(/-.*/, '');

describe('rpm versions', () => {
  it('order as rpmvercmp does', () => {
    expectAscending(rpm, [
      '1.0~~',
      '1.0~rc1',
      '1.0~rc1^git',
      '1.0~rc2',
      '1.0',
      '1.0^',
      '1.0^git1',
      '1.0^git2~pre',
      '1.0^git2',
      '1.0a',
      '1.0.1',
    ]);
    expectAscending(rpm, ['a', 'b', '0', '1', '1.a', '1.0', '1.1', '1.9', '1.10']);
    expectAscending(rpm, ['9:1', '10:0', '99999999999999999999:0']);
    expectAscending(rpm, ['1-1.azl3', '1-2.azl3', '1-10.azl3', '1.1-1.azl3']);
    expectAscending(rpm, ['0', '99999999999999999998', '99999999999999999999', '100000000000000000000']);
    expectAscending(rpm, ['1.0-1', '1.0-1.el9', '1.0-1.el9_6', '1.0-1.el10']);
  });

  it('are equal across leading zeros, separators and a missing or zero epoch', () => {
    expectEqual(rpm, [
      '1.0',
      '1_0',
      '1..0',
      '1.00',
      '01.0',
      '1.0.',
      '0:1.0',
      '00:1.0',
      ':1.0',
      '1+0',
      '1%{0}',
    ]);
  });

  it('without a release stand for every release', () => {
    expectEqual(rpm, ['1.0', '1.0-1']);
    expectEqual(rpm, ['1.0', '1.0-2']);
    expectAscending(rpm, ['1.0-1', '1.0-2']);
    expectAscending(rpm, ['0.9-9', '1.0', '1.0.1-1']);
    expectAscending(rpm, ['9.9', '1:1.0-1']);
  });

  it('that rpmbuild would not accept are unparsable', () => {
    const malformed = [
      '',
      '1:',
      ':',
      '-1',
      '1-',
      '1:-1',
      '1-2-3',
      '1:2:3',
      'a:1',
      '-',
      '1 2',
      ' 1',
      '1-1:1',
      '1/2',
      '1.é',
      '(none):1-1',
      '1\0',
    ];
    for (const version of malformed) expectUnparsable(rpm, version, '1.0-1');
    expectEqual(rpm, ['1'.repeat(1024)]);
    assert.equal(rpm.compare('1'.repeat(1025), '1').ok, false);
  });

  it('have a total order when all have a release, and when none has', () => {
    const part = fc.string({ unit: fc.constantFrom(...'019ab.+~^'), minLength: 1, maxLength: 6 });
    const epoch = fc.constantFrom('', '0:', '1:');
    expectTotalOrder(
      rpm,
      fc.tuple(epoch, part).map(([e, version]) => e + version),
    );
    expectTotalOrder(
      rpm,
      fc.tuple(epoch, part, part).map(([e, version, release]) => `${e}${version}-${release}`),
    );
  });

  it('compare as in rpm, over 200,000 generated pairs', () => {
    // rpm.vercmp orders a missing release before every release; rpm's dependencies ignore the other one then.
    const pairs = generatePairs(KIND, 200_000);
    const oracle = pairs.map(
      ([a, b]): Pair => (hasRelease(a) === hasRelease(b) ? [a, b] : [withoutRelease(a), withoutRelease(b)]),
    );
    assert.ok(oracle.filter(([a]) => hasRelease(a)).length > 50_000, 'too few pairs have a release');
    expectAgreement(rpm, pairs, rpmOrders(oracle));
  });
});
