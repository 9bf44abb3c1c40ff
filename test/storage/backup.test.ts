import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { before, describe, it } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { NodewardError } from '../../src/base/errors.ts';
import { AUDIT_START, auditHash } from '../../src/model/audit-hash.ts';
import { KEPT } from '../../src/storage/backup/tables.ts';
import {
  type DumpOptions,
  dumpStore,
  openStore,
  restoreStore,
  type StorePlace,
} from '../../src/storage/index.ts';
import { noPostgres } from '../support/postgres.ts';
import { finding, recommendation, rollup } from './findings-support.ts';
import { delivery, entry, exemption, task } from './governance-support.ts';
import { postgresPeer } from './postgres-support.ts';
import { pathOf, sqlitePeer } from './sqlite-support.ts';
import {
  cluster,
  code,
  day,
  evidence,
  list,
  node,
  type Peer,
  pool,
  SUBSCRIPTION,
  scratch,
} from './support.ts';

const one = cluster('one', { name: 'naïve "one"\n' });
const np1 = pool(one, 'np1');
const OPTIONS: DumpOptions = {
  sandbox: false,
  version: '1.2.3',
  at: day(1),
  signal: new AbortController().signal,
};
const sqlite = sqlitePeer();

/** Puts something into every table. */
async function fill(place: StorePlace): Promise<void> {
  const store = await openStore(place, { create: true, sandbox: false });
  await store.write(async ({ inventory, findings, governance }) => {
    await inventory.putSubscription(SUBSCRIPTION, day(1));
    await inventory.putCluster(one, day(1));
    await inventory.putPools(one.id, [np1], day(1));
    await inventory.putNodes([node(np1, 1), node(np1, 2, { ready: null })], day(1));
    await inventory.putSoftware('sha256:1', list('1'));
    await inventory.putEvidence([evidence(node(np1, 1))]);
    const reason = { code: 'scan-failed', detail: 'a', remedy: 'b' } as const;
    await inventory.putScanFailure({ node: node(np1, 2).id, at: day(1), reason });
    await inventory.putEnablement({ scope: 'all', enabled: true, at: day(1), by: 'alice' });
    await inventory.beginSync(day(1));
    const found = Array.from({ length: 2500 }, (_, index) => finding(`CVE-2024-${index}`));
    const assessment = { list: 'sha256:1', revision: 'r', at: day(1), gaps: [] };
    await findings.putAssessment({ ...assessment, findings: found });
    await findings.putPoolLists(np1.id, [{ list: 'sha256:1', nodes: 2 }], day(1));
    await findings.putCandidates(np1.id, new Map([['newest', { image: 'i', list: null }]]), day(1));
    const epss = { score: 0.1 + 0.2, percentile: 1e-7 };
    const known = { aliases: [], cvss: [], published: null, kev: null };
    await findings.putVulnerabilities([{ cve: 'CVE-2024-1', ...known, epss }]);
    await findings.putRecommendations([recommendation(1, { risk: 12.5 })]);
    await findings.putCves([rollup('CVE-2024-1')]);
    const counts = { healthy: 0, unhealthy: 1, notAssessed: 0, open: 1, available: 1, overdue: 0 };
    await findings.putScores([{ scope: 'all', day: '2024-03-01', score: 33.3, ...counts }]);
    await findings.putComputed({ at: day(1), revision: 'r', asOf: {}, exemptions: {} });
    await governance.putExemption(exemption(1));
    await governance.putOwnerRule({ id: 'o-1', order: 1, by: 'tag', key: 'team', owner: null });
    await governance.putPolicy(await governance.policy());
    for (const subject of ['a', 'b', 'c']) await governance.appendAudit(entry({ subject }));
    await governance.putDelivery(delivery('d1'), ['k1']);
    await governance.putTask(task());
  });
  await store.close();
}

/** What a store holds, whole and as it is written: a backup of it, unpacked. */
async function textOf(place: StorePlace): Promise<string> {
  const path = join(scratch(), 'a.backup');
  await dumpStore(place, path, OPTIONS);
  return zstdDecompressSync(readFileSync(path)).toString();
}

/** Writes a backup with these lines. */
function written(lines: readonly string[]): string {
  const path = join(scratch(), 'a.backup');
  writeFileSync(path, zstdCompressSync(lines.map((line) => `${line}\n`).join('')));
  return path;
}

/** Runs the checks that hold for a restored store of any database. */
function restoring(peer: Peer): void {
  it(`restores all of it to ${peer.database}, and counts on behind it`, async () => {
    const from = await sqlite.place(`full-for-${peer.database}`);
    await fill(from);
    const path = join(scratch(), 'a.backup');
    const rows = await dumpStore(from, path, OPTIONS);
    const to = await peer.place('restored');
    assert.deepEqual(await restoreStore(to, path, OPTIONS), { at: day(1), version: '1.2.3', rows });
    const [before, after] = await Promise.all(
      [from, to].map((place) => openStore(place, { create: false, sandbox: false })),
    );
    assert.ok(before !== undefined && after !== undefined);
    assert.equal(after.installation, before.installation);
    assert.deepEqual(await after.inventory.clusters(), await before.inventory.clusters());
    assert.deepEqual(await after.findings.history(null), await before.findings.history(null));
    assert.deepEqual(await after.inventory.software('sha256:1'), list('1'));
    await after.write(async ({ inventory, governance, findings }) => {
      assert.equal(await inventory.beginSync(day(2)), 2);
      await inventory.putNodes([node(np1, 3)], day(2));
      await inventory.putSoftware('sha256:2', list('2'));
      const other = {
        list: 'sha256:2',
        revision: 'r',
        at: day(1),
        findings: [finding('CVE-1', 'low', { fixed: '7' })],
      };
      await findings.putAssessment({ ...other, gaps: [] });
      await governance.appendAudit(entry({ action: 'store.restore' }));
    });
    assert.equal((await after.inventory.nodes({ pool: np1.id })).length, 3);
    let previous = AUDIT_START;
    const events = await after.governance.audit();
    assert.equal(events.length, 4);
    for (const event of events) {
      assert.equal(event.previous, previous);
      previous = auditHash(event, event.sequence, previous);
      assert.equal(event.hash, previous);
    }
    await Promise.all([before, after].map((store) => store.close()));
  });

  it(`puts nothing into ${peer.database} where a backup is not whole`, async () => {
    const from = await sqlite.place(`damaged-for-${peer.database}`);
    await fill(from);
    const lines = (await textOf(from)).split('\n').slice(0, -1);
    const at = (start: string): number => lines.findIndex((line) => line.startsWith(start));
    const changed = (index: number, line: string): readonly string[] => lines.with(index, line);
    const trailer = lines.at(-1) ?? '';
    const damaged: Readonly<Record<string, readonly string[]>> = {
      'cut off': lines.slice(0, -1),
      'cut off in a table': lines.slice(0, at('{"table":"candidate"')),
      'a row is missing': lines.toSpliced(at('{"table":"list_finding"') + 1, 1),
      'a row is altered': changed(at('{"table":"owner_rule"') + 1, '["team","o-1","mallory",1,"tag"]'),
      'a table is missing': lines.filter((line) => !line.startsWith('{"table":"told"')),
      'a table of another name': changed(
        at('{"table":"told"'),
        '{"table":"sqlite_schema","columns":["name"]}',
      ),
      'a column of another name': changed(
        at('{"table":"told"'),
        '{"table":"told","columns":["channel","delivery","x"]}',
      ),
      'a row too short': changed(at('{"table":"told"') + 1, '["slack"]'),
      'a row that fits nowhere': changed(
        at('{"table":"assessment"') + 1,
        `["${day(1)}","${day(1)}","[]","","r",99]`,
      ),
      'a value of another kind': changed(at('{"table":"told"') + 1, '["slack",{"a":1},"k1"]'),
      'bytes that are none': changed(at('{"table":"software"') + 1, '[1,1,"sha256:1",0,"deb",1,null,1,1]'),
      'no JSON': changed(at('{"table":"told"') + 1, '["slack'),
      'something behind its end': [...lines, trailer],
      'another trailer': changed(lines.length - 1, trailer.replace('"subscription":1', '"subscription":2')),
    };
    const to = await peer.place('stays-empty');
    for (const [what, each] of Object.entries(damaged))
      await assert.rejects(restoreStore(to, written(each), OPTIONS), code('input-malformed'), what);
    const nowhere = written(damaged['a row that fits nowhere'] ?? []);
    await assert.rejects(restoreStore(to, nowhere, OPTIONS), /rows of assessment do not fit/);
    await assert.rejects(openStore(to, { create: false, sandbox: false }), code('store-missing'));
    await restoreStore(to, written(lines), OPTIONS);
  });

  it(`restores only into an empty store of its kind on ${peer.database}`, async () => {
    const from = await sqlite.place(`kinds-for-${peer.database}`);
    await fill(from);
    const path = join(scratch(), 'a.backup');
    await dumpStore(from, path, OPTIONS);
    const to = await peer.place('taken');
    await restoreStore(to, path, OPTIONS);
    await assert.rejects(restoreStore(to, path, OPTIONS), (thrown) => {
      assert.ok(code('usage')(thrown));
      assert.match((thrown as NodewardError).message, /is not empty$/);
      return true;
    });
    const sandbox = await peer.place('sandbox');
    await assert.rejects(restoreStore(sandbox, path, { ...OPTIONS, sandbox: true }), code('store-unusable'));
    await assert.rejects(openStore(sandbox, { create: false, sandbox: true }), code('store-missing'));
  });
}

describe('a backup', { timeout: 120_000 }, () => {
  let place: StorePlace;
  before(async () => {
    place = await sqlite.place('backup');
    await fill(place);
  });

  it('has something of every table, for these tests', async () => {
    const lines = (await textOf(place)).split('\n').slice(0, -1);
    const { rows } = JSON.parse(lines.at(-1) ?? '') as { rows: Record<string, number> };
    assert.deepEqual(Object.keys(rows), Object.keys(KEPT));
    assert.deepEqual(
      Object.keys(KEPT).filter((table) => rows[table] === 0),
      [],
    );
  });

  it('goes through every table in the order of its key, behind those that its rows refer to', async () => {
    const rows = await sqlite.run(
      place,
      `SELECT m.name AS "table", c.name AS "column" FROM sqlite_schema m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.pk > 0 ORDER BY m.name, c.pk`,
    );
    const keys = Map.groupBy(rows, (row) => String(row.table));
    const names = Object.keys(KEPT);
    assert.deepEqual([...keys.keys()].filter((name) => name !== 'meta').sort(), names.toSorted());
    for (const [name, { key }] of Object.entries(KEPT))
      assert.deepEqual(
        keys.get(name)?.map(({ column }) => column),
        key,
        name,
      );
    const references = await sqlite.run(
      place,
      'SELECT m.name AS "from", f."table" AS "to" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f',
    );
    assert.ok(references.length > 5);
    for (const { from, to } of references)
      assert.ok(names.indexOf(String(from)) > names.indexOf(String(to)), `${from} refers to ${to}`);
  });

  it('is a file for its owner alone, and tells how far it is', async () => {
    const path = join(scratch(), 'deep', 'a.backup');
    const told: number[] = [];
    const rows = await dumpStore(place, path, { ...OPTIONS, progress: (count) => told.push(count) });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(told.at(-1), rows);
    assert.deepEqual(
      told,
      [...told].sort((a, b) => a - b),
    );
    assert.deepEqual(readdirSync(dirname(path)), ['a.backup']);
  });

  it('that is interrupted leaves the one before', async () => {
    const path = join(scratch(), 'a.backup');
    writeFileSync(path, 'before');
    const stop = new AbortController();
    const stopped = dumpStore(place, path, {
      ...OPTIONS,
      signal: stop.signal,
      progress: () => stop.abort(new NodewardError('interrupted', 'interrupted')),
    });
    await assert.rejects(stopped, code('interrupted'));
    assert.equal(readFileSync(path, 'utf8'), 'before');
    assert.deepEqual(readdirSync(dirname(path)), ['a.backup']);
  });

  it('is of one instant, whatever is written meanwhile', async () => {
    const before = await textOf(place);
    const store = await openStore(place, { create: false, sandbox: false });
    const path = join(scratch(), 'a.backup');
    let written: Promise<unknown> = Promise.resolve();
    let first = true;
    await dumpStore(place, path, {
      ...OPTIONS,
      progress: () => {
        if (first)
          written = store.write(({ governance }) => governance.appendAudit(entry({ subject: 'late' })));
        first = false;
      },
    });
    await written;
    await store.close();
    assert.equal(zstdDecompressSync(readFileSync(path)).toString(), before);
  });

  it('of no store is none', async () => {
    const path = join(scratch(), 'a.backup');
    await assert.rejects(dumpStore(await sqlite.place('nothing'), path, OPTIONS), code('store-missing'));
    await assert.rejects(dumpStore(place, path, { ...OPTIONS, sandbox: true }), code('store-unusable'));
    assert.ok(!existsSync(path));
    await assert.rejects(dumpStore(place, scratch(), OPTIONS), code('file-unwritable'));
  });

  it('is refused where it is none, or not whole, before any store is made', async () => {
    const path = join(scratch(), 'a.backup');
    await dumpStore(place, path, OPTIONS);
    const bytes = readFileSync(path);
    const text = join(scratch(), 'text');
    writeFileSync(text, 'no backup at all');
    const empty = join(scratch(), 'empty');
    writeFileSync(empty, '');
    const header = zstdDecompressSync(bytes).toString().split('\n')[0] ?? '';
    const long = join(scratch(), 'long');
    writeFileSync(long, zstdCompressSync(Buffer.alloc(80 << 20, 0x20)));
    const cases: readonly (readonly [string, string])[] = [
      [join(scratch(), 'nowhere'), 'file-not-found'],
      [scratch(), 'file-unreadable'],
      [text, 'input-malformed'],
      [empty, 'input-malformed'],
      [written(['{"a":1}']), 'input-malformed'],
      [written(['[]']), 'input-malformed'],
      [written([header.replace(/"installation":"[^"]*"/, '"installation":"x"')]), 'input-malformed'],
      [written([header.replace('"layout":', '"layout":9')]), 'store-unusable'],
      [written([header.replace(/"layout":\d+/, '"layout":1')]), 'store-unusable'],
      [written([header.replace('"format":1', '"format":2')]), 'store-unusable'],
      [long, 'input-too-large'],
    ];
    const to = await sqlite.place('not-made');
    for (const [from, wanted] of cases)
      await assert.rejects(restoreStore(to, from, OPTIONS), code(wanted), `${from} ${wanted}`);
    assert.ok('path' in to && !existsSync(to.path));
    const cut = join(scratch(), 'cut');
    for (const part of [0.3, 0.7, 0.99]) {
      writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * part)));
      await assert.rejects(restoreStore(to, cut, OPTIONS), code('input-malformed'), `${part}`);
    }
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(damaged.length >> 1) ^ 0xff, damaged.length >> 1);
    writeFileSync(cut, damaged);
    await assert.rejects(restoreStore(to, cut, OPTIONS), code('input-malformed'));
  });

  it('is never written over the store itself, by whatever name, nor over a folder', async () => {
    const own = pathOf(place);
    const link = join(scratch(), 'link.db');
    symlinkSync(own, link);
    await assert.rejects(dumpStore(place, scratch(), OPTIONS), (thrown) => {
      assert.ok(code('file-unwritable')(thrown));
      assert.match(String(thrown), /nodeward-storage-\S+ cannot be written: EISDIR/);
      return true;
    });
    for (const path of [own, `${own}-wal`, join(dirname(own), '.', basename(own)), relative('.', own), link])
      await assert.rejects(dumpStore(place, path, OPTIONS), code('usage'), path);
    const store = await openStore(place, { create: false, sandbox: false });
    assert.equal((await store.inventory.counts()).nodes, 2);
    await store.close();
  });

  it('that is interrupted while it is restored leaves the store empty', async () => {
    const path = join(scratch(), 'a.backup');
    await dumpStore(place, path, OPTIONS);
    const to = await sqlite.place('interrupted');
    const stop = new AbortController();
    const stopped = restoreStore(to, path, {
      ...OPTIONS,
      signal: stop.signal,
      progress: () => stop.abort(new NodewardError('interrupted', 'interrupted')),
    });
    await assert.rejects(stopped, code('interrupted'));
    await restoreStore(to, path, OPTIONS);
  });

  restoring(sqlite);
});

describe('a backup on PostgreSQL', { skip: noPostgres(), timeout: 300_000 }, () => {
  const peer = postgresPeer();
  restoring(peer);

  it('is the same from either database', async () => {
    const from = await sqlite.place('round');
    await fill(from);
    const path = join(scratch(), 'a.backup');
    await dumpStore(from, path, OPTIONS);
    const middle = await peer.place('round');
    await restoreStore(middle, path, OPTIONS);
    const second = join(scratch(), 'b.backup');
    await dumpStore(middle, second, OPTIONS);
    const end = await sqlite.place('round-end');
    await restoreStore(end, second, OPTIONS);
    const text = await textOf(from);
    assert.equal(await textOf(middle), text);
    assert.equal(await textOf(end), text);
  });
});
