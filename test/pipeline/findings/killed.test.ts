/** Refreshes that are killed: the next one comes to the same as if nothing had happened. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { refreshFindings } from '../../../src/pipeline/findings/index.ts';
import { type Fleet, openFleet } from '../../../src/pipeline/fleet/index.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { RULES, scratch } from '../fleet/support.ts';
import { quietly } from './support.ts';
import { startWalk } from './walk.ts';

const CHILD = fileURLToPath(new URL('./refresh.child.ts', import.meta.url));
const ALL = { offset: 0, limit: 100_000 };

/** Everything that a store holds of findings. */
async function contentOf({ store }: Fleet) {
  return store.read(async ({ findings }) => ({
    history: await findings.history(null),
    lists: await findings.assessedLists(),
    vulnerabilities: await findings.vulnerabilities(null),
    recommendations: await findings.recommendations({}, ALL),
    cves: await findings.cves({}, ALL),
    scores: await findings.scores('all', ''),
    computed: await findings.computed(),
  }));
}

/** Starts a refresh and kills it at the first line that fits. @returns whether it was killed before its end */
async function killedAt(folder: string, now: string, wanted: RegExp): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, folder, now], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout }))
    if (wanted.test(line)) child.kill('SIGKILL');
  const [, signal] = await ended;
  return signal === 'SIGKILL';
}

describe('a refresh that is killed', { timeout: 300_000 }, () => {
  it('is made good by the next one', async (context) => {
    const walk = await startWalk(context);
    await walk.refresh();
    await walk.to('2024-04-10');
    await walk.sync();
    const now = walk.now();
    const open = async (folder: string): Promise<Fleet> => {
      const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
      const rules = { ...RULES, excludeTags: [{ name: 'nodeward', value: 'off' }] };
      const clock = { now: () => new Date(now) };
      const fleet = await openFleet({ workspace, clock, rules }, { create: false, url: null, sandbox: true });
      context.after(async () => {
        await fleet.store.close();
        workspace.close();
      });
      return fleet;
    };
    const copy = (): string => {
      const folder = scratch();
      for (const name of readdirSync(walk.folder).filter((each) =>
        /^(inventory|advisories|images)\.db/.test(each),
      ))
        cpSync(join(walk.folder, name), join(folder, name));
      return folder;
    };
    const undisturbed = await open(copy());
    await refreshFindings(undisturbed, quietly());
    const expected = await contentOf(undisturbed);

    const folder = copy();
    for (const wanted of [/clusters 2$/, /lists 0$/, /lists 5$/, /lists 20$/, /recommendations 0$/])
      assert.ok(await killedAt(folder, now, wanted), `it ended before ${wanted}`);
    const fleet = await open(folder);
    assert.equal((await fleet.store.findings.computed())?.at, '2024-03-01T09:00:00.000Z');
    await refreshFindings(fleet, quietly());
    assert.deepEqual(await contentOf(fleet), expected);
  });
});
