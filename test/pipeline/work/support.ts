import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openFleet, setEnabled } from '../../../src/pipeline/fleet/index.ts';
import { type RunningSandbox, runSandbox } from '../../../src/pipeline/sandbox.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { TOKENS } from '../../../src/sandbox/index.ts';
import type { Store } from '../../../src/storage/index.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { RULES, scratch } from '../fleet/support.ts';

const CHILD = fileURLToPath(new URL('process.child.ts', import.meta.url));
const DAY = 86_400_000;
const BOUND = 120_000;

/** A sandbox whose clock only moves when it is told to, in a data folder of its own. */
export async function sandboxIn(context: TestContext): Promise<RunningSandbox & { readonly folder: string }> {
  const folder = scratch();
  const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
  const running = await runSandbox(workspace, {
    ...{ start: '2024-03-01', seed: 1, port: 0, rate: 0, limits: false, fleet: 'default' },
  });
  context.after(() => running.close());
  return { ...running, folder, advance: (ms) => running.advance(ms), now: () => running.now() };
}

export const days = (count: number): number => count * DAY;

/** Another data folder on the same sandbox: what is stored there is its own. Again, it is brought to the sandbox's day. */
export function copyOf(folder: string, to: string = scratch()): string {
  for (const name of ['sandbox.json', 'advisories.db', 'images.db'])
    cpSync(join(folder, name), join(to, name), { preserveTimestamps: false });
  return to;
}

/** Where a store is: its folder, and its database where it is shared. */
export interface Kept {
  readonly folder: string;
  readonly url?: string;
}

async function withStore<T>({ folder, url }: Kept, use: (store: Store) => Promise<T>): Promise<T> {
  const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
  const fleet = await openFleet(
    { workspace, clock: { now: () => new Date('2024-03-01T00:00:00Z') }, rules: RULES },
    { create: true, sandbox: true, url: url ?? null },
  );
  try {
    return await use(fleet.store);
  } finally {
    await fleet.store.close();
    workspace.close();
  }
}

/** Has everything assessed, as a user would. */
export async function enableEverything({ folder, url }: Kept): Promise<void> {
  const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
  const fleet = await openFleet(
    { workspace, clock: { now: () => new Date('2024-03-01T00:00:00Z') }, rules: RULES },
    { create: true, sandbox: true, url: url ?? null },
  );
  await setEnabled(fleet, { scope: 'all', enabled: true, by: 'test' });
  await fleet.store.close();
  workspace.close();
}

type Content = Readonly<Record<string, readonly string[]>>;

/** Compares what two stores hold, and shows the first rows that only one of them has. */
export function assertSame(actual: Content, expected: Content): void {
  for (const part of Object.keys(expected)) {
    const [mine, theirs] = [actual[part] ?? [], expected[part] ?? []];
    const [more, less] = [without(mine, theirs), without(theirs, mine)];
    const shown = [more.slice(0, 2), less.slice(0, 2)];
    assert.deepEqual([part, more.length, less.length, shown], [part, 0, 0, [[], []]]);
    assert.equal(mine.length, theirs.length, part);
  }
}

function without(rows: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return rows.filter((row) => !known.has(row));
}

/** Everything that the work of a process leaves in a store, but for what is of each run: ids of syncs and digests. */
export function contentOf(kept: Kept): Promise<Content> {
  return withStore(kept, (store) =>
    store.read(async ({ inventory, findings, governance }) => {
      const clusters = await inventory.clusters({ gone: true });
      const history = await findings.history(null);
      const all = { offset: 0, limit: 100_000 };
      const told = await governance.audit({ action: 'notification.send' });
      const placed = history.pools.filter(lasted);
      const candidates = history.candidates.filter(lasted);
      const named = new Set([...placed, ...candidates].map(({ list }) => list));
      return {
        subscriptions: sorted(await inventory.subscriptions()),
        // Where its API answers, and up to which change it was read, differ with what was read when.
        clusters: sorted(clusters.map((each) => ({ ...each, cursor: each.cursor !== null }))),
        pools: sorted(await inventory.pools({ gone: true })),
        nodes: sorted(
          (await Promise.all(clusters.map(({ id }) => inventory.nodes({ cluster: id, gone: true })))).flat(),
        ),
        evidence: sorted(
          (await Promise.all(clusters.map(({ id }) => inventory.evidence({ cluster: id })))).flat(),
        ),
        placed: sorted(placed),
        candidates: sorted(candidates),
        findings: [...history.findings]
          .filter(([list]) => named.has(list))
          .flatMap(([list, those]) => those.map((each) => `${list} ${JSON.stringify(each)}`))
          .sort(),
        assessed: sorted(
          [...(await findings.assessedLists()).values()].filter(({ list }) => named.has(list)),
        ),
        recommendations: sorted((await findings.recommendations({}, all)).items),
        cves: sorted((await findings.cves({}, all)).items),
        scores: sorted(await findings.scores('all', '2024-01-01')),
        computed: sorted([await findings.computed()]),
        digests: sorted(told.map(({ detail }) => [detail.channel, detail.notices])),
        waiting: sorted(await governance.deliveries()),
      };
    }),
  );
}

/**
 * What began and ended at one instant says nothing of the fleet: the clock stands, and a process may look before another one
 * has the catalogue of the day.
 */
function lasted({ since, until }: { readonly since: string; readonly until: string | null }): boolean {
  return since !== until;
}

function sorted(items: readonly unknown[]): readonly string[] {
  return items.map((each) => JSON.stringify(each)).sort();
}

/** The notices that a receiver got, by the digest that brought them. */
export function toldIn(folder: string): ReadonlyMap<string, string> {
  const path = join(folder, 'told');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  const told = new Map<string, string>();
  for (const line of lines) {
    const { id, keys } = JSON.parse(line) as { readonly id: string; readonly keys: readonly string[] };
    for (const key of keys) {
      // A digest may come twice, as the same one; a notice never comes in two.
      assert.ok(told.get(key) === undefined || told.get(key) === id, `${key} was told twice`);
      told.set(key, id);
    }
  }
  return told;
}

/** A process of a role that works on a store. */
export interface Worked {
  readonly child: ChildProcess;
  readonly said: () => string;
  /** Waits until it says something. */
  says(text: string): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Lets it end. @returns its status */
  stop(): Promise<number | null>;
  readonly ended: Promise<number | null>;
}

/** Starts a process, which is killed with the test. */
export function start(
  context: Pick<TestContext, 'after'>,
  role: 'run' | 'once' | 'worker',
  { folder, url, disks = 'off' }: Kept & { readonly disks?: 'off' | 'sample' },
): Worked {
  const words = [CHILD, folder, role, url ?? '', disks];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += String(chunk);
    });
  const ended = once(child, 'exit').then(([status]) => status as number | null);
  context.after(() => void child.kill('SIGKILL'));
  return {
    child,
    said: () => said,
    ended,
    async says(text) {
      const until = Date.now() + BOUND;
      while (!said.includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null || Date.now() > until)
          throw new Error(`it never said ${text}:\n${said}`);
        await pause(10);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** How many snapshots there are in the sandbox. */
export async function snapshotsOf(sandbox: RunningSandbox): Promise<number> {
  const ask = async (path: string): Promise<readonly { readonly id: string }[]> => {
    const url = new URL(path, sandbox.url);
    // Its port answers plain HTTP too.
    url.protocol = 'http:';
    const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKENS.owner}` } });
    return ((await answer.json()) as { value: readonly { readonly id: string }[] }).value;
  };
  let count = 0;
  for (const { id } of await ask('/subscriptions?api-version=2022-12-01'))
    count += (await ask(`${id}/providers/Microsoft.Compute/snapshots?api-version=2026-03-02`)).length;
  return count;
}

/** Does what is due, once, and checks that nothing failed. */
export async function doOnce(
  context: Pick<TestContext, 'after'>,
  kept: Kept & { readonly disks?: 'off' | 'sample' },
): Promise<string> {
  const once = start(context, 'once', kept);
  assert.equal(await once.ended, 0, once.said());
  assert.ok(!once.said().includes('failed'), once.said());
  return once.said();
}
