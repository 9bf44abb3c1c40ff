import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FEED_CODES } from '../../src/advisories/database/layout.ts';
import { FEEDS } from '../../src/advisories/index.ts';
import type { FeedRecord, FeedSink } from '../../src/advisories/types.ts';
import { NodewardError } from '../../src/base/errors.ts';
import { silent } from '../../src/base/log.ts';
import type { FeedId } from '../../src/model/advisory.ts';
import { FIXTURES, put, scratch } from './helpers.ts';

const SAMPLES: Readonly<Record<FeedId, string>> = {
  osv: 'osv',
  'azure-linux': 'azure-linux',
  'cisa-kev': 'cisa-kev/known_exploited_vulnerabilities.json',
  epss: 'epss/epss_scores-2023-03-07.csv.gz',
};

class Recorder implements FeedSink {
  readonly sources: (readonly [string, string | null])[] = [];
  readonly records: FeedRecord[] = [];
  readonly facts: unknown[] = [];
  source(name: string, asOf: string | null): void {
    this.sources.push([name, asOf]);
  }
  record(record: FeedRecord): void {
    assert.ok(this.sources.length > 0, 'a source is named before its records');
    this.records.push(record);
  }
  bad(place: string, detail: string): void {
    this.facts.push([place, detail]);
  }
  superseded(): void {}
  announced(): void {}
  exploited(cve: string, day: string): void {
    assert.ok(this.sources.length > 0);
    this.facts.push([cve, day]);
  }
  scored(cve: string, score: number, percentile: number): void {
    this.facts.push([cve, score, percentile]);
  }
}

async function parse(feed: FeedId, path: string): Promise<Recorder> {
  const recorder = new Recorder();
  await FEEDS[feed].parse(path, recorder, { progress: silent, signal: null });
  return recorder;
}

assert.deepEqual(Object.keys(FEEDS).sort(), [...FEED_CODES].sort(), 'every feed has a code in the database');

for (const feed of FEED_CODES) {
  describe(`feed ${feed}`, () => {
    const sample = join(FIXTURES, SAMPLES[feed]);

    it('has an id, a title and https sources with distinct, relative files', () => {
      const { id, title, upstream } = FEEDS[feed];
      assert.equal(id, feed);
      assert.ok(title.length > 0);
      assert.ok(upstream.length > 0);
      for (const { url, file, maxBytes } of upstream) {
        assert.equal(new URL(url).protocol, 'https:');
        assert.match(file, /^[\w][\w .-]*(\/[\w][\w .-]*)*$/);
        assert.ok(maxBytes > 0);
      }
      assert.equal(new Set(upstream.map(({ file }) => file)).size, upstream.length);
    });

    it('reads its sample the same way each time', async () => {
      const one = await parse(feed, sample);
      const other = await parse(feed, sample);
      assert.ok(one.records.length + one.facts.length > 0);
      assert.deepEqual(one, other);
    });

    it('states well-formed things', async () => {
      const { records } = await parse(feed, sample);
      for (const record of records) {
        if (record.kind !== 'statement') continue;
        const { id, cves, aliases, published, affected } = record.statement;
        assert.match(id, /^[\w.:+-]+$/);
        for (const cve of cves) assert.match(cve, /^CVE-\d{4}-\d{4,}$/);
        for (const alias of aliases) assert.doesNotMatch(alias, /^CVE-/);
        assert.ok(published === null || /^\d{4}-\d{2}-\d{2}$/.test(published));
        assert.ok(affected.length > 0);
        for (const { body } of affected) {
          assert.notEqual(body.name, '');
          assert.ok(body.ranges.length + body.versions.length > 0, id);
        }
      }
    });

    it('fails with a catalogued error where there is nothing to read', async () => {
      const folder = scratch();
      const paths = [
        join(folder, 'none'),
        put(folder, 'empty.json', ''),
        put(folder, 'empty.xml', ''),
        put(folder, 'zeros.bin', Buffer.alloc(4096)),
      ];
      for (const path of paths)
        await assert.rejects(
          parse(feed, path),
          (thrown) => thrown instanceof NodewardError && thrown.code !== 'internal',
        );
    });

    it('stops when it is told to', async () => {
      const signal = AbortSignal.abort();
      const recorder = new Recorder();
      await FEEDS[feed].parse(sample, recorder, { progress: silent, signal }).catch(() => undefined);
      assert.ok(recorder.records.length <= 1);
    });
  });
}
