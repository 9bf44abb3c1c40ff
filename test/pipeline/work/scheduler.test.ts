import assert from 'node:assert/strict';
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { NodewardError } from '../../../src/base/errors.ts';
import { TASK_NAMES } from '../../../src/model/governance.ts';
import { Files } from '../../../src/pipeline/work/files.ts';
import { Scheduler } from '../../../src/pipeline/work/scheduler.ts';
import { alone, type Job } from '../../../src/queue/index.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { cluster, SUBSCRIPTION, testFleet } from '../fleet/support.ts';

const HOUR = 3_600_000;
const PERIODS = { discover: HOUR, advisories: HOUR, images: HOUR, assess: HOUR, notify: HOUR, forget: HOUR };

/** Decides upon a fleet of one cluster. What it sends is kept, not done. */
async function deciding(context: TestContext) {
  const fleet = await testFleet();
  context.after(() => fleet.store.close());
  const at = fleet.clock.now().toISOString();
  await fleet.store.write(async ({ inventory }) => {
    await inventory.putSubscription(SUBSCRIPTION, at);
    await inventory.putCluster(cluster('one'), at);
  });
  const sent: Job[] = [];
  const trouble: NodewardError[] = [];
  const send = async (jobs: readonly Job[]): Promise<void> => {
    const thrown = trouble.pop();
    if (thrown !== undefined) throw thrown;
    sent.push(...jobs);
  };
  const files = new Files(fleet.workspace);
  const worker = { fleet, files, periods: PERIODS, channels: [], send };
  const scheduler = new Scheduler(worker, alone);
  const kinds = (): readonly string[] => sent.splice(0).map(({ kind }) => kind);
  return { scheduler, kinds, trouble, catalogue: fleet.workspace.cataloguePath };
}

/** Puts another catalogue in place, as fetching one does. */
function replace(catalogue: string): void {
  copyFileSync(join(SNAPSHOT, 'images.db'), `${catalogue}.new`);
  renameSync(`${catalogue}.new`, catalogue);
}

describe('deciding what is due', { timeout: 60_000 }, () => {
  it('goes on where a database cannot be used: fetching may replace it', async (context) => {
    const { scheduler, kinds, catalogue } = await deciding(context);
    writeFileSync(catalogue, 'no database');
    await assert.rejects(scheduler.decide(), { code: 'catalogue-unusable' });
    assert.deepEqual(kinds(), [...TASK_NAMES]);
    replace(catalogue);
    await scheduler.decide(new Set(TASK_NAMES));
    assert.deepEqual(kinds(), ['place']);
  });

  it('forgets no new catalogue whose jobs could not be sent', async (context) => {
    const { scheduler, kinds, trouble, catalogue } = await deciding(context);
    const rest = new Set(TASK_NAMES);
    await scheduler.decide(rest);
    kinds();
    replace(catalogue);
    trouble.push(new NodewardError('store-failed', 'away'));
    await assert.rejects(scheduler.decide(rest), { code: 'store-failed' });
    assert.deepEqual(kinds(), []);
    await scheduler.decide(rest);
    assert.deepEqual(kinds(), ['place']);
    await scheduler.decide(rest);
    assert.deepEqual(kinds(), []);
  });
});
