import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { NodewardError } from '../../base/errors.ts';
import type { Settings } from '../../config/index.ts';
import type { SandboxInfo } from '../../pipeline/sandbox-info.ts';
import { dataDirectory } from '../../pipeline/workspace.ts';

/** The data folder of a run, and the sandbox it belongs to; null where it is a real one. */
export interface Place {
  readonly dataDir: string;
  readonly sandbox: SandboxInfo | null;
  /** Settings that a sandbox decides, whatever else says: nothing real can be reached from its data folder. */
  readonly fixed: Partial<Settings>;
}

/** What makes a data folder that of a sandbox. */
const MARK = 'sandbox.json';

/**
 * Finds the data folder. `wanted`: the sandbox's is asked for (`--sandbox`, or a command about it); a folder that is a
 * sandbox's is taken as it is.
 * @throws NodewardError sandbox-unavailable where the sandbox's own description is damaged
 */
export async function findPlace(asked: {
  /** What `--data-dir` names. */
  readonly named: string | null;
  readonly env: NodeJS.ProcessEnv;
  readonly wanted: boolean;
}): Promise<Place> {
  const named = dataDirectory(asked.named, asked.env);
  const marked = existsSync(join(named, MARK));
  // Most runs are about no sandbox, and need none of its code.
  if (!marked && !asked.wanted) return { dataDir: named, sandbox: null, fixed: {} };
  const { sandboxFolder, sandboxInfo, SNAPSHOT_GROUP } = await import('../../pipeline/sandbox-info.ts');
  const dataDir = marked ? named : sandboxFolder(named);
  const sandbox = sandboxInfo(dataDir);
  const mark = join(dataDir, MARK);
  // Never taken for a real one: what is stored there is made up.
  if (sandbox === null && existsSync(mark))
    throw new NodewardError('sandbox-unavailable', `${mark} is damaged`, {
      remedy: 'Delete that file and run `nodeward sandbox`, which makes it anew.',
    });
  if (sandbox === null) return { dataDir, sandbox, fixed: {} };
  const fixed: Partial<Settings> = {
    providers: ['aks'],
    'azure.endpoint': sandbox.url,
    'azure.ca-file': sandbox.caFile,
    'azure.snapshot-resource-group': SNAPSHOT_GROUP,
  };
  return { dataDir, sandbox, fixed };
}

/** @throws NodewardError sandbox-unavailable where the place is none of a sandbox */
export function needSandbox({ dataDir, sandbox }: Pick<Place, 'dataDir' | 'sandbox'>): SandboxInfo {
  if (sandbox !== null) return sandbox;
  throw new NodewardError('sandbox-unavailable', `there is no sandbox in ${dataDir}`);
}

/** @throws NodewardError sandbox-unavailable where the place is none of a sandbox, or its sandbox does not run */
export function needRunning(place: Pick<Place, 'dataDir' | 'sandbox'>): SandboxInfo {
  const sandbox = needSandbox(place);
  if (sandbox.running) return sandbox;
  throw new NodewardError(
    'sandbox-unavailable',
    `the sandbox in ${place.dataDir} does not run; its clock stands`,
  );
}

/**
 * A sandbox's advisories and images are those of its day: other ones would make its results those of no day at all.
 * @throws NodewardError usage where the data folder is a sandbox's
 */
export function refuseInSandbox(sandbox: SandboxInfo | null, command: string): void {
  if (sandbox === null) return;
  throw new NodewardError(
    'usage',
    `${command} does not work on a sandbox: its advisories and images are those of its day`,
    {
      remedy:
        'Move its clock on with `nodeward sandbox advance`; without --sandbox the command works on the real data folder.',
    },
  );
}

/** The clock of a sandbox: it goes on at its own rate while the sandbox runs, and stands while it does not. */
export function sandboxClock({ now, running, rate }: SandboxInfo): Clock {
  const started = Date.now();
  return { now: () => new Date(now.getTime() + (running ? (Date.now() - started) * rate : 0)) };
}
