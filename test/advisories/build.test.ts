import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { rereadFeed } from '../../src/advisories/database/reread.ts';
import { openAdvisories } from '../../src/advisories/index.ts';
import type { NodewardError } from '../../src/base/errors.ts';
import { build, buildOsv, FIXTURES, fixture, put, scratch, ubuntuRecord, zip } from './helpers.ts';

const KEV = { feed: 'cisa-kev' as const, path: `${FIXTURES}/cisa-kev/known_exploited_vulnerabilities.json` };

function fails(pattern: RegExp) {
  return (thrown: NodewardError) => {
    assert.equal(thrown.code, 'feed-failed');
    assert.match(thrown.message, pattern);
    return true;
  };
}

describe('a feed that fails', () => {
  it('keeps what the old database holds of it, and says so', async () => {
    const folder = scratch();
    const first = await build(folder, [fixture('osv'), fixture('azure-linux'), KEV]);
    const before = rereadFeed(first.database, 'osv');
    const coverage = first.advisories.coverage;
    first.advisories.close();
    const broken = put(folder, 'broken.zip', zip([{ name: 'a.json', content: '{}' }]).subarray(0, 60));
    const second = await build(folder, [{ feed: 'osv', path: broken }, fixture('azure-linux'), KEV]);
    const [osv, azure] = second.report.feeds;
    assert.equal(osv?.keptOld, true);
    assert.notEqual(osv?.error, null);
    assert.equal(osv?.builtAt, first.report.builtAt, 'the data is as old as it was');
    assert.equal(azure?.keptOld, false);
    assert.deepEqual(second.advisories.status(), second.report.feeds);
    assert.deepEqual(second.advisories.coverage, coverage);
    const after = rereadFeed(second.database, 'osv');
    assert.deepEqual(
      { ...after, status: null, fingerprint: null },
      { ...before, status: null, fingerprint: null },
    );
    assert.equal(second.advisories.resolve('GO-2024-2491'), 'CVE-2024-21626');
    assert.deepEqual(second.advisories.sourcesOf('Ubuntu:22.04:LTS', 'openssh-server'), ['openssh']);
  });

  it('leaves the others, where there is no old database', async () => {
    const { advisories, report } = await build(scratch(), [{ feed: 'osv', path: '/no/such/folder' }, KEV]);
    assert.match(report.feeds[0]?.error ?? '', /does not exist/);
    assert.equal(report.feeds[0]?.keptOld, false);
    assert.equal(report.feeds[0]?.used, 0);
    assert.equal(advisories.exploitation('CVE-2021-44228').kev, '2021-12-10');
    assert.deepEqual(advisories.coverage, []);
  });

  it('leaves the database untouched where every feed fails', async () => {
    const folder = scratch();
    const { database, advisories } = await build(folder, [KEV]);
    advisories.close();
    const before = readFileSync(database);
    await assert.rejects(build(folder, [{ feed: 'cisa-kev', path: '/no/such/file' }]), {
      code: 'feed-failed',
    });
    assert.deepEqual(readFileSync(database), before);
    assert.deepEqual(readdirSync(folder), ['advisories.db']);
  });

  it('drops feeds that are not named', async () => {
    const folder = scratch();
    (await build(folder, [fixture('azure-linux'), KEV])).advisories.close();
    const { advisories } = await build(folder, [fixture('azure-linux')]);
    assert.equal(advisories.exploitation('CVE-2021-44228').kev, null);
    assert.equal(advisories.status().length, 1);
  });

  it('replaces a database that is damaged', async () => {
    const folder = scratch();
    put(folder, 'advisories.db', 'damaged'.repeat(1000));
    const { report } = await build(folder, [{ feed: 'osv', path: '/no/such/folder' }, KEV]);
    assert.equal(report.feeds[0]?.keptOld, false);
    assert.equal(report.feeds[1]?.used, 4);
  });
});

describe('hostile and broken OSV sources', () => {
  const good = JSON.stringify(ubuntuRecord('UBUNTU-CVE-2024-1000'));

  function fromZip(bytes: Uint8Array) {
    const folder = scratch();
    return build(folder, [{ feed: 'osv', path: put(folder, 'all.zip', bytes) }]);
  }

  it('fails on archives that are cut off, bombs, or that hold nothing of use', async () => {
    const archive = zip([{ name: 'a.json', content: good }]);
    await assert.rejects(fromZip(archive.subarray(0, archive.length - 30)), fails(/./));
    await assert.rejects(fromZip(zip([])), fails(/no OSV record/));
    await assert.rejects(fromZip(zip([{ name: 'a.txt', content: good }])), fails(/no OSV record/));
    await assert.rejects(fromZip(zip([{ name: 'a.json', content: 'no' }])), fails(/none can be read/));
    const bomb = zip([{ name: 'a.json', content: Buffer.alloc(40 << 20) }]);
    assert.ok(bomb.length < 100_000);
    await assert.rejects(fromZip(bomb), fails(/larger than the limit/));
    const lying = zip([{ name: 'a.json', content: Buffer.alloc(40 << 20), size: 100 }]);
    await assert.rejects(fromZip(lying), fails(/./));
    const many = Array.from({ length: 5 }, (_, index) => ({
      name: `${index}.json`,
      content: Buffer.alloc(20 << 20),
    }));
    await assert.rejects(
      fromZip(zip(many)),
      fails(/larger than the limit/),
      'small files, but a bomb together',
    );
  });

  it('lists bad records with their place, and keeps the others', async () => {
    const entries = [
      { name: 'good.json', content: good },
      { name: 'cut.json', content: good.slice(0, -5) },
      { name: 'latin1.json', content: Buffer.from(good.replace('openssl', 'caf\u00e9'), 'latin1') },
      { name: 'deep.json', content: '['.repeat(5_000_000) },
      {
        name: 'deep-field.json',
        content: good.replace('"affected"', `"x":${'['.repeat(1e5)}${']'.repeat(1e5)},"affected"`),
      },
      { name: 'line.json', content: `"${'x'.repeat(20_000_000)}"` },
      { name: 'list.json', content: '[]' },
      { name: 'id.json', content: good.replace('UBUNTU-CVE-2024-1000', 'two words') },
      { name: 'long.json', content: good.replace('openssl', 'x'.repeat(5000)) },
      { name: 'null.json', content: 'null' },
      { name: 'proto.json', content: good.replace('"id"', '"__proto__":{"id":"UBUNTU-CVE-2024-6666"},"x"') },
    ];
    const { report, advisories } = await fromZip(zip(entries));
    const [status] = report.feeds;
    const places = status?.badRecords.examples.map(({ place }) => place.replace(/^.*: /, ''));
    assert.deepEqual(places, [
      'cut.json',
      'latin1.json',
      'deep.json',
      'line.json',
      'list.json',
      'id.json',
      'long.json',
      'null.json',
      'proto.json',
    ]);
    assert.ok(status?.badRecords.examples.every(({ detail }) => detail.length > 0 && detail.length <= 300));
    assert.equal(status?.used, 1);
    assert.ok(advisories.knows('Ubuntu:22.04:LTS', 'openssl'));
  });

  it('keeps the list of bad records short, but counts all', async () => {
    const bad = Array.from({ length: 150 }, (_, index) => ({ name: `${index}.json`, content: '{}' }));
    const { report } = await fromZip(zip([{ name: 'good.json', content: good }, ...bad]));
    assert.equal(report.feeds[0]?.badRecords.count, 150);
    assert.equal(report.feeds[0]?.badRecords.examples.length, 100);
  });

  it('fails where nothing is stated', async () => {
    await assert.rejects(
      buildOsv([ubuntuRecord('UBUNTU-CVE-2024-1000', { withdrawn: '2024-01-01T00:00:00Z' })]),
      fails(/none of the 1 records states anything/),
    );
  });
});

describe('a build that is interrupted', () => {
  it('leaves the old database', async () => {
    const folder = scratch();
    const { database, advisories } = await build(folder, [KEV]);
    advisories.close();
    const before = readFileSync(database);
    const interrupt = new AbortController();
    const progress = { step: () => interrupt.abort(), end() {} };
    const sources = [fixture('azure-linux'), KEV];
    await assert.rejects(build(folder, sources, { progress, signal: interrupt.signal }), {
      code: 'interrupted',
    });
    assert.deepEqual(readFileSync(database), before);
    assert.deepEqual(readdirSync(folder), ['advisories.db']);
  });

  it('leaves the old database whenever the process is killed', async () => {
    const folder = scratch();
    const { database, advisories } = await build(folder, [KEV]);
    advisories.close();
    const before = readFileSync(database);
    const index = fileURLToPath(new URL('../../src/advisories/index.ts', import.meta.url));
    const script = join(folder, 'build.ts');
    writeFileSync(
      script,
      `import { buildAdvisories } from ${JSON.stringify(index)};
      const progress = { step: (label: string) => { if (label.startsWith('Writing')) process.stdout.write('writing'); }, end() {} };
      const sources = ${JSON.stringify([fixture('osv'), fixture('azure-linux')])};
      await buildAdvisories({ sources, database: ${JSON.stringify(database)}, progress,
        keep: () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); return true; } } as never);`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    assert.deepEqual(readFileSync(database), before);
    assert.ok(
      readdirSync(folder).some((name) => name.includes('.aside-')),
      'it died while writing',
    );
    const again = await build(folder, [fixture('azure-linux')]);
    assert.equal(again.report.feeds[0]?.error, null);
    assert.ok(
      !readdirSync(folder).some((name) => /\.aside-\d+-[0-9a-f]+$/.test(name)),
      'its rest was removed',
    );
    openAdvisories(database).close();
  });
});
