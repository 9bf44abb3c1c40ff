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

/** In OpenSSH, published while the tour goes on: `regreSSHion`. */
const CVE = 'CVE-2024-6387';

/** The pool that is looked at: nobody upgrades it, and its nodes have addresses on the internet. */
const POOL = 'shop-eus/web';

/** The main job, on a fleet that is made up and images and CVEs that are real. */
const STOPS: readonly Stop[] = [
  {
    say: 'Nothing is assessed until somebody enables it. Two of the three subscriptions are discovered and enabled:',
    commands: [
      ['sync', '--quiet'],
      ['enable', 'Contoso Production', '--quiet'],
      ['enable', 'Contoso Staging', '--quiet'],
      ['owners', 'add', '--tag', 'owner'],
    ],
  },
  {
    say: 'Now the evidence is gathered: node images from the catalogue, and the disk of one node for each state of a pool.',
    commands: [['sync', '--disks', 'sample']],
  },
  {
    say: 'Which clusters and pools are there, and how far is each assessed?',
    commands: [['clusters'], ['pools']],
  },
  {
    say: 'What should be done, the most urgent first? One recommendation for each node pool:',
    commands: [
      ['recommendations', '--limit', '10'],
      ['recommendations', POOL, '--limit', '5'],
    ],
  },
  {
    say: 'What nobody has to resolve is said with a reason, and ends by itself:',
    commands: [
      [
        ...['exempt', 'add', '--severity', 'negligible', '--reason', 'waived', '--expires', '2024-12-31'],
        ...['--justification', 'Negligible findings wait for the next image.'],
      ],
    ],
  },
  {
    say: 'Two months pass, then two more. No machine is asked for its software again: new advisories are matched with what is known, new images reach the regions, pools with automatic upgrades move.',
    commands: [
      ['sandbox', 'advance', '2024-05-01', '--quiet'],
      ['run', '--once'],
      ['sandbox', 'advance', '2024-07-05', '--quiet'],
      ['run', '--once'],
      ['recommendations', '--limit', '10'],
    ],
  },
  {
    say: `${CVE} was published on 2024-07-01. Who has it, and which image is without it?`,
    commands: [['cve', CVE]],
  },
  {
    say: 'Five weeks later the image with the fix has reached the regions, and the due dates run:',
    commands: [
      ['sandbox', 'advance', '2024-08-09', '--quiet'],
      ['run', '--once'],
      ['findings', POOL, '--search', CVE],
      ['recommendations', '--by', 'cluster'],
    ],
  },
  {
    say: 'This pool upgrades its image at weekends by itself. What that has fixed:',
    commands: [['findings', 'shop-weu/web', '--status', 'fixed', '--severity', 'high', '--limit', '5']],
  },
  {
    say: 'Who decided what, and is the record whole?',
    commands: [['audit'], ['audit', 'verify']],
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
  nodeward run --sandbox       keeps its findings current until Ctrl-C

With real clusters, sign in with \`az login\` and run \`nodeward config check\`, then \`nodeward sync\`.
Without any: \`nodeward assess\`, \`scan\`, \`diff\` and \`fixed-in\`; \`nodeward --help\` lists all commands.
In a checkout, \`nodeward\` is \`bin/nodeward\`.`;
