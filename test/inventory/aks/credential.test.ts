import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessToken } from '@azure/core-auth';
import { kept } from '../../../src/inventory/providers/aks/credential.ts';

function counting(lifeMs: number, failures = 0) {
  let asked = 0;
  return {
    asked: () => asked,
    credential: kept({
      getToken: async (): Promise<AccessToken> => {
        asked++;
        if (asked <= failures) throw new Error('no');
        return { token: `t${asked}`, expiresOnTimestamp: Date.now() + lifeMs };
      },
    }),
  };
}

describe('tokens', { timeout: 10_000 }, () => {
  it('are asked for once, by scope', async () => {
    const { asked, credential } = counting(3_600_000);
    const tokens = await Promise.all([1, 2, 3].map(() => credential.getToken('a')));
    assert.deepEqual(
      tokens.map((token) => token?.token),
      ['t1', 't1', 't1'],
    );
    assert.equal((await credential.getToken('b'))?.token, 't2');
    assert.equal(asked(), 2);
  });

  it('are renewed before they expire, and once for all that wait', async () => {
    const { asked, credential } = counting(60_000);
    assert.equal((await credential.getToken('a'))?.token, 't1');
    const tokens = await Promise.all([1, 2].map(() => credential.getToken('a')));
    assert.ok(tokens.every((token) => token !== null));
    assert.ok(asked() <= 3);
  });

  it('that failed are asked for again', async () => {
    const { credential } = counting(3_600_000, 1);
    await assert.rejects(async () => credential.getToken('a'), /^Error: no$/);
    assert.equal((await credential.getToken('a'))?.token, 't2');
  });
});
