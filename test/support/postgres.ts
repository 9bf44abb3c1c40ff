/** A PostgreSQL server of its own for a test file, made by Debian's programs and gone with the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';

const DEBIAN = '/usr/lib/postgresql';
/** The user of every server, with `PASSWORD`. */
const USER = 'nodeward';
const PASSWORD = 'correct horse';
/** Ports that others may take between their choice and their use. */
const ATTEMPTS = 5;

/** A server that runs. */
export interface PostgresServer {
  readonly port: number;
  /** URL of a database of this name, which is made where there is none. */
  database(name: string): Promise<string>;
  /** URL of a database, whether there is one or not; with another user or password where they are given. */
  url(name: string, login?: { readonly user?: string; readonly password?: string }): string;
  /** Runs statements as the owner of everything. @returns the rows of the last one */
  run(url: string, statements: string): Promise<readonly Record<string, unknown>[]>;
  /** Ends it at once, as a machine that fails would, and starts it again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Why there is no server for tests; false where there is one. Where checks must be complete (CI is set) it throws instead.
 */
export function noPostgres(): string | false {
  if (programs() !== null) return false;
  const reason = `PostgreSQL is not installed below ${DEBIAN}`;
  if (process.env.CI !== undefined) throw new Error(reason);
  return reason;
}

/** Starts a server on a free port of the loopback address, with its data in a temporary folder. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = programs();
  if (bin === null) throw new Error(`PostgreSQL is not installed below ${DEBIAN}`);
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-postgres-'));
  const owner = ownerOf(folder);
  initialise(bin, folder, owner);
  let running = await start({ bin, folder, owner });
  const url: PostgresServer['url'] = (name, { user = USER, password = PASSWORD } = {}) =>
    `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${running.port}/${name}`;
  return {
    get port() {
      return running.port;
    },
    url,
    async database(name) {
      const found = await query(url('postgres'), `SELECT 1 FROM pg_database WHERE datname = '${name}'`);
      if (found.length === 0) await query(url('postgres'), `CREATE DATABASE "${name}"`);
      return url(name);
    },
    run: query,
    async crash() {
      await running.end('SIGQUIT');
      running = await start({ bin, folder, owner, port: running.port });
    },
    async stop() {
      await running.end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function query(url: string, statements: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const results: pg.QueryResult | pg.QueryResult[] = await client.query(statements);
    return (Array.isArray(results) ? results.at(-1) : results)?.rows ?? [];
  } finally {
    await client.end();
  }
}

/** The folder of the newest installed version; null where there is none. */
function programs(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number).filter(Number.isInteger) : [];
  const folders = versions.toSorted((a, b) => b - a).map((version) => join(DEBIAN, String(version), 'bin'));
  return folders.find((bin) => existsSync(join(bin, 'initdb'))) ?? null;
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** The programs refuse to run as root, so that root lets another user have the folder. */
function ownerOf(folder: string): Owner {
  if (process.getuid?.() !== 0) return {};
  const id = (option: string, user: string): number =>
    Number(spawnSync('id', [option, user], { encoding: 'utf8' }).stdout.trim() || Number.NaN);
  const user = Number.isNaN(id('-u', 'postgres')) ? 'nobody' : 'postgres';
  const owner = { uid: id('-u', user), gid: id('-g', user) };
  chownSync(folder, owner.uid, owner.gid);
  return owner;
}

function initialise(bin: string, folder: string, owner: Owner): void {
  const password = join(folder, 'password');
  writeFileSync(password, PASSWORD, { mode: 0o644 });
  // Its order of text is not that of code points, as on most servers: what is sorted must not depend on it.
  const options =
    '--auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US';
  const { status, stderr } = spawnSync(
    join(bin, 'initdb'),
    [...options.split(' '), '--no-sync', `--username=${USER}`, `--pwfile=${password}`, join(folder, 'data')],
    { ...owner, encoding: 'utf8', cwd: folder },
  );
  if (status !== 0) throw new Error(`initdb: ${stderr}`);
}

interface Running {
  readonly port: number;
  end(signal: NodeJS.Signals): Promise<void>;
}

interface Start {
  readonly bin: string;
  readonly folder: string;
  readonly owner: Owner;
  readonly port?: number;
}

async function start(options: Start): Promise<Running> {
  const told: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = options.port ?? (await freePort());
    // Nobody cuts the power in a test: what the system was given is there also when the server is killed.
    const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
    const server = spawn(
      join(options.bin, 'postgres'),
      ['-D', join(options.folder, 'data'), ...settings.flatMap((each) => ['-c', each])],
      { ...options.owner, cwd: options.folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const guard = guardOf(server, options.folder);
    if (await isReady(server, told)) {
      const end = async (signal: NodeJS.Signals): Promise<void> => {
        guard.kill('SIGKILL');
        await ended(server, signal);
      };
      return { port, end };
    }
    guard.kill('SIGKILL');
  }
  throw new Error(`PostgreSQL does not start: ${told.slice(-5).join(' ')}`);
}

/** A process whose input ends with this one: it then ends the server, also where this process was killed. */
function guardOf(server: ChildProcess, folder: string): ChildProcess {
  const script = 'read -r line; kill -QUIT "$1"; sleep 1; rm -rf "$2"';
  const guard = spawn('sh', ['-c', script, 'sh', String(server.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return guard;
}

async function isReady(server: ChildProcess, told: string[]): Promise<boolean> {
  if (server.stderr === null) throw new Error('no output');
  const lines = createInterface(server.stderr);
  for await (const line of lines) {
    told.push(line);
    if (!line.includes('ready to accept connections')) continue;
    // Nobody reads the rest, and a full pipe would stop the server.
    lines.close();
    server.stderr.resume();
    return true;
  }
  if (server.exitCode === null) await once(server, 'exit');
  return false;
}

async function ended(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill(signal);
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
