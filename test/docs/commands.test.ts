/**
 * Runs the commands of README.md and docs/*.md and looks for the shown output in the real one.
 *
 * In a `console` fence a command starts with `$ `, and what follows it is its output; in an `sh` fence every line is
 * a command. A comment line before a command says what to expect: `# exits with 10`, `# needs the network` (then it
 * is only checked for its spelling). A line `…` stands for output that is not shown: the lines between two of them
 * must stand together in the real output, and in this order. A fence has a data folder of its own. A fence that begins
 * with `# with a sandbox` has one that runs there, with a clock that stands; `# with a sandbox, synced` one that is
 * enabled and synced.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseCommandLine } from '../../src/interfaces/cli/parse.ts';
import { run as runTool } from '../support/tools.ts';
import { type Fence, fencesOf, PAGES, ROOT, textOf } from './pages.ts';

interface Shown {
  readonly command: string;
  readonly exit: number;
  readonly network: boolean;
  /** What the fence shows of its output; empty where it shows none. */
  readonly output: readonly string[];
}

function commandsOf({ language, lines, place }: Fence): readonly Shown[] {
  const shown: Shown[] = [];
  let expected = { exit: 0, network: false };
  let output: string[] | null = null;
  const joined = lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  for (const line of joined) {
    const comment = /^# (.*)$/.exec(line);
    const command = language === 'console' ? /^\$ (.*)$/.exec(line)?.[1] : line;
    if (comment !== null) {
      const exit = /^exits with (\d+)$/.exec(comment[1] ?? '');
      if (exit !== null) expected = { ...expected, exit: Number(exit[1]) };
      if (comment[1] === 'needs the network') expected = { ...expected, network: true };
    } else if (command !== undefined && command.trim() !== '') {
      output = [];
      shown.push({ command, ...expected, output });
      expected = { exit: 0, network: false };
    } else if (language === 'console') {
      if (output === null) throw new Error(`${place}: output before the first command`);
      output.push(line);
    }
  }
  return shown;
}

/** Without assignments before it: `A=b nodeward …` → `nodeward …`. */
function bare(command: string): string {
  return command.replace(/^(?:[A-Z_]+=\S+ +)*/, '');
}

const scratch = mkdtempSync(join(tmpdir(), 'nodeward-docs-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** The files that commands name. */
const cwd = join(scratch, 'cwd');
mkdirSync(join(cwd, 'bin'), { recursive: true });
symlinkSync(join(ROOT, 'bin/nodeward'), join(cwd, 'bin/nodeward'));
const fixtures = join(ROOT, 'test/fixtures');
cpSync(join(fixtures, 'sbom/trivy-ubuntu-22.04.cdx.json'), join(cwd, 'node.cdx.json'));
cpSync(join(fixtures, 'rootfs'), join(cwd, 'node-root'), { recursive: true, verbatimSymlinks: true });
runTool('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', join(cwd, 'node-root'), join(cwd, 'node.img'), '16M']);
cpSync(join(fixtures, 'images'), join(cwd, 'release-notes'), { recursive: true });
cpSync(join(fixtures, 'advisories'), join(cwd, 'advisories'), { recursive: true });

interface Ran {
  readonly exit: number;
  readonly output: string;
}

function envOf(dataDir: string): NodeJS.ProcessEnv {
  return {
    PATH: `${join(cwd, 'bin')}:${process.env.PATH}`,
    HOME: scratch,
    NODEWARD_DATA_DIR: dataDir,
    LC_ALL: 'C.UTF-8',
  };
}

function run(command: string, dataDir: string): Promise<Ran> {
  const options = { cwd, env: envOf(dataDir), maxBuffer: 64 << 20, timeout: 120_000 };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', `( ${command} ) 2>&1`], options, (error, stdout) => {
      resolve({ exit: error === null ? 0 : Number(error.code ?? -1), output: stdout });
    });
  });
}

/** Starts the sandbox of a data folder and waits until it says that it answers. */
async function startSandbox(dataDir: string): Promise<ChildProcess> {
  const sandbox = spawn(join(cwd, 'bin/nodeward'), ['sandbox', '--rate', '0'], {
    ...{ cwd, env: envOf(dataDir), stdio: ['ignore', 'pipe', 'inherit'] },
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    sandbox.once('exit', () => reject(new Error(`the sandbox did not start: ${said}`)));
    sandbox.stdout?.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('until Ctrl-C')) resolve();
    });
  });
  return sandbox;
}

async function stopSandbox(sandbox: ChildProcess): Promise<void> {
  const ended = once(sandbox, 'exit');
  sandbox.kill('SIGINT');
  await ended;
}

/** Does something with the sandbox that the first line of a fence asks for, or without one. */
async function withSandbox(fence: Fence, dataDir: string, use: () => Promise<void>): Promise<void> {
  const asked = /^# with a sandbox(, synced)?$/.exec(fence.lines[0] ?? '');
  if (asked === null) return use();
  const sandbox = await startSandbox(dataDir);
  try {
    if (asked[1] !== undefined)
      await run('nodeward enable all --sandbox && nodeward sync --sandbox', dataDir);
    await use();
  } finally {
    await stopSandbox(sandbox);
  }
}

/** Ages and instants change from day to day, and with them the width of a column. */
function masked(line: string): string {
  const ages = /\b\d+ days?\b|\d{4}-\d\d-\d\dT\d\d:\d\d/;
  return ages.test(line) ? line.replace(/\d+/g, '#').replace(/ +/g, ' ').trimEnd() : line.trimEnd();
}

/** Looks for the shown blocks of lines in the real output, each behind the one before. */
function missingFrom(output: string, shown: readonly string[]): string | null {
  const real = output.split('\n').map(masked);
  const blocks = shown
    .map(masked)
    .join('\n')
    .split(/^…$/m)
    .map((block) => block.replace(/^\n+|\n+$/g, ''))
    .filter((block) => block !== '');
  let from = 0;
  for (const block of blocks) {
    const lines = block.split('\n');
    let at = from;
    while (at < real.length && !lines.every((line, i) => real[at + i] === line)) at++;
    if (at >= real.length) return block;
    from = at + lines.length;
  }
  return null;
}

const scripts = Object.keys(
  (JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }).scripts,
);

/** Checks the words of a command that is not run. */
function checkSpelling(command: string): void {
  const line = bare(command).replace(/ > \S+$/, '');
  const words = [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
  const [program, first, second] = words;
  if (program === 'npm') {
    const script = first === 'run' ? second : first === 'start' || first === 'test' ? first : null;
    if (script !== null && script !== undefined)
      assert.ok(scripts.includes(script), `package.json has no script ${script}`);
  } else if (program === 'nodeward' || program === 'bin/nodeward') {
    assert.notEqual(parseCommandLine(words.slice(1)).command, null, command);
  }
}

const pages = PAGES.filter((page) => /^(?:README\.md|docs\/[^/]+\.md)$/.test(page));
describe('the commands of the documentation', { concurrency: 2 }, () => {
  for (const page of pages) {
    for (const fence of fencesOf(page)) {
      if (fence.language !== 'console' && fence.language !== 'sh') continue;
      it(fence.place, async () => {
        const dataDir = mkdtempSync(join(scratch, 'data-'));
        await withSandbox(fence, dataDir, async () => {
          for (const { command, exit, network, output } of commandsOf(fence)) {
            checkSpelling(command);
            if (network || !/^(?:bin\/)?nodeward /.test(bare(command))) continue;
            const ran = await run(command, dataDir);
            assert.equal(ran.exit, exit, `${command}\n${ran.output.slice(-2000)}`);
            const missing = missingFrom(ran.output, output);
            assert.equal(missing, null, `${command} does not print\n${missing}\n`);
          }
        });
      });
    }
  }
});
