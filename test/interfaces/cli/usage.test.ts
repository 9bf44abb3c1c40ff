import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ERRORS } from '../../../src/base/errors.ts';
import { COMMANDS } from '../../../src/interfaces/cli/commands.ts';
import { usageOf } from '../../../src/interfaces/cli/help.ts';
import { GLOBAL_OPTIONS } from '../../../src/interfaces/cli/options.ts';
import { run } from './support.ts';

describe('help', () => {
  for (const command of COMMANDS) {
    it(`of ${command.name} names its options, values and examples`, async () => {
      const { status, stdout, stderr } = await run([...command.name.split(' '), '--help']);
      assert.deepEqual([status, stderr], [0, '']);
      assert.ok(stdout.includes(`Usage: nodeward ${usageOf(command)} [OPTIONS]\n`));
      for (const { name, value, help } of [...command.options, ...GLOBAL_OPTIONS]) {
        assert.ok(stdout.includes(`--${name}${value === null ? '' : ` ${value}`}`), name);
        assert.ok(stdout.includes(help), name);
      }
      for (const example of command.examples) assert.ok(stdout.includes(example), example);
    });

    it(`of ${command.name} has examples that can be parsed`, async () => {
      for (const example of command.examples) {
        const line = example.split(' > ')[0] ?? '';
        const words = [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
        assert.equal(words[0], 'nodeward');
        const { status } = await run([...words.slice(1), '--help']);
        assert.equal(status, 0, example);
      }
    });
  }

  it('of the program lists every command and every exit status', async () => {
    const runs = await Promise.all([['--help'], ['help'], ['-h'], []].map((words) => run(words)));
    for (const { status, stdout } of runs) {
      assert.equal(status, 0);
      for (const { name, summary } of COMMANDS) assert.ok(stdout.includes(name) && stdout.includes(summary));
      const statuses = new Set(Object.values(ERRORS).map(({ exit }) => exit));
      for (const exit of statuses) assert.match(stdout, new RegExp(`\\b${exit} `), `exit status ${exit}`);
    }
  });

  it('of a group lists its commands', async () => {
    const asked = await run(['db', '--help']);
    assert.equal(asked.status, 0);
    assert.match(asked.stdout, /db build/);
    assert.doesNotMatch(asked.stdout, /fixed-in/);
    const bare = await run(['images']);
    assert.equal(bare.status, 2, 'a group is no command');
    assert.equal(bare.stdout, '');
    assert.match(bare.stderr, /images list/);
  });

  it('of a command that is a group too shows both', async () => {
    const { status, stdout } = await run(['sandbox', '--help']);
    assert.equal(status, 0);
    assert.match(stdout, /--rate NUMBER/);
    assert.match(stdout, /^ {2}sandbox advance DURATION\|DATE {2}/m);
    assert.match(stdout, /^ {2}sandbox fault \[KIND\] \[TARGET\] {2}/m);
    assert.doesNotMatch((await run(['sandbox', 'advance', '--help'])).stdout, /--rate|sandbox fault/);
  });

  it('fits the terminal it is shown on', async () => {
    const narrow = { columns: 80, isTTY: true, text: '', write: (text: string) => (narrow.text += text) };
    const lines = async (...words: readonly string[]): Promise<readonly string[]> => {
      narrow.text = '';
      await run([...words, '--help'], { stdout: narrow as unknown as NodeJS.WriteStream });
      return narrow.text.split('\n');
    };
    for (const words of [[], ['db'], ['sandbox'], ['nodes']])
      for (const line of await lines(...words)) assert.ok(line.length <= 80, line);
  });

  it('says the version', async () => {
    for (const words of [['version'], ['--version']]) {
      assert.deepEqual(await run(words), { status: 0, stdout: 'nodeward 9.8.7\n', stderr: '' });
    }
  });
});

describe('wrong usage ends with 2 and a remedy, and writes nothing to stdout', () => {
  const cases: Readonly<Record<string, RegExp>> = {
    nonsense: /there is no command "nonsense"/,
    'db nonsense': /there is no command "db nonsense"/,
    'assess --nonsense': /assess has no option --nonsense/,
    assess: /exactly one of --image, --release-notes and --sbom/,
    'assess --image a --sbom b': /exactly one of/,
    'assess --image': /--image needs a value \(NAME\)/,
    'assess --image=': /--image needs a value/,
    'assess --image a --image b': /--image is given twice/,
    'assess --image a --severity terrible':
      /--severity is one of critical, high, medium, low, negligible, not "terrible"/,
    'assess --image a --fail-on any': /--fail-on is one of/,
    'assess --image a --format yaml': /--format is one of table, json, csv, sarif, cyclonedx, not "yaml"/,
    'assess --image a --fixable=yes': /--fixable takes no value/,
    'assess extra --image a': /assess does not take "extra"/,
    'diff one': /diff needs IMAGE_B/,
    diff: /diff needs IMAGE_A and IMAGE_B/,
    'diff a b --format sarif': /--format is one of table, json, csv/,
    'fixed-in': /fixed-in needs CVE-ID/,
    'fixed-in CVE-1 CVE-2': /fixed-in does not take "CVE-2"/,
    'db build': /db build needs at least one --source/,
    'db build --source nonsense=x': /there is no feed "nonsense"/,
    'db build --source osv': /names no path: write osv=PATH/,
    'sandbox nonsense': /sandbox does not take "nonsense"/,
    'sandbox --start 2024-05-01': /--start is one of 2024-03-01, 2024-08-09, not "2024-05-01"/,
    'sandbox --port 99999': /--port takes a whole number from 0 to 65535, not "99999"/,
    'sandbox --rate -1': /--rate takes a whole number/,
    'sandbox --fleet 3': /--fleet takes CLUSTERS,NODES/,
    'sandbox --fleet 5,4': /a node for each cluster/,
    'sandbox --fleet 2000,100000': /up to 1000,100000/,
    'sandbox advance': /sandbox advance needs DURATION\|DATE/,
    'sandbox advance soon': /DURATION is a number with m, h, d or w.*"soon" is neither/,
    'sandbox advance 0d': /is neither/,
    'sandbox advance 2024-13-40': /is neither/,
    'sandbox fault throttle': /sandbox fault needs a TARGET/,
    'sandbox fault --times 3': /--times needs KIND and TARGET/,
    'sandbox fault a b --clear 1': /--clear goes with no KIND/,
    'pools a/b --worst': /goes with neither --worst nor --cluster/,
    'nodes a --cluster b': /NODE goes with neither --cluster nor --pool/,
    'nodes --sbom a.json': /--sbom needs the NODE/,
    'sync --disks some': /--disks is one of off, sample, all, not "some"/,
    enable: /enable needs SCOPE/,
    'enable ': /enable needs SCOPE, not an empty word/,
    'pools --cluster --sandbox': /--cluster needs a value \(CLUSTER\)/,
    '--data-dir --sandbox clusters': /--data-dir needs a value/,
    '--cluster a pools': /nodeward has no option --cluster/,
    'config nonsense': /config does not take "nonsense"/,
    'recommendations r-00000000 --kev': /One recommendation goes with no filter/,
    'recommendations --by cluster --owner a': /--by goes with --cluster and --subscription/,
    'recommendations --by pool': /--by is one of cluster, subscription, fleet, not "pool"/,
    'recommendations --limit 0': /--limit takes a whole number from 1/,
    'findings --status fixed --fixed': /--status and --fixed do not go together/,
    'findings --status closed': /--status is one of reopened, open, exempted, fixed/,
    'exempt add --cve CVE-2024-6387': /exempt add needs --reason: mitigated, waived, false-positive/,
    'exempt add --reason waived': /exempt add needs --justification/,
    'exempt withdraw': /exempt withdraw needs ID/,
    'owners add': /owners add needs one of --tag NAME, --label NAME, and --scope SCOPE/,
    'policy set due.high': /policy set needs VALUE/,
    'audit --since soon': /--since takes days back \(7d\), a day/,
    'audit --since 2024-02-31': /--since takes days back/,
    'report --output /dev/null': /\/dev\/null is no regular file, which is not replaced/,
    'audit verify --head abc': /--head takes a hash of 64 hexadecimal digits/,
    'report --format table': /--format is one of html, csv, json, sarif, vex, not "table"/,
    restore: /restore needs FILE/,
    'completion tcsh': /completion knows bash, zsh, fish, not "tcsh"/,
  };
  for (const [words, message] of Object.entries(cases)) {
    it(words, async () => {
      const { status, stdout, stderr } = await run(words.split(' '));
      assert.equal(status, 2);
      assert.equal(stdout, '');
      const [first = '', remedy = ''] = stderr.split('\n');
      assert.match(first, /^nodeward: /);
      assert.match(first, message);
      assert.ok(remedy.length > 0);
    });
  }
});

describe('options of every command', () => {
  it('may stand before it', async () => {
    const behind = await run(['clusters', '--quiet', '--data-dir', '/no/such']);
    assert.equal(behind.status, 4);
    assert.deepEqual(await run(['--data-dir', '/no/such', '--quiet', 'clusters']), behind);
    assert.deepEqual(await run(['--data-dir=/no/such', 'clusters', '--quiet']), behind);
    assert.deepEqual(await run(['--help', 'db', 'status']), await run(['db', 'status', '--help']));
  });
});

describe('completion', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    it(`for ${shell} mentions every command and option`, async () => {
      const { status, stdout, stderr } = await run(['completion', shell]);
      assert.deepEqual([status, stderr], [0, '']);
      for (const { name, options } of COMMANDS) {
        for (const word of name.split(' ')) assert.match(stdout, new RegExp(`\\b${word}\\b`), name);
        for (const option of options) {
          assert.ok(
            stdout.includes(shell === 'fish' ? `-l ${option.name}` : `--${option.name}`),
            option.name,
          );
        }
      }
    });
  }

  it('for bash is accepted by bash, and completes', async (t) => {
    const { stdout } = await run(['completion', 'bash']);
    const check = spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' });
    if (check.error !== undefined) return t.skip('there is no bash');
    assert.deepEqual([check.status, check.stderr], [0, '']);
    const complete = (...words: readonly string[]): string => {
      const script = `${stdout}\nCOMP_WORDS=(nodeward ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _nodeward; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim();
    };
    assert.equal(complete('fix'), 'fixed-in');
    assert.equal(complete('db', 'b'), 'build');
    assert.equal(complete('sandbox', 'a'), 'advance');
    assert.equal(complete('sandbox', '--ra'), '--rate');
    assert.equal(complete('sandbox', '--rate', '3', '--se'), '--seed');
    assert.equal(complete('sandbox', 'fault', '--ti'), '--times');
    assert.equal(complete('config', 'c'), 'check');
    assert.equal(complete('sync', '--disks', 's'), 'sample');
    assert.equal(complete('db', 'build', '--so'), '--source');
    assert.equal(complete('assess', '--severity', 'c'), 'critical');
    assert.equal(complete('assess', '--format', 'sa'), 'sarif');
    assert.equal(complete('clusters', '--format', ''), 'table json csv');
    assert.equal(complete('report', '--format', ''), 'html csv json sarif vex');
    assert.equal(complete('exempt', 'add', '--reason', 'w'), 'waived');
    assert.equal(complete('recommendations', '--fix', 'no-'), 'no-image no-vendor-fix');
  });
});

describe('the error catalogue', () => {
  it('has a remedy for every code', () => {
    for (const [code, { remedy }] of Object.entries(ERRORS)) assert.ok(remedy.length > 10, code);
  });

  it('is documented where there is a document', (t) => {
    let text = '';
    try {
      text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    } catch {
      return t.skip('docs/errors.md is not written yet');
    }
    for (const code of Object.keys(ERRORS)) assert.ok(text.includes(code), code);
  });
});
