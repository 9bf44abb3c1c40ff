import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { FIXTURES, put, scratch } from '../../advisories/helpers.ts';
import { RECORDS } from '../../matching/support.ts';
import { run } from './support.ts';

const BEFORE = 'AKSUbuntu-2204gen2containerd-202406.25.0';
const AFTER = 'AKSUbuntu-2204gen2containerd-202407.03.0';
const KEV = join(FIXTURES, 'cisa-kev/known_exploited_vulnerabilities.json');

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
// The package's default export is a namespace to TypeScript and a function at run time.
(addFormats as unknown as (target: Ajv2020) => void)(ajv);

function assertFollows(schema: string, text: string): void {
  const url = new URL(`../../../docs/schemas/${schema}.schema.json`, import.meta.url);
  const described = JSON.parse(readFileSync(url, 'utf8')) as { readonly $id: string };
  const validate = ajv.getSchema(described.$id) ?? ajv.compile(described);
  assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors?.slice(0, 5), null, 2));
}

describe('JSON follows the published schemas', () => {
  const cases: readonly (readonly [schema: string, words: string])[] = [
    ['assessment', `assess --image ${AFTER}`],
    ['assessment', `assess --image ${AFTER} --severity critical --fixable`],
    ['assessment', 'assess --image AKSAzureLinux-V3gen2-202607.09.0'],
    ['diff', `diff ${BEFORE} ${AFTER}`],
    ['fixed-in', 'fixed-in CVE-2024-6387'],
    ['fixed-in', 'fixed-in CVE-1999-99999 --family AKSUbuntu-2204gen2containerd'],
  ];
  for (const [schema, words] of cases) {
    it(words, async () => {
      const { status, stdout, stderr } = await run([...words.split(' '), '--format', 'json']);
      assert.deepEqual([status, stderr], [0, '']);
      assertFollows(schema, stdout);
    });
  }
});

describe('assess', () => {
  it('finds regreSSHion before the fix and not after, in every format', async () => {
    const formats = ['table', 'json', 'csv', 'sarif', 'cyclonedx'];
    for (const format of formats) {
      const found = async (image: string) =>
        (await run(['assess', '--image', image, '--format', format])).stdout.includes('CVE-2024-6387');
      assert.deepEqual([await found(BEFORE), await found(AFTER)], [true, false], format);
    }
  });

  it('takes an image name in any case', async () => {
    const { status, stdout } = await run([
      'assess',
      '--image',
      AFTER.toUpperCase(),
      '--severity',
      'critical',
    ]);
    assert.equal(status, 0);
    assert.ok(stdout.includes(AFTER));
  });

  it('--fail-on ends with 10 where a finding of the severity or worse is shown', async () => {
    const status = async (...words: readonly string[]) =>
      (await run(['assess', '--image', BEFORE, '--quiet', ...words])).status;
    assert.equal(await status('--fail-on', 'low'), 10);
    assert.equal(await status('--fail-on', 'high'), 10);
    assert.equal(await status(), 0, 'findings alone are no failure');
    assert.equal(await status('--severity', 'high', '--fail-on', 'low'), 10);
  });

  it('--fail-on looks at what the filters leave', async () => {
    // traceroute's only fix is in Ubuntu Pro.
    const dataDir = scratch();
    await run(['db', 'build', '--source', `osv=${RECORDS}`, '--data-dir', dataDir]);
    const sbom = put(scratch(), 'one.cdx.json', {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      components: [
        { type: 'operating-system', name: 'ubuntu', version: '22.04' },
        {
          type: 'library',
          name: 'traceroute',
          version: '1:2.1.0-2',
          purl: 'pkg:deb/ubuntu/traceroute@1:2.1.0-2?arch=amd64&distro=ubuntu-22.04',
        },
      ],
    });
    const status = async (...words: readonly string[]) =>
      (await run(['assess', '--sbom', sbom, '--data-dir', dataDir, ...words])).status;
    assert.equal(await status('--fail-on', 'negligible'), 10);
    assert.equal(await status('--fail-on', 'negligible', '--fixable'), 0, 'nothing that can be fixed');
    assert.equal(await status('--fail-on', 'critical'), 0);
  });

  it('writes the result to stdout and what it did to stderr, nothing with --quiet', async () => {
    const words = ['assess', '--image', BEFORE, '--format', 'json', '--fail-on', 'high'];
    const loud = await run(words);
    assertFollows('assessment', loud.stdout);
    assert.match(
      loud.stderr,
      /^nodeward: \d+ findings have no known severity; --fail-on does not count them\nnodeward: \d+ findings are of severity high or worse \(--fail-on\)\n$/,
    );
    const quiet = await run([...words, '--quiet']);
    assert.deepEqual([quiet.status, quiet.stderr], [10, '']);
    assert.equal(quiet.stdout, loud.stdout);
  });
});

describe('failures', () => {
  const fails = async (expected: number, words: readonly string[], message: RegExp) => {
    const { status, stdout, stderr } = await run(words);
    assert.deepEqual([status, stdout], [expected, '']);
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split('\n').length, 2, 'a message and a remedy');
    assert.doesNotMatch(stderr, /\n\s+at /);
  };

  it('3: an input that is missing or broken', async () => {
    await fails(3, ['assess', '--sbom', '/no/such.json'], /\/no\/such\.json/);
    await fails(3, ['assess', '--release-notes', '/no/such.txt'], /\/no\/such\.txt/);
    const broken = put(scratch(), 'broken.json', '{"bomFormat": "CycloneDX", ');
    await fails(3, ['assess', '--sbom', broken], /broken\.json/);
    const other = put(scratch(), 'other.json', { hello: 'world' });
    await fails(3, ['assess', '--sbom', other], /other\.json/);
  });

  it('4: no database, or one that is damaged, with the way out', async () => {
    const missing = { snapshotDir: scratch() };
    const none = await run(['db', 'status', '--data-dir', scratch()], missing);
    assert.equal(none.status, 4);
    assert.match(none.stderr, /nodeward db (?:build|update)/);
    const catalogue = await run(['images', 'list', '--data-dir', scratch()], missing);
    assert.equal(catalogue.status, 4);
    assert.match(catalogue.stderr, /nodeward images update/);
    for (const damage of ['damaged'.repeat(1000), '', 'SQLite format 3\0 and then nothing of use']) {
      const dataDir = scratch();
      put(dataDir, 'advisories.db', damage);
      put(dataDir, 'images.db', damage);
      for (const words of [
        ['db', 'status'],
        ['fixed-in', 'CVE-2024-6387'],
        ['images', 'list'],
        ['assess', '--image', AFTER],
      ]) {
        const ran = await run([...words, '--data-dir', dataDir]);
        assert.deepEqual([ran.status, ran.stdout], [4, ''], `${words.join(' ')}: ${ran.stderr}`);
        assert.match(ran.stderr, /Build it anew with `nodeward /);
      }
    }
  });

  it('5: an image or family the catalogue does not know', async () => {
    await fails(5, ['assess', '--image', 'AKSUbuntu-9904-1'], /AKSUbuntu-9904-1.*not in the catalogue/);
    await fails(5, ['diff', AFTER, 'nothing'], /"nothing" is not in the catalogue/);
    await fails(5, ['images', 'show', 'nothing'], /nodeward images list/);
    await fails(5, ['images', 'list', '--family', 'nothing'], /nodeward images list --families/);
    await fails(5, ['fixed-in', 'CVE-2024-6387', '--family', 'nothing'], /nothing/);
  });
});

describe('images', () => {
  it('lists images, of one family too, as a table, CSV and JSON', async () => {
    const { status, stdout, stderr } = await run([
      'images',
      'list',
      '--family',
      'aksubuntu-2204gen2containerd',
    ]);
    assert.equal(status, 0);
    const lines = stdout.trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^IMAGE +CHANNEL +BUILT$/);
    assert.ok(lines.slice(1).every((line) => line.startsWith('AKSUbuntu-2204gen2containerd-')));
    assert.ok(lines.some((line) => /202407\.03\.0 +NodeImage +2024-07-03$/.test(line)));
    assert.match(stderr, /^\d+ images of \d+ families up to \d{4}-\d\d-\d\d, from the shipped snapshot\n$/);
    const all = JSON.parse((await run(['images', 'list', '--format', 'json'])).stdout) as readonly unknown[];
    assert.ok(all.length >= 2330);
    const csv = (await run(['images', 'list', '--format', 'csv', '--quiet'])).stdout.trimEnd().split('\r\n');
    assert.equal(csv[0], 'image,channel,built');
    assert.equal(csv.length, all.length + 1);
  });

  it('lists families, as the completion script reads them', async () => {
    const { stdout, stderr } = await run(['images', 'list', '--families', '--format', 'csv', '--quiet']);
    assert.equal(stderr, '');
    const [header, ...rows] = stdout.trimEnd().split('\r\n');
    assert.equal(header, 'family,channel,images,oldest,newest');
    assert.ok(rows.some((row) => row.startsWith('AKSUbuntu-2204gen2containerd,NodeImage,')));
  });

  it('shows what is on an image', async () => {
    const { status, stdout } = await run(['images', 'show', AFTER]);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^AKSUbuntu-2204gen2containerd-202407\.03\.0\n {2}family {4}AKSUbuntu-2204gen2containerd /,
    );
    assert.match(stdout, /\nKIND +NAME +VERSION +ARCH +ROLE\n/);
    assert.match(stdout, /\npackage +openssh-server +1:8\.9p1-3ubuntu0\.10 /);
    assert.match(stdout, /\ncomponent +kubelet .* cached\n/);
    const json = JSON.parse((await run(['images', 'show', AFTER, '--format', 'json'])).stdout);
    assert.deepEqual([json.image.name, json.software.os.id], [AFTER, 'ubuntu']);
    assert.match(json.software.digest, /^sha256:[0-9a-f]{64}$/);
  });
});

describe('db', () => {
  it('builds from files, and status says what it holds', async () => {
    const dataDir = scratch();
    const at = (...words: readonly string[]) => run([...words, '--data-dir', dataDir]);
    const built = await at('db', 'build', '--source', `osv=${RECORDS}`, '--source', `cisa-kev=${KEV}`);
    assert.equal(built.status, 0, built.stderr);
    assert.match(built.stdout, /^osv: \d+ of \d+ records used, as of \d{4}-\d\d-\d\d, a sample$/m);
    assert.match(built.stdout, /^cisa-kev: 4 of \d+ records used/m);
    assert.ok(existsSync(join(dataDir, 'advisories.db')));
    const status = await at('db', 'status');
    assert.equal(status.status, 0);
    assert.ok(status.stdout.startsWith(`Advisories of ${join(dataDir, 'advisories.db')}, built 20`));
    assert.match(status.stdout, / Ubuntu:22\.04:LTS +\d+ +\d{4}-\d\d-\d\d +-?\d+ days +sample\n/);
    const json = JSON.parse((await at('db', 'status', '--format', 'json')).stdout);
    assert.equal(json.origin, 'local');
    const ecosystems = json.coverage.map(({ ecosystem }: { ecosystem: string }) => ecosystem);
    assert.ok(ecosystems.includes('Go') && ecosystems.includes('Ubuntu:Pro:FIPS:20.04:LTS'));
    const answer = await at('fixed-in', 'CVE-2024-6387', '--family', 'AKSUbuntu-2204gen2containerd');
    assert.match(answer.stdout, /fixed in +AKSUbuntu-2204gen2containerd-202407\.03\.0/);
  });

  it('status of the snapshot names it, and claims only what it holds', async () => {
    const { status, stdout, stderr } = await run(['db', 'status']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^Advisories of the snapshot shipped with Nodeward, built 20/);
    for (const ecosystem of ['Ubuntu:22.04:LTS', 'Azure Linux:3.0', 'CBL-Mariner:2.0', 'Go']) {
      assert.match(stdout, new RegExp(` ${ecosystem} `));
    }
    assert.doesNotMatch(stdout, /Debian|AlmaLinux|Rocky|26\.04/);
  });

  it('a feed that fails keeps its old data, ends with 6 and says so in the status', async () => {
    const dataDir = scratch();
    const at = (...words: readonly string[]) => run([...words, '--data-dir', dataDir]);
    await at('db', 'build', '--source', `osv=${RECORDS}`, '--source', `cisa-kev=${KEV}`);
    const broken = put(scratch(), 'broken.zip', 'no archive');
    const failed = await at('db', 'build', '--source', `osv=${broken}`, '--source', `cisa-kev=${KEV}`);
    assert.equal(failed.status, 6);
    assert.match(failed.stdout, / {2}failed: .*\n {2}the data of the build before is kept/);
    const status = await at('db', 'status');
    assert.equal(status.status, 0);
    assert.match(status.stdout, /osv: failed, older data kept: /);
    assert.match(
      (await at('fixed-in', 'CVE-2024-6387', '--family', 'AKSUbuntu-2204gen2containerd')).stdout,
      /202407\.03\.0/,
    );
  });

  it('with every feed failing leaves the database as it is', async () => {
    const dataDir = scratch();
    const at = (...words: readonly string[]) => run([...words, '--data-dir', dataDir]);
    await at('db', 'build', '--source', `cisa-kev=${KEV}`);
    const before = readFileSync(join(dataDir, 'advisories.db'));
    const failed = await at('db', 'build', '--source', 'cisa-kev=/no/such/file');
    assert.deepEqual([failed.status, failed.stdout], [6, '']);
    assert.match(failed.stderr, /\/no\/such\/file.*\nThe data in use is unchanged/);
    assert.deepEqual(readFileSync(join(dataDir, 'advisories.db')), before);
  });
});

it('an output that cannot be written ends with a message', async (t) => {
  if (!existsSync('/dev/full')) return t.skip('there is no /dev/full here');
  const full = openSync('/dev/full', 'w');
  const main = new URL('../../../src/main.ts', import.meta.url).pathname;
  const { status, stderr } = spawnSync(process.execPath, [main, 'version'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
    timeout: 30_000,
  });
  closeSync(full);
  assert.equal(status, 3);
  assert.match(stderr, /^nodeward: the output cannot be written \(ENOSPC\)\n[^\n]+\n$/);
});
