import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERRORS } from './base/errors.ts';
import { runProgram } from './interfaces/cli/main.ts';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `nodeward: Node.js ${process.versions.node} is too old, 24 or newer is needed\nInstall Node.js 24, or run \`npm ci\` without --omit=optional, which brings it along.\n`,
  );
  process.exit(70);
}

// The bundle (dist/main.js) and the sources (src/main.ts) both lie one folder below the package's root.
const root = new URL('..', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };

// A thread needs a file of its own; the bundle has it beside this one.
const scanWorker = new URL(
  import.meta.url.endsWith('.ts') ? 'evidence/scan/worker.ts' : 'scan-worker.js',
  import.meta.url,
);

// What is on this machine, such as a sandbox, is not behind a proxy. Libraries read these when they first connect.
const direct = [process.env.no_proxy || process.env.NO_PROXY, '127.0.0.1', 'localhost'];
process.env.NO_PROXY = process.env.no_proxy = direct.filter(Boolean).join(',');

process.stdout.on('error', (thrown: NodeJS.ErrnoException) => {
  if (thrown.code === 'EPIPE') process.exit(0);
  const { exit, remedy } = ERRORS['file-unwritable'];
  process.stderr.write(
    `nodeward: the output cannot be written (${thrown.code ?? thrown.message})\n${remedy}\n`,
  );
  process.exit(exit);
});

process.exitCode = await runProgram({
  words: process.argv.slice(2),
  env: process.env,
  snapshotDir: fileURLToPath(new URL('data/snapshot', root)),
  version,
  scanWorker,
  stdout: process.stdout,
  stderr: process.stderr,
});
