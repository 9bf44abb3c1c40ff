import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openAdvisories, type UpdateOptions, updateAdvisories } from '../../src/advisories/index.ts';
import { silent } from '../../src/base/log.ts';
import { FIXTURES, scratch, ubuntuRecord, zip } from './helpers.ts';

const read = (path: string) => readFileSync(join(FIXTURES, path));

function archive(id: string): Buffer {
  return zip([{ name: `${id}.json`, content: JSON.stringify(ubuntuRecord(id)) }]);
}

describe('updateAdvisories', () => {
  let server: Server;
  let base: string;
  let files: Map<string, Buffer>;
  let hits: string[];
  let folder: string;
  let database: string;

  beforeEach(async () => {
    files = new Map<string, Buffer>([
      ['/Ubuntu/all.zip', archive('UBUNTU-CVE-2024-1000')],
      ['/Debian/all.zip', archive('DEBIAN-CVE-2024-2000')],
      ['/Go/all.zip', archive('GO-2024-3000')],
      ['/AlmaLinux/all.zip', archive('ALSA-2024:4000')],
      ['/Rocky%20Linux/all.zip', archive('RLSA-2024:5000')],
      ['/azurelinux-3.0-oval.xml', read('azure-linux/azurelinux-3.0-oval.xml')],
      ['/cbl-mariner-2.0-oval.xml', read('azure-linux/cbl-mariner-2.0-oval-2024-01-21.xml')],
      ['/known_exploited_vulnerabilities.json', read('cisa-kev/known_exploited_vulnerabilities.json')],
      ['/epss_scores-current.csv.gz', read('epss/epss_scores-2023-03-07.csv.gz')],
    ]);
    hits = [];
    server = createServer((request, response) => {
      const content = files.get(request.url ?? '');
      const etag = `"${content?.length}"`;
      if (content === undefined) response.writeHead(404).end();
      else if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else {
        hits.push(request.url ?? '');
        response.writeHead(200, { etag, 'content-length': content.length }).end(content);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    folder = scratch();
    database = join(folder, 'advisories.db');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Keeps the last part of the path, and the ecosystem before OSV's `all.zip`. */
  function mirror(url: string): string {
    return base + (/\/[^/]+\/all\.zip$/.exec(url)?.[0] ?? /\/[^/]+$/.exec(url)?.[0] ?? '');
  }

  function update(more: Partial<UpdateOptions> = {}) {
    const timing = { attempts: 1, backoffMs: 1 };
    return updateAdvisories({ folder, database, progress: silent, mirror, timing, ...more });
  }

  function resolves(id: string): boolean {
    const advisories = openAdvisories(database);
    try {
      return advisories.resolve(id) !== null;
    } finally {
      advisories.close();
    }
  }

  it('fetches and builds everything, and nothing again where nothing changed', async () => {
    const first = await update();
    assert.equal(first.files.length, 9);
    assert.ok(first.files.every(({ status, error }) => status === 'fetched' && error === null));
    assert.deepEqual(
      first.feeds.map(({ error }) => error),
      [null, null, null, null],
    );
    assert.deepEqual(first.feeds[0]?.sources, [
      'Ubuntu/all.zip',
      'Debian/all.zip',
      'Go/all.zip',
      'AlmaLinux/all.zip',
      'Rocky Linux/all.zip',
    ]);
    assert.ok(existsSync(join(folder, 'sources/osv/Rocky Linux/all.zip')));
    const built = statSync(database).mtimeMs;
    hits = [];
    const second = await update();
    assert.ok(second.files.every(({ status }) => status === 'unchanged'));
    assert.equal(second.build, null);
    assert.deepEqual(second.feeds, first.feeds);
    assert.deepEqual(hits, []);
    assert.equal(statSync(database).mtimeMs, built);
  });

  it('builds anew where one file changed, or the database did not see the last download', async () => {
    await update();
    files.set('/Ubuntu/all.zip', archive('UBUNTU-CVE-2024-100001'));
    hits = [];
    const changed = await update();
    assert.deepEqual(hits, ['/Ubuntu/all.zip']);
    assert.notEqual(changed.build, null);
    assert.ok(resolves('CVE-2024-100001'));
    // As after a crash between download and build: the download is newer than what was built.
    utimesSync(join(folder, 'sources/osv/Ubuntu/all.zip'), new Date(), new Date(Date.now() + 5000));
    assert.notEqual((await update()).build, null);
    writeFileSync(database, 'damaged');
    assert.notEqual((await update()).build, null);
  });

  it('reads the last download of what cannot be fetched, and says so', async () => {
    await update();
    files.delete('/Debian/all.zip');
    files.set('/known_exploited_vulnerabilities.json', Buffer.from('{}'));
    const { files: fetched, feeds } = await update();
    assert.deepEqual(
      fetched.filter(({ status }) => status === 'failed').map(({ file }) => file),
      ['Debian/all.zip'],
    );
    const [osv, azure, kev] = feeds;
    assert.match(osv?.error ?? '', /Debian.*404/);
    assert.equal(osv?.keptOld, false);
    assert.equal(azure?.error, null);
    assert.equal(kev?.keptOld, true, 'what was fetched cannot be read');
    assert.ok(resolves('CVE-2024-2000'));
    assert.notEqual((await update()).build, null, 'a build with problems is not "unchanged"');
  });

  it('keeps the old data of a feed that misses files', async () => {
    await update();
    const other = scratch();
    mkdirSync(other, { recursive: true });
    files.delete('/Debian/all.zip');
    const { feeds } = await update({ folder: other });
    assert.equal(feeds[0]?.keptOld, true);
    assert.ok(resolves('CVE-2024-2000'));
  });

  it('builds from what there is, where there is no old data', async () => {
    files.delete('/Debian/all.zip');
    const { feeds } = await update();
    assert.match(feeds[0]?.error ?? '', /404/);
    assert.equal(feeds[0]?.complete, false);
    assert.ok(resolves('CVE-2024-1000'));
    assert.ok(!resolves('CVE-2024-2000'));
  });

  it('updates single feeds and leaves the others as they are', async () => {
    await update();
    files.set(
      '/known_exploited_vulnerabilities.json',
      Buffer.concat([read('cisa-kev/known_exploited_vulnerabilities.json'), Buffer.from('\n')]),
    );
    const { feeds, build } = await update({ feeds: ['cisa-kev'] });
    assert.notEqual(build, null);
    assert.deepEqual(
      new Set(feeds.map(({ feed }) => feed)),
      new Set(['osv', 'azure-linux', 'cisa-kev', 'epss']),
    );
    assert.ok(resolves('CVE-2024-1000'));
    assert.equal((await update()).build, null, 'and they still count as built from their files');
  });

  it('fails where nothing can be fetched, with the database as it was', async () => {
    await update();
    const before = readFileSync(database);
    files.clear();
    await assert.rejects(update(), { code: 'feed-failed' });
    assert.deepEqual(readFileSync(database), before);
  });

  it('is done by one process at a time, and not hindered by a dead one', async () => {
    const running = update();
    await assert.rejects(update(), { code: 'database-busy' });
    await running;
    writeFileSync(join(folder, 'sources/.lock'), '999999999');
    await update();
    assert.ok(!existsSync(join(folder, 'sources/.lock')));
  });

  it('stops when it is told to', async () => {
    await assert.rejects(update({ signal: AbortSignal.abort() }), { code: 'interrupted' });
    assert.ok(!existsSync(database));
    assert.ok(!existsSync(join(folder, 'sources/.lock')));
  });
});
