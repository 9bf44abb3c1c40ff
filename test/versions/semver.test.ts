import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { semver } from '../../src/versions/semver/semver.ts';
import { expectAscending, expectEqual, expectTotalOrder, expectUnparsable } from './support/expect.ts';

describe('semantic versions', () => {
  it('order as SemVer 2.0.0 section 11 says', () => {
    expectAscending(semver, [
      '1.0.0-1',
      '1.0.0-9',
      '1.0.0-10',
      '1.0.0--1',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.1',
      '1.2.0',
      '1.10.0',
      '2.0.0',
    ]);
    expectAscending(semver, ['1.0.0-RC', '1.0.0-rc', '1.0.0-rc1', '1.0.0-rc10', '1.0.0-rc2']);
  });

  it('compare numbers of any size exactly', () => {
    expectAscending(semver, [
      '1.0.0-9007199254740992',
      '1.0.0-9007199254740993',
      '1.0.9007199254740992',
      '1.0.9007199254740993',
      '1.0.20000000000000000000',
      '20000000000000000000.0.0',
      '20000000000000000001.0.0',
    ]);
  });

  it('ignore build metadata and a leading v, and read missing numbers as 0', () => {
    expectEqual(semver, [
      '1.2.0',
      'v1.2.0',
      '1.2.0+incompatible',
      '1.2.0+a.001',
      'v1.2',
      '1.2',
      'go1.2',
      '1.2+a',
    ]);
    expectEqual(semver, ['0', '0.0', '0.0.0', 'v0']);
    expectEqual(semver, ['1.0.0-rc.1+a', 'v1.0.0-rc.1']);
  });

  it('order pseudo-versions before and between tagged ones', () => {
    expectAscending(semver, [
      '0.0.0-20200101000000-abcdefabcdef',
      '0.0.0-20210101000000-aaaaaaaaaaaa',
      '0.0.0',
      '1.2.3-rc.1',
      '1.2.3-rc.1.0.20210101000000-abcdefabcdef',
      '1.2.3',
      '1.2.4-0.20210101000000-abcdefabcdef',
      '1.2.4',
    ]);
  });

  it('read the Go toolchain spellings', () => {
    expectAscending(semver, [
      'go1.20.14',
      'go1.21beta1',
      'go1.21rc2',
      '1.21rc3',
      'go1.21rc10',
      'go1.21.0',
      'go1.21.3',
    ]);
    expectEqual(semver, ['1.21rc2', 'go1.21rc2', '1.21.0-rc.2', 'v1.21.0-rc.2']);
    expectEqual(semver, ['go1.9.2rc2', '1.9.2-rc.2']);
  });

  it('that are not semantic versions are unparsable', () => {
    const malformed = [
      '',
      'v',
      'go',
      'latest',
      '1.2.3.4',
      '01.2.3',
      '1.02.3',
      '1.2.03',
      '1.2.3-',
      '1.2.3-01',
      '1.2.3-a..b',
      '1.2.3+',
      '1.2.3+a+b',
      '-1.2.3',
      '1.2.3-é',
      ' 1.2.3',
      '1.2.3\n',
      'V1.2.3',
      'vv1.2.3',
      '1.',
      '1..2',
      '1-alpha',
      '1.2-alpha',
      '1.2.3-rc.1rc2',
      '1.2.3-arc1rc2~',
      '1.21rc',
      '1.21rc02',
      '1.21gamma1',
      '(devel)',
      '1:1.2.3',
      '1.2.3~rc.1',
    ];
    for (const version of malformed) expectUnparsable(semver, version, '1.0.0');
    assert.equal(semver.compare('1'.repeat(1025), '1').ok, false);
  });

  it('have a total order', () => {
    const number = fc.constantFrom('0', '1', '9', '10', '99999999999999999999');
    const identifier = fc.oneof(number, fc.constantFrom('a', 'b', 'a1', '-', '1a', 'A'));
    const prerelease = fc
      .array(identifier, { maxLength: 3 })
      .map((ids) => (ids.length === 0 ? '' : `-${ids.join('.')}`));
    expectTotalOrder(
      semver,
      fc.tuple(number, number, number, prerelease).map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`),
    );
  });
});
