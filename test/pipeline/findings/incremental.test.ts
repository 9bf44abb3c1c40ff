/** What is kept up to date by differences is what a computation from nothing gives. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchSoftware } from '../../../src/matching/index.ts';
import type { CveRollup, Recommendation } from '../../../src/model/recommendation.ts';
import { summariseFindings } from '../../../src/pipeline/findings/index.ts';
import { listFindings } from '../../../src/pipeline/findings/list-findings.ts';
import { setEnabled } from '../../../src/pipeline/fleet/index.ts';
import { addExemption } from '../../../src/pipeline/governance/index.ts';
import { randomNumbers } from '../../support/random.ts';
import { startWalk, type Walk } from './walk.ts';

const ALL = { offset: 0, limit: 100_000 };

/** The rows that lists show. When something became what it is, is kept and not computed. */
async function rowsOf({ fleet }: Walk) {
  const { findings } = fleet.store;
  const recommendations = (await findings.recommendations({}, ALL)).items;
  const scopes = ['all', ...new Set(recommendations.map(({ subscription }) => subscription))];
  const cves = new Map<string, readonly CveRollup[]>();
  for (const scope of scopes) cves.set(scope, (await findings.cves({ scope }, ALL)).items);
  return { recommendations: recommendations.map(({ since: _, ...each }: Recommendation) => each), cves };
}

/** Every list in use is stored as matching it anew gives it. */
async function checkLists({ fleet }: Walk): Promise<void> {
  const { inventory, findings } = fleet.store;
  const { findings: stored } = await findings.history(null);
  for (const list of await findings.listsInUse()) {
    const software = await inventory.software(list);
    assert.ok(software !== null);
    const fresh = listFindings(matchSoftware(software, fleet.workspace.advisories()).findings);
    const current = stored.get(list)?.filter(({ gone }) => gone === null);
    assert.deepEqual(
      current?.map(({ cve, severity, occurrences }) => ({ cve, severity, occurrences })),
      fresh,
    );
  }
}

describe('findings that are kept up to date', { timeout: 600_000 }, () => {
  it('are those of a computation from nothing, whatever happened', async (context) => {
    const walk = await startWalk(context);
    const random = randomNumbers(7);
    const chance = (share: number): boolean => random() < share;
    let time = Date.parse('2024-03-01');
    for (let turn = 0; turn < 6; turn++) {
      time += Math.ceil(random() * 25) * 86_400_000;
      await walk.to(new Date(time).toISOString().slice(0, 10));
      if (chance(0.7)) await walk.sync();
      if (chance(0.4)) {
        const enabled = chance(0.5);
        await setEnabled(walk.fleet, { scope: 'shop-weu', enabled, by: 'test' });
      }
      const worst = (await walk.fleet.store.findings.cves({}, ALL)).items.find(() => chance(0.2));
      const decided = { reason: 'waived', justification: 'for a test', by: 'test' } as const;
      if (worst !== undefined) await addExemption(walk.fleet, { cve: worst.cve, ...decided });
      await walk.refresh();
      await checkLists(walk);
      const kept = await rowsOf(walk);
      await walk.fleet.store.write(async ({ findings }) => {
        await findings.putRecommendations([]);
        await findings.putCves([]);
      });
      await summariseFindings(walk.fleet);
      assert.deepEqual(await rowsOf(walk), kept, walk.now());
      assert.ok(kept.recommendations.length > 20);
    }
  });
});
