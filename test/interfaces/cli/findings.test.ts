import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratch } from '../../advisories/helpers.ts';
import { type Ran, run as runIn } from './support.ts';

const BIN = fileURLToPath(new URL('../../../bin/nodeward', import.meta.url));

/** Has a fix that only some regions offer on 2024-03-01, in every pool of Ubuntu 22.04. */
const CVE = 'CVE-2023-51781';
const POOL = 'shop-weu/web';

/** Starts a sandbox whose clock stands. */
async function start(dir: string): Promise<ChildProcess> {
  const child = spawn(BIN, ['sandbox', '--rate', '0', '--data-dir', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(said)));
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('until Ctrl-C')) resolve();
    });
  });
  return child;
}

/** One thing of a list in JSON; what a test looks at is compared with what is expected. */
type Item = Readonly<Record<string, unknown>> & {
  readonly counts: {
    readonly open: number;
    readonly exempted: number;
    readonly byFix: Readonly<Record<string, number>>;
  };
  readonly findings: readonly Item[];
  readonly life: Item;
};

describe('what is found in a sandbox', { timeout: 300_000 }, () => {
  const dir = scratch();
  let sandbox: ChildProcess;
  const run = (...words: readonly string[]): Promise<Ran> =>
    runIn([...words, '--data-dir', dir, '--sandbox']);
  async function ok(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await run(...words);
    assert.equal(status, 0, `${words.join(' ')}: ${stderr}`);
    return stdout;
  }
  async function json(
    ...words: readonly string[]
  ): Promise<Readonly<Record<string, readonly Item[]>> & { readonly total: number }> {
    return JSON.parse(await ok(...words, '--format', 'json'));
  }
  async function rows(...words: readonly string[]): Promise<readonly string[]> {
    return (await ok(...words, '--format', 'csv')).trimEnd().split('\r\n').slice(1);
  }

  before(async () => {
    sandbox = await start(dir);
    await ok('sync', '--quiet');
    await ok('enable', 'all', '--quiet');
    await ok('sync', '--disks', 'sample', '--quiet');
  });
  after(() => void sandbox.kill('SIGKILL'));

  it('has a recommendation for each pool, the most urgent first, and says how many there are', async () => {
    const { recommendations = [], total, currency } = await json('recommendations');
    assert.equal(recommendations.length, total, 'JSON has all');
    assert.deepEqual(currency, { at: '2024-03-01T09:00:00.000Z', behind: null });
    const risks = recommendations.map((each) => (each.risk as { score: number }).score);
    assert.deepEqual(
      risks,
      risks.toSorted((a, b) => b - a),
    );
    const text = await ok('recommendations', '--limit', '3');
    assert.match(
      text,
      new RegExp(
        `^3 of ${total} recommendations shown: \\d+ unhealthy, \\d+ not assessed, \\d+ healthy\\. `,
        'm',
      ),
    );
    assert.equal((await rows('recommendations')).length, total);
  });

  it('is filtered the same way in all forms', async () => {
    for (const filter of [
      ['--kind', 'auto-upgrade', '--state', 'unhealthy'],
      ['--fix', 'available', '--severity', 'high'],
      ['--kev', '--subscription', 'Contoso Production'],
      ['--cluster', 'shop-weu', '--search', 'WEB'],
    ]) {
      const { recommendations = [], total } = await json('recommendations', ...filter);
      assert.ok(total > 0 && total < 60, filter.join(' '));
      assert.equal((await rows('recommendations', ...filter)).length, recommendations.length);
      assert.match(
        await ok('recommendations', ...filter, '--limit', '1'),
        new RegExp(`^1 (of ${total} )?recommendation`, 'm'),
      );
    }
    assert.match(await ok('recommendations', '--overdue'), /^No recommendation is so\.$/m);
    const wrong = await run('recommendations', '--cluster', 'Contoso Production');
    assert.deepEqual([wrong.status, /is a subscription, not a cluster/.test(wrong.stderr)], [5, true]);
  });

  it('rolls up by cluster, subscription and fleet, with a score', async () => {
    for (const [by, count] of [
      ['cluster', 9],
      ['subscription', 3],
      ['fleet', 1],
    ] as const) {
      assert.equal((await rows('recommendations', '--by', by)).length, count);
      assert.match(await ok('recommendations', '--by', by), /^NAME +SCORE /m);
    }
    assert.match(
      await ok('recommendations', '--by', 'cluster'),
      /^loadtest-wus2 +not known /m,
      'nothing is known of it',
    );
  });

  it('shows one recommendation, by its id or its pool', async () => {
    const byPool = await ok('recommendations', POOL);
    const [, id = ''] =
      /^(r-[0-9a-f]{8}) {2}AKS nodes should have vulnerability findings resolved$/m.exec(byPool) ?? [];
    assert.equal(await ok('recommendations', id), byPool);
    assert.match(byPool, /^What to do\n {2}→ \d+ findings go away with AKSUbuntu-2204gen2containerd-/m);
    assert.match(byPool, /^Risk \d+ of 100, of its worst open finding$/m);
    const { findings = [] } = await json('recommendations', POOL);
    assert.equal((await rows('recommendations', POOL)).length, findings.length);
    const unknown = await run('recommendations', 'r-00000000');
    assert.deepEqual(
      [unknown.status, /There is no recommendation r-00000000/.test(unknown.stderr)],
      [5, true],
    );
  });

  it('lists CVEs of every scope with the same total in all forms, and says how far that goes', async () => {
    for (const scope of [[], ['Contoso Production'], ['shop-weu'], [POOL]]) {
      const { findings = [], total } = await json('findings', ...scope);
      assert.equal(findings.length, total);
      assert.equal((await rows('findings', ...scope)).length, total);
      const text = await ok('findings', ...scope, '--limit', '5');
      assert.match(text, new RegExp(`^5 of ${total.toLocaleString('en')} (CVEs|findings) shown\\.`, 'm'));
      assert.match(text, /only partly assessed.*`nodeward coverage.* --sandbox` says why\./s);
    }
  });

  it('is not clean where nothing is known', async () => {
    const text = await ok('findings', 'loadtest-wus2');
    assert.match(text, /^Nothing is known: no pool is assessed\.\nOf 2 pools, 2 not assessed: /m);
    assert.match(
      await ok('recommendations', 'loadtest-wus2/system'),
      /^Findings +none is known; not all of its software was assessed$/m,
    );
  });

  it('shows a CVE with everything that has it and every image that is without it', async () => {
    const detail = (await json('cve', CVE)) as unknown as {
      readonly pools: readonly {
        readonly life: { readonly nodes: number };
        readonly nodes: readonly string[];
        readonly clusterName: string;
      }[];
      readonly rollup: { readonly pools: number };
    };
    assert.equal(detail.pools.length, detail.rollup.pools);
    assert.ok(detail.pools.every(({ life, nodes }) => life.nodes === nodes.length));
    assert.equal((await rows('cve', CVE)).length, detail.pools.length);
    const text = await ok('cve', CVE);
    assert.match(text, /^ {2}shop-weu\/web +open .* not in region /m);
    assert.match(
      text,
      /^ {2}AKSUbuntu-2204gen2containerd +fixed\n {4}fixed in +AKSUbuntu-2204gen2containerd-202402\.26\.0/m,
    );
    assert.match(text, /5\.15\.0-1053\.61 < 5\.15\.0-1057\.65 \(deb\)/, 'why');
    const nowhere = await ok('cve', 'CVE-2014-0160');
    assert.match(nowhere, /^Fleet +It was not found in any pool\. Of 26 pools, /m);
    assert.equal((await run('cve', 'nonsense')).status, 2);
  });

  it('exempts findings, which are then counted apart until they are not exempted any more', async () => {
    const countsOf = async () => {
      const { recommendation } = (await json('recommendations', POOL)) as unknown as { recommendation: Item };
      return recommendation.counts;
    };
    const before = await countsOf();
    const added = await ok(
      ...['exempt', 'add', '--cve', CVE, '--scope', POOL, '--reason', 'mitigated', '--expires', '30d'],
      ...['--justification', 'No local users'],
    );
    const [, id = ''] = /^Exemption (x-[0-9a-f]{8}) counts from now on\.$/m.exec(added) ?? [];
    assert.match(
      added,
      /^ {2}CVE-2023-51781, shop-weu\/web, AKSUbuntu-2204gen2containerd, until 2024-03-31: suppresses 1 finding$/m,
    );
    const after = await countsOf();
    assert.deepEqual([after.open, after.exempted], [before.open - 1, before.exempted + 1]);
    assert.match(await ok('findings', POOL, '--status', 'exempted'), new RegExp(`${CVE} .*exempted ${id}`));
    assert.match(
      (await rows('exempt'))[0] ?? '',
      new RegExp(`^${id},active,mitigated,${CVE},,,,shop-weu/web,`),
    );
    assert.match(await ok('exempt', 'withdraw', id), /does not count any more/);
    assert.deepEqual(await countsOf(), before);
    assert.match(await ok('exempt'), /^Nothing is exempted\. `nodeward exempt add --sandbox` does/m);
    assert.match((await rows('exempt', '--all'))[0] ?? '', new RegExp(`^${id},withdrawn,`));
    assert.equal((await run('exempt', 'withdraw', id)).status, 2);
    assert.equal((await run('exempt', 'withdraw', 'x-00000000')).status, 5);
  });

  it('imports OpenVEX, says what it left out, and changes nothing the second time', async () => {
    const file = join(dir, 'vendor.openvex.json');
    const statement = {
      vulnerability: { name: CVE },
      products: [{ '@id': 'pkg:generic/AKSUbuntu-2204gen2containerd@202401.17.1' }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
    };
    const document = {
      ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'https://contoso.example/vex/1', version: 1 },
      ...{ author: 'Contoso', timestamp: '2024-02-20T00:00:00Z' },
      statements: [statement, { ...statement, status: 'perhaps' }],
    };
    writeFileSync(file, JSON.stringify(document));
    const first = await ok('exempt', 'import', file);
    assert.match(first, /: 1 statement new, 0 unchanged, 0 withdrawn, 1 left out\.$/m);
    assert.match(first, /^ {2}left out: statements\[1\]/m);
    assert.match(
      await ok('exempt', 'import', file),
      /: 0 statements new, 1 unchanged, 0 withdrawn, 1 left out\.$/m,
    );
    assert.match(await ok('exempt'), /not_affected \(VEX\)|^x-[0-9a-f]{8} +active /m);
    const broken = join(dir, 'broken.json');
    writeFileSync(broken, '{"@context": ');
    const { status, stderr } = await run('exempt', 'import', broken);
    assert.deepEqual([status, stderr.includes(broken)], [3, true]);
  });

  it('says who owns what', async () => {
    assert.match(await ok('owners'), /^No rule says who owns what: `nodeward owners add/m);
    const added = await ok('owners', 'add', '--tag', 'OWNER');
    assert.match(added, /^Rule o-[0-9a-f]{8} says who owns 8 pools\.$/m);
    await ok('owners', 'add', '--scope', 'all', '--owner', 'cloud@contoso.example');
    const listed = await rows('owners');
    assert.deepEqual(
      listed.map((row) => row.split(',').at(-1)),
      ['8', '18'],
    );
    assert.match(await ok('owners'), /^26 pools with an owner, 0 without\.$/m);
    const { total } = await json(
      'recommendations',
      '--owner',
      'platform@contoso.example',
      '--kind',
      'vulnerabilities',
    );
    assert.ok(total > 0, 'the recommendations have owners at once');
    const id = listed[1]?.split(',')[1] ?? '';
    await ok('owners', 'remove', id);
    assert.equal((await run('owners', 'remove', id)).status, 5);
    for (const words of [
      [],
      ['--tag', 'a', '--label', 'b'],
      ['--scope', 'all'],
      ['--tag', 'a', '--owner', 'b'],
    ])
      assert.equal((await run('owners', 'add', ...words)).status, 2, words.join(' '));
  });

  it('has a policy that due dates follow at once', async () => {
    const due = async () => {
      const { findings = [] } = await json('findings', POOL, '--fix', 'available', '--severity', 'high');
      return findings.find(({ severity }) => severity === 'high')?.dueAt;
    };
    assert.equal(await due(), '2024-03-31T09:00:00.000Z');
    assert.match(await ok('policy', 'set', 'due.high', '2d'), /^due\.high +2d /m);
    assert.equal(await due(), '2024-03-03T09:00:00.000Z');
    assert.match(await ok('policy'), /^due\.high +2d /m);
    const wrong = await run('policy', 'set', 'due.terrible', '2d');
    assert.deepEqual([wrong.status, /The policy has no key due\.terrible/.test(wrong.stderr)], [2, true]);
    assert.equal((await run('policy', 'set', 'due.high', 'soon')).status, 2);
  });

  it('records who decided what', async () => {
    const events = await rows('audit');
    const actions = events.map((row) => row.split(',')[3]);
    for (const action of [
      'assessment.enable',
      'exemption.add',
      'exemption.withdraw',
      'vex.import',
      'owner.add',
      'owner.remove',
      'policy.set',
    ])
      assert.ok(actions.includes(action), action);
    assert.match(await ok('audit', '--action', 'policy.set'), /policy\.set +due\.high +from 30d, to 2d/);
    assert.match(
      await ok('audit', '--limit', '1'),
      new RegExp(`^1 of ${events.length} events shown\\.`, 'm'),
    );
    assert.equal((await rows('audit', '--since', '1d')).length, events.length);
    assert.match(await ok('audit', '--actor', 'nobody'), /^No event is so\.$/m);
    assert.equal((await run('audit', '--since', 'yesterday')).status, 2);
    const { head } = (await json('audit', 'verify')) as unknown as { head: string };
    assert.match(await ok('audit', 'verify', '--head', head), /^Audit log +as it was written, /m);
    const other = await run('audit', 'verify', '--head', 'f'.repeat(64));
    assert.deepEqual([other.status, /no event has the hash/.test(other.stderr)], [11, true]);
  });

  it('is not replaced by a report or a backup of itself', async () => {
    for (const name of ['inventory.db', 'advisories.db']) {
      const file = join(dir, 'sandbox', name);
      for (const words of [
        ['report', '--output', file],
        ['backup', file],
      ]) {
        const { status, stderr } = await run(...words);
        assert.equal(status, 2, words.join(' '));
        assert.match(stderr, /is a database, which is not replaced|is the store itself/);
      }
    }
    await ok('policy');
  });

  it('is reported in every form, in whole files', async () => {
    const of = (name: string): string => readFileSync(join(dir, name), 'utf8');
    for (const format of ['html', 'json', 'csv', 'sarif', 'vex']) {
      const { stdout, stderr } = await run(
        'report',
        '--format',
        format,
        '--output',
        join(dir, `report.${format}`),
      );
      assert.equal(stdout, '');
      assert.match(stderr, /^SANDBOX 2024-03-01 .*\n.*report\.\w+ has the report, /);
    }
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.includes('aside')),
      [],
    );
    assert.match(of('report.html'), /^<!doctype html>.*<\/html>\n$/s);
    const { findings = [] } = await json('findings', POOL);
    const csv = of('report.csv')
      .split('\r\n')
      .filter((row) => row.startsWith('finding,Contoso Production,shop-weu,web,'));
    assert.equal(csv.length, findings.length);
    const [sarif] = JSON.parse(of('report.sarif')).runs as {
      results: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[];
    }[];
    const results = sarif?.results.filter(
      ({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri === POOL,
    );
    assert.equal(results?.length, findings.length);
    const vex = JSON.parse(of('report.vex')) as {
      components: { name: string }[];
      vulnerabilities: { id: string }[];
    };
    assert.equal(vex.components.length, 26);
    assert.ok(vex.vulnerabilities.some(({ id }) => id === CVE));
    const { recommendations } = JSON.parse(of('report.json')) as { recommendations: unknown[] };
    assert.equal(recommendations.length, (await json('recommendations')).total);
  });

  it('is reported of one scope alone, also to standard output', async () => {
    const csv = (await ok('report', 'shop-weu', '--format', 'csv')).trimEnd().split('\r\n').slice(1);
    assert.ok(csv.length > 100 && csv.every((row) => row.includes(',shop-weu,')));
    const page = await ok('report', POOL);
    assert.match(page, /^<!doctype html>/, 'and nothing before it');
    assert.match(page, /<h1>Vulnerabilities on Kubernetes nodes: shop-weu\/web<\/h1>/);
    assert.equal((await run('report', 'nowhere')).status, 5);
    const unwritable = await run('report', '--output', join(dir, 'report.html', 'below-a-file.html'));
    assert.deepEqual([unwritable.status, unwritable.stdout], [3, '']);
  });

  it('is backed up, and is the same where that is restored', async () => {
    const file = join(dir, 'store.backup');
    assert.match(await ok('backup', file), /store\.backup has [\d,]+ rows in /);
    const refused = await run('restore', file);
    assert.deepEqual([refused.status, /is not empty/.test(refused.stderr)], [2, true]);
    const other = join(scratch(), 'other');
    const real = await runIn(['restore', file, '--data-dir', other]);
    assert.deepEqual([real.status, /made-up fleet of a sandbox/.test(real.stderr)], [4, true]);
    // The store of a sandbox that is elsewhere: its folder is the sandbox's, without the store.
    const twin = scratch();
    for (const name of ['sandbox.json', 'advisories.db', 'images.db'])
      if (existsSync(join(dir, 'sandbox', name)))
        writeFileSync(join(twin, name), readFileSync(join(dir, 'sandbox', name)));
    const restored = await runIn(['restore', file, '--data-dir', twin]);
    assert.equal(restored.status, 0, restored.stderr);
    assert.match(
      restored.stdout,
      /rows restored from the backup of 2024-03-01 09:00 UTC, written by Nodeward 9\.8\.7\./,
    );
    const there = await runIn(['recommendations', '--format', 'csv', '--data-dir', twin]);
    assert.equal(there.stdout, await ok('recommendations', '--format', 'csv'));
    const audit = await runIn(['audit', '--format', 'csv', '--data-dir', twin]);
    assert.match(audit.stdout.trimEnd().split('\r\n').at(-1) ?? '', /,store\.restore,/);
    assert.equal((await runIn(['audit', 'verify', '--data-dir', twin])).status, 0, 'the chain goes on');
  });

  it('goes on: days later fixes are available, due, and closed where pools upgrade themselves', async () => {
    await ok('sandbox', 'advance', '2024-04-15');
    const stale = await ok('findings', '--limit', '1');
    assert.match(
      stale,
      /^Other advisories were loaded since they were computed\. `nodeward sync --sandbox`/m,
    );
    await ok('sync', '--quiet');
    assert.match(await ok('cve', CVE), /^ {2}shop-weu\/web +fixed 2024-04-15 /m);
    const closed = await json('findings', POOL, '--status', 'fixed');
    assert.ok(closed.total > 0);
    const all = await json('findings', POOL, '--fixed');
    assert.equal(all.total, closed.total + (await json('findings', POOL)).total);
    assert.match(await ok('recommendations', '--overdue', '--limit', '1'), / overdue \d+ d/);
    assert.match(await ok('recommendations', '--by', 'fleet'), / [+−]\d+\.\d since 2024-03-01 /);
    const vex = JSON.parse(await ok('report', POOL, '--format', 'vex')) as {
      vulnerabilities: { analysis: { state: string } }[];
    };
    assert.ok(vex.vulnerabilities.some(({ analysis }) => analysis.state === 'resolved'));
  });

  it('says where the record was changed', async () => {
    const database = new DatabaseSync(join(dir, 'sandbox', 'inventory.db'));
    const triggers = database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
      name: string;
    }[];
    for (const { name } of triggers) database.exec(`DROP TRIGGER "${name}"`);
    database.exec("UPDATE audit_event SET actor = 'mallory' WHERE sequence = 2");
    database.close();
    const { status, stdout, stderr } = await run('audit', 'verify');
    assert.equal(status, 11);
    assert.match(
      stdout,
      /^Audit log +broken, .*\nWhere +event 2: what it says is not what its hash was made of/m,
    );
    assert.match(stderr, /^nodeward: The audit log is broken at event 2: /);
    assert.match(await ok('report'), /<strong>The audit log is broken<\/strong> at event 2/);
  });
});

describe('where nothing was looked at yet', () => {
  it('every command says what to do first', async () => {
    const dir = scratch();
    for (const words of [
      ['recommendations'],
      ['findings'],
      ['cve', 'CVE-2024-6387'],
      ['exempt'],
      ['owners'],
      ['policy'],
      ['audit'],
      ['report'],
      ['backup', join(dir, 'b')],
    ]) {
      const { status, stdout, stderr } = await runIn([...words, '--data-dir', dir]);
      assert.deepEqual([status, stdout], [4, ''], words.join(' '));
      assert.match(stderr, /Run `nodeward sync` first/);
    }
  });
});
