/**
 * Reads every record of the development data and checks that none is lost. It takes a minute, so it is no part of
 * `npm test`: run `NODEWARD_DATA=DATA_FOLDER node test/advisories/all-records.check.ts`.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collapse } from '../../src/advisories/collapse.ts';
import { Collector } from '../../src/advisories/collector.ts';
import { encodeBody } from '../../src/advisories/database/codec.ts';
import { FEED_CODES } from '../../src/advisories/database/layout.ts';
import { rereadFeed } from '../../src/advisories/database/reread.ts';
import {
  type AdvisorySourcePath,
  buildAdvisories,
  FEEDS,
  openAdvisories,
} from '../../src/advisories/index.ts';
import type { Entry } from '../../src/advisories/types.ts';
import { formatBytes } from '../../src/base/files.ts';
import { silent } from '../../src/base/log.ts';
import type { FeedId } from '../../src/model/advisory.ts';

const SAMPLE = 20_000;

const data = process.env.NODEWARD_DATA;
if (data === undefined || data === '') {
  process.stderr.write(
    'Set NODEWARD_DATA to the folder with the development data (the one that holds advisories/).\n',
  );
  process.exit(2);
}
const folder = join(data, 'advisories');
const sources: readonly AdvisorySourcePath[] = [
  { feed: 'osv', path: join(folder, 'osv') },
  { feed: 'azure-linux', path: join(folder, 'azure-linux') },
  { feed: 'cisa-kev', path: join(folder, 'cisa-kev/known_exploited_vulnerabilities.json') },
  { feed: 'epss', path: join(folder, 'feed-samples/epss/epss_scores-2023-03-07.csv.gz') },
];
const others = ['osv-samples', 'osv-history/Ubuntu/2023-11-15.zip', 'osv-history/Ubuntu/2024-03-01.zip'];

const scratch = mkdtempSync(join(tmpdir(), 'nodeward-all-'));
try {
  await main(join(scratch, 'advisories.db'));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function main(database: string): Promise<void> {
  const start = performance.now();
  const report = await buildAdvisories({ sources, database, progress: silent });
  const seconds = (performance.now() - start) / 1000;
  const peak = process.resourceUsage().maxRSS * 1024;
  for (const status of report.feeds) {
    const { feed, records, used, covered, withdrawn, livepatch, outOfScope, superseded, badRecords } = status;
    assert.equal(status.error, null);
    const sum = used + covered + withdrawn + livepatch + outOfScope + superseded + badRecords.count;
    assert.equal(sum, records, `${feed}: every record is counted once`);
    assert.equal(badRecords.examples.length, Math.min(100, badRecords.count));
    say(
      `${feed}: ${records} records, ${used} used, ${covered} covered, ${withdrawn} withdrawn, ${livepatch} livepatch, `,
    );
    say(
      `  ${outOfScope} out of scope, ${superseded} superseded, ${badRecords.count} bad, as of ${status.asOf}\n`,
    );
    for (const { place, detail } of badRecords.examples) say(`  bad: ${place}: ${detail}\n`);
  }
  say(
    `${report.advisories} advisories, ${report.statements} statements, ${report.vulnerabilities} vulnerabilities, `,
  );
  say(`${formatBytes(report.bytes)} in ${seconds.toFixed(1)} s with ${formatBytes(peak)}\n`);
  assert.ok(report.bytes < 60e6 && seconds < 60 && peak < 1.5e9, 'within its budget');
  for (const feed of FEED_CODES) await checkFeed(feed, database);
  checkLookups(database);
  for (const path of others) await checkOther(join(folder, path));
  say('every record is accounted for\n');
}

async function entriesOf(
  feed: FeedId,
  path: string,
): Promise<{ collector: Collector; entries: readonly Entry[] }> {
  const collector = new Collector(feed, new Date().toISOString().slice(0, 10));
  await FEEDS[feed].parse(path, collector, { progress: silent, signal: null });
  return { collector, entries: collapse(feed, collector.records).entries };
}

/** What is read back from the database is what was parsed. */
async function checkFeed(feed: FeedId, database: string): Promise<void> {
  const path = sources.find((source) => source.feed === feed)?.path ?? '';
  const { collector, entries } = await entriesOf(feed, path);
  const content = rereadFeed(database, feed);
  assert.ok(content !== null);
  assert.equal(content.entries.length, entries.length);
  const step = Math.max(1, Math.floor(entries.length / SAMPLE));
  for (let index = Math.floor(Math.random() * step); index < entries.length; index += step)
    assert.deepEqual(sorted(content.entries[index]), sorted(entries[index]));
  assert.deepEqual(content.kev, collector.kev);
  assert.deepEqual(content.epss, collector.epss);
  assert.deepEqual(content.binaries, collector.binaries);
  assert.deepEqual(content.coverage, collector.coverage);
  say(`${feed}: ${entries.length} entries read back, ${Math.ceil(entries.length / step)} compared\n`);
}

function sorted(entry: Entry | undefined): unknown {
  return (
    entry && {
      ...entry,
      affected: entry.affected.map((body) => `${body.ecosystem} ${body.name} ${encodeBody(body)}`).sort(),
    }
  );
}

/** Look-ups find every package, and stay fast. */
function checkLookups(database: string): void {
  const opened = performance.now();
  const advisories = openAdvisories(database);
  const openMs = performance.now() - opened;
  const kernel = performance.now();
  const statements = advisories.affected('Ubuntu:22.04:LTS', 'linux-azure');
  const kernelMs = performance.now() - kernel;
  say(
    `opened in ${openMs.toFixed(1)} ms; the Ubuntu kernel's ${statements.length} statements in ${kernelMs.toFixed(1)} ms\n`,
  );
  assert.ok(statements.length > 20 && statements.length < 500, 'CVEs fixed together share a statement');
  assert.equal(advisories.resolve('GO-2024-2491'), 'CVE-2024-21626');
  for (const { ecosystem, name } of advisories.packagesOf('CVE-2024-21626')) {
    const keys = advisories.affected(ecosystem, name).flatMap((statement) => statement.advisories);
    assert.ok(
      keys.some((key) => advisories.advisory(key).cve === 'CVE-2024-21626'),
      `${ecosystem} ${name}`,
    );
  }
  advisories.close();
}

async function checkOther(path: string): Promise<void> {
  const { collector, entries } = await entriesOf('osv', path);
  const { count, examples } = collector.badRecords;
  assert.equal(collector.records.length + collector.supersededCount + count, collector.read);
  say(
    `${path}: ${collector.read} records, ${entries.length} entries, ${count} bad ${JSON.stringify(examples)}\n`,
  );
  assert.equal(count, 0);
}

function say(text: string): void {
  process.stdout.write(text);
}
