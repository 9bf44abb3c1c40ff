import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Go program that is a kube-apiserver with its etcd and some controllers. */
const SOURCES = fileURLToPath(new URL('server/', import.meta.url));
const FILES = ['go.mod', 'go.sum', 'main.go'];
const LEAST_GO = [1, 26] as const;
const KUBERNETES = '1.37.2';
/** From zero it takes some seven minutes on two cores. */
const MAX_BUILD_MS = 30 * 60_000;

/** Go where it is usually found. */
function goProgram(): { readonly path: string; readonly version: string } | null {
  for (const path of ['go', '/usr/local/go/bin/go']) {
    const asked = spawnSync(path, ['env', 'GOVERSION'], {
      encoding: 'utf8',
      env: { ...process.env, GOTOOLCHAIN: 'local' },
      timeout: 30_000,
    });
    const version = /^go(\d+)\.(\d+)\S*/.exec(asked.stdout ?? '');
    if (version === null) continue;
    const [major, minor] = [Number(version[1]), Number(version[2])];
    if (major > LEAST_GO[0] || (major === LEAST_GO[0] && minor >= LEAST_GO[1]))
      return { path, version: version[0] };
  }
  return null;
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nodeward', 'kubetest');
}

/** The part of a cached program's name that depends on its sources alone. */
function sourceHash(): string {
  const hash = createHash('sha256');
  for (const file of FILES) hash.update(readFileSync(join(SOURCES, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Where the program is; null where it was not built. Without Go, one that any Go built of these sources will do. */
export function builtServer(): string | null {
  const go = goProgram();
  const folder = cacheFolder();
  if (go !== null) {
    const path = join(folder, `${sourceHash()}-${go.version}`, 'kubetest');
    return existsSync(path) ? path : null;
  }
  if (!existsSync(folder)) return null;
  const built = readdirSync(folder).filter((name) => name.startsWith(`${sourceHash()}-`));
  return built.map((name) => join(folder, name, 'kubetest')).find((path) => existsSync(path)) ?? null;
}

/**
 * Builds the program where it is not built yet.
 * @returns where it is; or why it cannot be built here
 */
export function buildServer(): { readonly path: string } | { readonly reason: string } {
  const built = builtServer();
  if (built !== null) return { path: built };
  const go = goProgram();
  if (go === null) return { reason: `Go ${LEAST_GO.join('.')} or later is not installed` };
  const folder = join(cacheFolder(), `${sourceHash()}-${go.version}`);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'kubetest');
  const partial = `${path}.${process.pid}`;
  try {
    compile(go.path, partial);
    // Another build may be under way; whichever comes last replaces the same program.
    renameSync(partial, path);
  } finally {
    rmSync(partial, { force: true });
  }
  return { path };
}

function compile(go: string, output: string): void {
  const version = 'k8s.io/component-base/version';
  const [major, minor] = KUBERNETES.split('.');
  const set = {
    gitVersion: `v${KUBERNETES}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    gitCommit: 'modules',
  };
  const flags = [
    '-s',
    '-w',
    ...Object.entries(set).flatMap(([name, value]) => ['-X', `${version}.${name}=${value}`]),
  ];
  const built = spawnSync(
    go,
    ['build', '-trimpath', '-gcflags=all=-dwarf=false', '-ldflags', flags.join(' '), '-o', output, '.'],
    {
      cwd: SOURCES,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: MAX_BUILD_MS,
      // Collecting less often halves the time of the linker.
      env: {
        ...process.env,
        CGO_ENABLED: '0',
        GOTOOLCHAIN: 'local',
        GOFLAGS: '-buildvcs=false',
        GOGC: '400',
      },
    },
  );
  if (built.status !== 0)
    throw new Error(`go build ended with ${built.status ?? built.signal ?? built.error?.message}`);
}

/** For `skip`: why there is no real API server here; false where there is one, and where a CI must have one. */
export function noRealKubernetes(): string | false {
  if (builtServer() !== null) return false;
  const go = goProgram();
  if (go === null) return `needs Go ${LEAST_GO.join('.')} or later, or the program it built`;
  return process.env.CI === 'true' ? false : 'needs the program that `npm run test:kubernetes` builds';
}
