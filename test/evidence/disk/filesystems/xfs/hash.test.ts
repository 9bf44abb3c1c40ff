import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  hashOfFoldedName,
  hashOfName,
  nameRule,
} from '../../../../../src/evidence/disk/filesystems/xfs/directory/hash.ts';

describe('hashes of names in XFS', () => {
  // As `xfs_db -r -c 'hash NAME'` prints them.
  for (const [name, hash] of [
    ['.', 0x2e],
    ['..', 0x172e],
    ['a', 0x61],
    ['usr', 0x1d79f2],
    ['lost', 0xd9bf9f4],
    ['status', 0x4c3d396c],
    ['a-rather-long-file-name.service', 0xbc6b421e],
  ] as const)
    test(name, () => {
      assert.equal(hashOfName(Buffer.from(name)), hash);
    });

  test('case makes no difference where it is folded', () => {
    assert.equal(hashOfFoldedName(Buffer.from('MixedCase')), hashOfFoldedName(Buffer.from('mIXEDcASE')));
    assert.ok(nameRule(true).same(Buffer.from('README'), Buffer.from('ReadMe')));
    assert.ok(!nameRule(true).same(Buffer.from('README'), Buffer.from('ReadMe2')));
    assert.ok(!nameRule(false).same(Buffer.from('README'), Buffer.from('ReadMe')));
  });
});
