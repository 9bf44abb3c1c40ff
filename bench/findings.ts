/**
 * Measures findings of a large fleet: the first assessment, the assessment after the advisories changed, and the lists.
 *
 *   npm run bench:findings                      1,000 nodes and 100,000 nodes, on SQLite and PostgreSQL
 *   npm run bench:findings -- sqlite            on one of the databases
 *
 * Both fleets run the same 200 real images. The change is a real one: Ubuntu's advisories of 2024-03-01 and of 2024-08-09. The
 * time of the second assessment must follow the distinct software lists, so that the large fleet may take at most twice as
 * long as the small one.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { buildPastAdvisories } from '../src/advisories/index.ts';
import { buildPastCatalogue } from '../src/evidence/images/index.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { type Cost, root } from './process.ts';

const DATABASES = ['sqlite', 'postgres'] as const;
const BEFORE = '2024-03-01';
const AFTER = '2024-08-09';
/** Clusters, pools of each, nodes of each pool. */
const SMALL = [10, 20, 5] as const;
const LARGE = [1_000, 3, 34] as const;
/** What is promised: seconds, MiB, milliseconds, and the ratio of the large fleet to the small one. */
const GOALS = { seconds: 60, mebibytes: 1024, milliseconds: 200, ratio: 2 };

const chosen = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'nodeward-bench-'));
const snapshot = (name: string): string => join(root, 'data/snapshot', name);
const advisories = (day: string): string => join(scratch, `advisories-${day}.db`);
let missed = 0;

try {
  await buildAdvisories();
  for (const database of DATABASES.filter((each) => chosen.length === 0 || chosen.includes(each)))
    await measureDatabase(database);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
line(missed === 0 ? '\nEvery goal is met.' : `\n${missed} goals are missed.`);
process.exitCode = missed === 0 ? 0 : 1;

async function buildAdvisories(): Promise<void> {
  const path = join(scratch, 'state.db');
  writeFileSync(
    path,
    zstdDecompressSync(readFileSync(join(root, `data/sandbox/ubuntu-${BEFORE}.db.zst`)), {
      maxOutputLength: 1 << 28,
    }),
  );
  const past = { current: snapshot('advisories.db'), states: [{ day: BEFORE, path }] };
  for (const day of [BEFORE, AFTER]) await buildPastAdvisories({ ...past, day, database: advisories(day) });
}

async function measureDatabase(database: (typeof DATABASES)[number]): Promise<void> {
  const server = database === 'postgres' ? await startPostgres() : null;
  try {
    line(`\n${database}`);
    const small = await measureFleet('small', SMALL, (await server?.database('small')) ?? null);
    const large = await measureFleet('large', LARGE, (await server?.database('large')) ?? null);
    const ratio = large.seconds / small.seconds;
    line(`re-assessment, large/small: ${ratio.toFixed(2)}${goal(ratio <= GOALS.ratio, `≤ ${GOALS.ratio}`)}`);
  } finally {
    await server?.stop();
  }
}

/** @returns what the assessment after the change cost */
async function measureFleet(name: string, size: readonly number[], url: string | null): Promise<Cost> {
  const folder = join(scratch, `${name}-${url === null ? 'sqlite' : 'postgres'}`);
  mkdirSync(folder);
  const place = { folder, size, url };
  await buildPastCatalogue({
    current: snapshot('images.db'),
    day: AFTER,
    catalogue: join(folder, 'images.db'),
  });
  load(folder, BEFORE);
  row(`${name}: fleet into the store`, step('fill', place));
  row(`${name}: first assessment`, step('first', place), true);
  load(folder, AFTER);
  const update = step('update', place);
  row(`${name}: after new advisories`, update, true);
  row(`${name}: nothing changed`, step('again', place), true);
  if (name === 'large') showQueries(step('queries', place));
  return update.cost;
}

function load(folder: string, day: string): void {
  writeFileSync(join(folder, 'advisories.db'), readFileSync(advisories(day)));
}

interface Place {
  readonly folder: string;
  readonly size: readonly number[];
  readonly url: string | null;
}

interface Ran {
  readonly cost: Cost;
  readonly output: string;
}

function step(name: string, { folder, size, url }: Place): Ran {
  const report = join(scratch, 'time');
  const script = join(root, 'bench/findings/step.ts');
  const words = [script, name, folder, ...size.map(String), ...(url === null ? [] : [url])];
  const run = spawnSync('/usr/bin/time', ['-o', report, '-f', '%e %M', process.execPath, ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    timeout: 1_200_000,
  });
  if (run.status !== 0) throw new Error(`${name} ended with ${run.status}: ${run.stderr.slice(-2000)}`);
  const [seconds = 0, kibibytes = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
  return { cost: { seconds, mebibytes: kibibytes / 1024 }, output: run.stdout.trim() };
}

function row(name: string, { cost: { seconds, mebibytes }, output }: Ran, judged = false): void {
  const met = seconds <= GOALS.seconds && mebibytes <= GOALS.mebibytes;
  const numbers = `${seconds.toFixed(1).padStart(6)} s ${mebibytes.toFixed(0).padStart(5)} MiB`;
  line(
    `${name.padEnd(34)} ${numbers}${judged ? goal(met, `≤ ${GOALS.seconds} s, ${GOALS.mebibytes} MiB`) : ''}`,
  );
  line(`    ${output.replaceAll('"', '').slice(0, 150)}`);
}

function showQueries({ output, cost }: Ran): void {
  for (const text of output.split('\n')) {
    const { name, p50, p99 } = JSON.parse(text) as { name: string; p50: number; p99: number };
    const met = goal(p99 <= GOALS.milliseconds, `≤ ${GOALS.milliseconds} ms`);
    line(
      `    ${name.padEnd(42)} p50 ${p50.toFixed(1).padStart(6)} ms   p99 ${p99.toFixed(1).padStart(6)} ms${met}`,
    );
  }
  line(`    ${cost.mebibytes.toFixed(0)} MiB`);
}

/** Nothing where a goal is met; else what it is. */
function goal(met: boolean, what: string): string {
  if (!met) missed++;
  return met ? '' : `   MISSED (${what})`;
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}
