/** What every store must do with findings and recommendations, whatever database it is on. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { SEVERITIES } from '../../src/model/advisory.ts';
import type { Candidate, CandidateRole } from '../../src/model/recommendation.ts';
import type { Store, StoreWriter } from '../../src/storage/index.ts';
import { FindingsModel, type Put } from './findings-model.ts';
import { finding, occurrence } from './findings-support.ts';
import { day, list, type Open } from './support.ts';

const A = 'sha256:a';
const B = 'sha256:b';
const PAGE = { offset: 0, limit: 100 };

/** Runs the suite on stores that `open` makes: each empty. */
export function findingsConformance(database: string, open: Open): void {
  describe(`findings on ${database}`, { timeout: 120_000 }, () => {
    let count = 0;
    let store: Store;
    const change = <T>(put: (writer: StoreWriter['findings']) => Promise<T>): Promise<T> =>
      store.write(({ findings }) => put(findings));
    const assess = (digest: string, number: number, findings = [finding('CVE-2024-1')]) =>
      change((writer) =>
        writer.putAssessment({ list: digest, revision: `r${number}`, at: day(number), findings, gaps: [] }),
      );
    const place = (pool: string, lists: Record<string, number>, number: number): Promise<void> =>
      change((writer) =>
        writer.putPoolLists(
          pool,
          Object.entries(lists).map(([digest, nodes]) => ({ list: digest, nodes })),
          day(number),
        ),
      );
    beforeEach(async () => {
      store = await open(`findings-${++count}`);
      await store.write(async ({ inventory }) => {
        await inventory.putSoftware(A, list('1'));
        await inventory.putSoftware(B, list('2'));
      });
    });
    afterEach(() => store.close());

    it('is empty at first', async () => {
      const { findings } = store;
      const empty = { pools: [], candidates: [], findings: new Map(), assessed: new Map() };
      assert.deepEqual(await findings.history(null), empty);
      assert.deepEqual(await findings.history([]), empty);
      assert.deepEqual(await findings.assessedLists(), new Map());
      assert.deepEqual(await findings.listsInUse(), new Set());
      assert.deepEqual(await findings.recommendations({}, PAGE), { items: [], total: 0 });
      assert.deepEqual(await findings.cves({}, PAGE), { items: [], total: 0 });
      assert.equal(await findings.recommendation('r-00000001'), null);
      assert.equal(await findings.computed(), null);
    });

    it('gives back what assessments found, and says what came and went', async () => {
      const gaps = [{ code: 'no-coverage', detail: 'd', subjects: ['s'] }] as const;
      const several = {
        ...finding('CVE-2024-2', 'low'),
        occurrences: [
          occurrence('CVE-2024-2', { fixed: null, vendor: 'no-fix' }),
          occurrence('CVE-2024-2', { advisory: 'USN-1-1', package: 'libssl3' }),
          occurrence('CVE-2024-2', { advisory: 'CVE-2024-2 and CVE-2024-2', feed: 'azure-linux' }),
        ],
      };
      assert.deepEqual(await assess(A, 1, [finding('CVE-2024-1'), several]), { appeared: 2, gone: 0 });
      await place('/p', { [A]: 3 }, 1);
      const seen = { firstSeen: day(1), gone: null };
      const { findings, assessed, pools } = await store.findings.history(['/p']);
      assert.deepEqual(findings.get(A), [
        { ...finding('CVE-2024-1'), ...seen },
        { ...several, ...seen },
      ]);
      assert.deepEqual(assessed, new Map([[A, day(1)]]));
      assert.deepEqual(pools, [{ pool: '/p', list: A, nodes: 3, since: day(1), until: null }]);
      const at = { list: A, revision: 'r2', at: day(2), findings: [finding('CVE-2024-1')], gaps };
      assert.deepEqual(await change((writer) => writer.putAssessment(at)), { appeared: 0, gone: 1 });
      assert.deepEqual(
        await store.findings.assessedLists(),
        new Map([[A, { list: A, revision: 'r2', at: day(2), gaps }]]),
      );
    });

    it('a CVE that is found again begins anew, and what was before stays', async () => {
      await place('/p', { [A]: 1 }, 1);
      await assess(A, 1);
      await assess(A, 2, []);
      await assess(A, 4);
      const lives = (await store.findings.history(null)).findings.get(A);
      assert.deepEqual(
        lives?.map(({ firstSeen, gone }) => [firstSeen, gone]),
        [
          [day(1), day(2)],
          [day(4), null],
        ],
      );
      assert.equal((await store.findings.history(null)).assessed.get(A), day(1));
    });

    it('what an advisory says of a CVE may change without its life', async () => {
      await place('/p', { [A]: 1 }, 1);
      await assess(A, 1);
      const worse = finding('CVE-2024-1', 'critical', { fixed: '9' });
      assert.deepEqual(await assess(A, 2, [worse]), { appeared: 0, gone: 0 });
      const { findings } = await store.findings.history(null);
      assert.deepEqual(findings.get(A), [{ ...worse, firstSeen: day(1), gone: null }]);
    });

    it('shares the occurrences of a CVE that lists have alike', async () => {
      await assess(A, 1);
      await assess(B, 1);
      await place('/p', { [A]: 1, [B]: 1 }, 1);
      const { findings } = await store.findings.history(null);
      const [a, b] = [A, B].map((each) => findings.get(each)?.[0]?.occurrences);
      assert.ok(a !== undefined && a === b);
    });

    it('a list that was assessed without findings is told from one that never was', async () => {
      await assess(A, 1, []);
      await place('/p', { [A]: 1, [B]: 1 }, 1);
      const { findings, assessed } = await store.findings.history(null);
      assert.deepEqual([findings, assessed], [new Map([[A, []]]), new Map([[A, day(1)]])]);
    });

    it('reads the history of some pools, and of one CVE', async () => {
      await assess(A, 1, [finding('CVE-2024-1'), finding('CVE-2024-2')]);
      await assess(B, 1);
      await place('/p', { [A]: 1 }, 1);
      await place('/q', { [B]: 2 }, 1);
      const candidates = new Map([['newest', { image: 'new', list: B }]] as const);
      await change((writer) => writer.putCandidates('/p', candidates, day(2)));
      const q = await store.findings.history(['/q', '/nowhere']);
      assert.deepEqual([q.pools.length, q.candidates, [...q.findings.keys()]], [1, [], [B]]);
      const p = await store.findings.history(['/p'], 'CVE-2024-1');
      assert.deepEqual(
        [...p.findings].map(([digest, each]) => [digest, each.map(({ cve }) => cve)]),
        [
          [A, ['CVE-2024-1']],
          [B, ['CVE-2024-1']],
        ],
      );
      assert.deepEqual(p.candidates, [
        { pool: '/p', role: 'newest', image: 'new', list: B, since: day(2), until: null },
      ]);
      const none = await store.findings.history(null, 'CVE-2024-9');
      assert.deepEqual([...none.findings.values()], [[], []]);
    });

    it('refuses a list that the inventory does not have', async () => {
      const unknown = [{ list: 'sha256:x', nodes: 1 }];
      const candidates = new Map([['newest', { image: 'i', list: 'sha256:x' }]] as const);
      await assert.rejects(assess('sha256:x', 1), /no software list sha256:x/);
      await assert.rejects(
        change((writer) => writer.putPoolLists('/p', unknown, day(1))),
        /no software list/,
      );
      await assert.rejects(
        change((writer) => writer.putCandidates('/p', candidates, day(1))),
        /no software list/,
      );
    });

    it('keeps software while a pool or candidate names it, and forgets it with its findings then', async () => {
      await assess(A, 1);
      await assess(B, 1);
      await place('/p', { [A]: 1 }, 1);
      const candidates = new Map([['newest', { image: 'i', list: B }]] as const);
      await change((writer) => writer.putCandidates('/p', candidates, day(1)));
      const forget = (number: number): Promise<readonly string[]> =>
        store.write(async ({ inventory, findings }) => {
          await findings.forgetFindings(day(number));
          await inventory.forget(day(number));
          return [...(await inventory.softwareHeads()).keys()].sort();
        });
      assert.deepEqual(await forget(9), [A, B]);
      await place('/p', {}, 3);
      await change((writer) => writer.putCandidates('/p', new Map(), day(4)));
      assert.deepEqual(await forget(3), [A, B], 'not before it ended');
      assert.deepEqual(await forget(4), [B]);
      assert.deepEqual(await forget(5), []);
      assert.deepEqual(await store.findings.assessedLists(), new Map());
    });

    it('holds just what a simple model holds, whatever is put and wherever the clock goes', async () => {
      const rollback = new Error('rollback');
      await fc.assert(
        fc.asyncProperty(fc.array(putOf, { minLength: 1, maxLength: 30, size: 'max' }), async (puts) => {
          const model = new FindingsModel();
          await assert.rejects(
            store.write(async ({ findings }) => {
              for (const put of puts) assert.deepEqual(await applied(findings, put), expected(model, put));
              assert.deepEqual(await findings.history(null), model.history());
              assert.deepEqual(await findings.history(['/p', '/q'], 'CVE-1'), model.history('CVE-1'));
              assert.deepEqual(await findings.listsInUse(), model.inUse());
              for (const [digest, { revision, at }] of await findings.assessedLists())
                assert.deepEqual(
                  [revision, at],
                  [model.lists.get(digest)?.revision, model.lists.get(digest)?.at],
                );
              throw rollback;
            }),
            (thrown) => {
              if (thrown !== rollback) throw thrown;
              return true;
            },
          );
        }),
        { numRuns: 100 },
      );
    });
  });
}

const at = fc.integer({ min: 1, max: 9 }).map(day);
const digest = fc.constantFrom(A, B);
const pool = fc.constantFrom('/p', '/q');
const found = fc
  .uniqueArray(
    fc.record({
      cve: fc.constantFrom('CVE-1', 'CVE-2', 'GHSA-x'),
      severity: fc.constantFrom(...SEVERITIES),
      fixed: fc.constantFrom(null, '1', '2'),
    }),
    { selector: ({ cve }) => cve },
  )
  .map((all) => all.map(({ cve, severity, fixed }) => finding(cve, severity, { fixed })));
const candidate = fc.option(
  fc.record({ image: fc.constantFrom('i', 'j'), list: fc.option(digest) }) as fc.Arbitrary<
    Pick<Candidate, 'image' | 'list'>
  >,
);
const lists = fc.uniqueArray(fc.record({ list: digest, nodes: fc.nat(3) }), {
  selector: (each) => each.list,
});

const putOf: fc.Arbitrary<Put> = fc.oneof(
  fc.record({
    assess: fc.record({ list: digest, revision: fc.constantFrom('r1', 'r2'), at, findings: found }),
  }),
  fc.record({ pool, lists, at }),
  fc.record({ pool, candidates: fc.tuple(candidate, candidate).map(mapOf), at }),
  fc.record({ forget: at }),
);

function mapOf([offered, newest]: readonly (Pick<Candidate, 'image' | 'list'> | null)[]) {
  const all = new Map<CandidateRole, Pick<Candidate, 'image' | 'list'>>();
  if (offered !== null && offered !== undefined) all.set('offered', offered);
  if (newest !== null && newest !== undefined) all.set('newest', newest);
  return all;
}

async function applied(findings: StoreWriter['findings'], put: Put): Promise<unknown> {
  if ('assess' in put) return findings.putAssessment({ ...put.assess, gaps: [] });
  if ('forget' in put) return findings.forgetFindings(put.forget);
  if ('lists' in put) return findings.putPoolLists(put.pool, put.lists, put.at);
  return findings.putCandidates(put.pool, put.candidates, put.at);
}

function expected(model: FindingsModel, put: Put): unknown {
  if ('assess' in put) return model.assess(put.assess);
  if ('forget' in put) return model.forget(put.forget);
  if ('lists' in put) return model.place(put.pool, put.lists, put.at);
  return model.offer(put.pool, put.candidates, put.at);
}
