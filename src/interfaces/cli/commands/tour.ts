import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSandbox, SANDBOX_STARTS } from '../../../pipeline/sandbox.ts';
import { Workspace } from '../../../pipeline/workspace.ts';
import type { RunContext } from '../command.ts';

interface Stop {
  readonly say: string;
  readonly commands: readonly (readonly string[])[];
}

/** Of the kernel: in each Ubuntu pool of the cluster, and fixed by an image that not every region has yet. */
const CVE = 'CVE-2023-51781';

/** The main job, on a fleet that is made up and images and CVEs that are real. */
const STOPS: readonly Stop[] = [
  {
    say: 'Nothing is assessed until somebody enables it. Two of the three subscriptions are discovered and enabled:',
    commands: [
      ['sync', '--quiet'],
      ['enable', 'Contoso Production', '--quiet'],
      ['enable', 'Contoso Staging', '--quiet'],
    ],
  },
  {
    say: 'Now the evidence is gathered: node images from the catalogue, and the disk of one node for each state of a pool.',
    commands: [['sync', '--disks', 'sample']],
  },
  { say: 'Which clusters are there, and how far is each assessed?', commands: [['clusters']] },
  { say: 'Which images do the node pools run, and what does their region offer?', commands: [['pools']] },
  {
    say: 'Which nodes are behind them, and how is their software known?',
    commands: [['nodes']],
  },
  { say: 'What is not known, why, and what would have to be done?', commands: [['coverage']] },
  { say: 'Which CVEs are the worst in each pool?', commands: [['pools', '--worst']] },
  {
    say: `And which node image fixes ${CVE}?`,
    commands: [['fixed-in', CVE, '--family', 'AKSUbuntu-2204gen2containerd']],
  },
];

/** `nodeward tour`: runs a sandbox of its own, a few commands in it, and says what they are for. */
export async function run(context: RunContext): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-tour-'));
  try {
    const workspace = new Workspace({ ...context.workspace.paths, dataDir: folder });
    const sandbox = await runSandbox(workspace, {
      ...{ start: SANDBOX_STARTS[0], seed: 1, port: 0, rate: 0, limits: true, fleet: 'default' },
    });
    context.out(
      '── A simulated Azure runs on this machine now. Its clusters are made up; their node images and CVEs are real.',
    );
    try {
      for (const stop of STOPS) await show(stop, folder, context);
    } finally {
      await sandbox.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  context.out(FAREWELL);
  return 0;
}

async function show({ say, commands }: Stop, folder: string, context: RunContext): Promise<void> {
  context.out(`\n── ${say}`);
  for (const words of commands) {
    context.signal.throwIfAborted();
    const shown = words
      .filter((word) => word !== '--quiet')
      .map((word) => (word.includes(' ') ? `'${word}'` : word));
    context.out(`\n$ nodeward ${shown.join(' ')}\n`);
    await context.invoke([...words, '--data-dir', folder]);
  }
}

const FAREWELL = `
── That is the main job. The sandbox of this tour is gone. To go on with one of your own:

  nodeward sandbox             runs until Ctrl-C; \`nodeward sync --sandbox\` in another terminal
  nodeward sandbox advance 7d  lets a week pass in it: new CVEs, new images, upgrades

With real clusters, sign in with \`az login\` and run \`nodeward config check\`, then \`nodeward sync\`.
Without any: \`nodeward assess\`, \`scan\`, \`diff\` and \`fixed-in\`; \`nodeward --help\` lists all commands.
In a checkout, \`nodeward\` is \`bin/nodeward\`.`;
