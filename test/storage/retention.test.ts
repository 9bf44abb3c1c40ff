import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { poolLives } from '../../src/findings/index.ts';
import type { PoolFindingLife } from '../../src/model/recommendation.ts';
import type { FindingsWriter } from '../../src/storage/findings-types.ts';
import { judging, POOL } from '../findings/life-support.ts';
import { finding } from './findings-support.ts';
import { sqlitePeer } from './sqlite-support.ts';
import { day, list, openOn } from './support.ts';

const LISTS = ['sha256:a', 'sha256:b', 'sha256:c'];
const NOW = { ...judging(0), now: new Date(day(11)) };
const CVES = ['CVE-2024-1', 'CVE-2024-2'];

/** What happens on one day; what is null stays as it was. */
interface Step {
  /** CVEs of each list, by the advisories of the day. */
  readonly found: readonly (readonly string[] | null)[];
  readonly placed: readonly string[] | null;
  readonly offered: string | null;
}

const step: fc.Arbitrary<Step> = fc.record({
  found: fc.tuple(...LISTS.map(() => fc.option(fc.subarray(CVES), { freq: 2 }))),
  placed: fc.option(fc.subarray(LISTS), { freq: 3 }),
  offered: fc.option(fc.constantFrom(...LISTS), { freq: 3 }),
});

/** A list with a CVE, one without it, and again one with it: what came between must not be taken for a time without any. */
const AGAIN: Step[] = [
  { found: [CVES, [], CVES], placed: ['sha256:a'], offered: null },
  { found: [null, null, null], placed: ['sha256:b'], offered: null },
  { found: [null, null, null], placed: ['sha256:c'], offered: null },
];

async function apply(findings: FindingsWriter, { found, placed, offered }: Step, at: string): Promise<void> {
  for (const [index, cves] of found.entries()) {
    if (cves === null) continue;
    const each = cves.map((cve) => finding(cve));
    await findings.putAssessment({ list: LISTS[index] ?? '', revision: at, at, findings: each, gaps: [] });
  }
  const lists = placed?.map((each) => ({ list: each, nodes: 1 })) ?? null;
  if (lists !== null) await findings.putPoolLists(POOL.pool, lists, at);
  if (offered === null) return;
  await findings.putCandidates(POOL.pool, new Map([['offered', { image: offered, list: offered }]]), at);
}

describe('what is forgotten', { timeout: 120_000 }, () => {
  const open = openOn(sqlitePeer());

  it('changes nothing of findings that are there or were fixed since', async () => {
    const store = await open('retention');
    await store.write(async ({ inventory }) => {
      for (const each of LISTS) await inventory.putSoftware(each, list(each));
    });
    const rollback = new Error('rollback');
    const steps = fc.array(step, { minLength: 3, maxLength: 10, size: 'max' });
    let forgotten = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 2, max: 10 }), async (all, number) => {
        const lives = async (findings: FindingsWriter): Promise<readonly PoolFindingLife[]> =>
          poolLives(
            await findings.history(null),
            NOW,
          )(POOL).filter(({ fixedAt }) => fixedAt === null || fixedAt >= day(number));
        const changed = store.write(async ({ findings }) => {
          for (const [index, each] of all.entries()) await apply(findings, each, day(index + 1));
          const before = await lives(findings);
          if ((await findings.forgetFindings(day(number))) > 0 && before.length > 0) forgotten++;
          assert.deepEqual(await lives(findings), before);
          throw rollback;
        });
        await assert.rejects(changed, (thrown) => {
          if (thrown !== rollback) throw thrown;
          return true;
        });
      }),
      { numRuns: 300, examples: [[AGAIN, 5]] },
    );
    assert.ok(forgotten > 10, `${forgotten} runs forgot something beside what they kept`);
    await store.close();
  });
});
