import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addExemption, setPolicy } from '../../../src/pipeline/governance/index.ts';
import { deliver, planDigests } from '../../../src/pipeline/notify/index.ts';
import { forget } from '../../../src/pipeline/work/keep-jobs.ts';
import { openNotices } from '../../../src/pipeline/work/notify-jobs.ts';
import { assessed, refresh } from '../governance/support.ts';
import { channelOf } from '../notify/support.ts';

test('what was told is not told again while it is open, however short history is kept', async () => {
  const { fleet } = await assessed();
  const channel = channelOf('slack', async () => ({ outcome: 'sent', note: null }));
  const tell = async (): Promise<number> => {
    const made = await planDigests(fleet, [channel], { notices: await openNotices(fleet) });
    await deliver(fleet, [channel], { signal: new AbortController().signal });
    return made.length;
  };
  await setPolicy(fleet, { key: 'retention', value: '1d', by: 'alice' });
  assert.ok((await openNotices(fleet)).length > 0);
  assert.equal(await tell(), 1);
  for (let day = 0; day < 3; day++) {
    fleet.clock.addHours(48);
    await forget({ fleet });
    assert.deepEqual(await fleet.store.governance.deliveryCounts(), []);
    // What becomes due meanwhile is news; what was told is not.
    const told = await openNotices(fleet);
    const keys = told.map(({ key }) => key).filter((key) => !key.startsWith('overdue:'));
    assert.deepEqual(await fleet.store.governance.told('slack', keys), new Set(keys));
  }

  const keys = (await openNotices(fleet)).map(({ key }) => key);
  const waived = { reason: 'waived', justification: 'all of it', by: 'alice' } as const;
  for (const severity of ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const)
    await addExemption(fleet, { ...waived, severity });
  await refresh(fleet);
  fleet.clock.addHours(48);
  await forget({ fleet });
  assert.equal((await fleet.store.governance.told('slack', keys)).size, 0, 'nothing of it is open');
});
