import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { deb } from '../../src/versions/deb/deb.ts';
import { dpkgOrder, dpkgOrders } from './support/dpkg.ts';
import {
  expectAgreement,
  expectAscending,
  expectEqual,
  expectTotalOrder,
  expectUnparsable,
  orderOf,
} from './support/expect.ts';
import { generatePairs, generateTexts, type Kind, REPEAT } from './support/pairs.ts';

const KIND: Kind = {
  bases: [
    '2:8.2.3995-1ubuntu2.24',
    '3.0.2-0ubuntu1.18',
    '5.15.0-1103.112',
    '1.34.0~beta.0-ubuntu22.04u2',
    '1.6.35+azure',
    '1:9.18.39-0ubuntu0.22.04.2',
    '2.36-9+deb12u10',
    '1.10.1+submodules+notgz-1~1.2.3',
    '0.8.1~rc1-4build2',
    '2.4.41-4ubuntu3.23+esm2',
    '20240203~22.04.1',
    '1.2.11.dfsg-2ubuntu9.2',
    '1.0.0-rc.1-1',
    '4:11.2.0-1ubuntu1',
    '1.8.0~alpha0+really1.4.3+is+1.2.3-2',
    '249.11-0ubuntu3.16',
    '0~git20200101.abcdef-1',
    '1.1.1f-1ubuntu2.24',
  ],
  alphabet: '0001199abzAZ..~~++--_::',
  valid: /^(?:[0-9]{1,9}:(?!-[^-]*$)[0-9A-Za-z.+~:_-]+|(?!-[^-]*$)[0-9A-Za-z.+~_-]+)(?<!-)$/,
};

describe('deb versions', () => {
  it('order as Debian Policy 5.6.12 says', () => {
    expectAscending(deb, ['1.0~~', '1.0~~a', '1.0~', '1.0', '1.0a', '1.0b', '1.0+', '1.0.1']);
    expectAscending(deb, [
      '1.0~rc1-1',
      '1.0',
      '1.0-0a',
      '1.0-1~bpo1',
      '1.0-1',
      '1.0-1+b1',
      '1.0-1.1',
      '1.0.1-1',
    ]);
    expectAscending(deb, ['9:1', '10:0', '2147483647:0~']);
    expectAscending(deb, ['2.9', '2.10', '2.10a', '2.10a9', '2.10a10', '2.10.0']);
    expectAscending(deb, ['0', '99999999999999999998', '99999999999999999999', '100000000000000000000']);
    expectAscending(deb, ['1-1', '1--1', '1-1-1', '1.0-1']);
  });

  it('are equal across leading zeros, a zero epoch, a zero or missing revision, and outer spaces', () => {
    expectEqual(deb, ['1.0', '0:1.0', '00:1.0', '+0:1.0', '-0:1.0', '01.0', '1.00', '1.', '1.0-0', ' 1.0\n']);
    expectEqual(deb, ['1:1:2-0', '1:1:2', '1:01:02']);
  });

  it('that dpkg only warns about compare as in dpkg', () => {
    expectAscending(deb, ['~1', '1', 'a', 'v1', '.1', '_1']);
    for (const [a, b] of [
      ['a', '1'],
      ['v1.2', '1.2'],
      ['1_1', '1.1'],
      ['1/2', '1.2'],
      ['1-a_1', '1-a'],
      ['1-~', '1-0'],
    ] as const) {
      assert.equal(orderOf(deb, a, b), dpkgOrder(a, b), `${a} <=> ${b}`);
    }
  });

  it('that dpkg rejects are unparsable', () => {
    const rejected = [
      ' ',
      '1:',
      ':1',
      'a:1',
      'v1:2',
      '2147483648:1',
      '99999999999999999999:1',
      '0x1:1',
      '1 1',
      '1: 1',
      '1 :1',
      '1-',
      '1-1-',
      '1:1-',
      '1-1:1',
      '0:-1',
      '+:1',
    ];
    for (const version of rejected) {
      assert.equal(dpkgOrder(version, '1'), null, version);
      expectUnparsable(deb, version, '1.0-1');
    }
    // dpkg's command line takes these for an option, and the empty text for "no version".
    for (const version of ['', '-1', '-', '-1:1']) expectUnparsable(deb, version, '1.0-1');
  });

  it('that are too long or not printable ASCII are unparsable', () => {
    expectUnparsable(deb, '1.é', '1');
    expectUnparsable(deb, '1.\u{1f600}', '1');
    expectUnparsable(deb, '1\0', '1');
    expectUnparsable(deb, '1\t2', '1');
    expectEqual(deb, ['1'.repeat(1024)]);
    assert.equal(deb.compare('1'.repeat(1025), '1').ok, false);
  });

  it('have a total order', () => {
    const part = (alphabet: string) =>
      fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 6 });
    const version = fc
      .tuple(fc.constantFrom('', '0:', '1:'), part('019ab.+~'), fc.constantFrom('', '-'), part('019ab.+~'))
      .map(([epoch, upstream, hyphen, revision]) => epoch + upstream + hyphen + (hyphen && revision));
    expectTotalOrder(deb, version);
  });

  it('compare as in dpkg, over 120,000 generated pairs', () => {
    const pairs = generatePairs(KIND, 120_000);
    expectAgreement(deb, pairs, dpkgOrders(pairs));
  });

  it('the bulk oracle says what `dpkg --compare-versions` says', () => {
    const pairs = generatePairs(KIND, 400).filter(([a]) => !a.startsWith('-'));
    assert.ok(pairs.length > 300);
    assert.deepEqual(
      dpkgOrders(pairs),
      pairs.map(([a, b]) => dpkgOrder(a, b)),
    );
  });

  it('are read exactly when dpkg reads them, over 1,000 random texts', () => {
    const texts = generateTexts('012ab:::--~+._ /', 1_000).filter((text) => !text.startsWith('-'));
    for (const text of texts) {
      assert.equal(
        deb.compare(text, '1').ok,
        dpkgOrder(text, '1') !== null,
        `${JSON.stringify(text)} ${REPEAT}`,
      );
    }
  });
});
