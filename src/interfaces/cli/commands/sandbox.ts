import { once } from 'node:events';
import { NodewardError } from '../../../base/errors.ts';
import {
  type RunningSandbox,
  runSandbox,
  SANDBOX_STARTS,
  type SandboxRun,
} from '../../../pipeline/sandbox.ts';
import { sandboxBanner } from '../../render/fleet/banner.ts';
import type { Arguments, RunContext } from '../command.ts';
import { numberOption } from '../options.ts';

/** `nodeward sandbox`: runs until it is interrupted. */
export async function run(context: RunContext): Promise<number> {
  const { workspace, signal, args, sandbox } = context;
  const options = optionsOf(args);
  const late = ['start', 'seed', 'fleet'].filter((name) => sandbox !== null && args.text(name) !== null);
  if (late.length > 0)
    context.note(
      `The sandbox in ${workspace.paths.dataDir} goes on as it is: ${late.map((name) => `--${name}`).join(', ')} only counts for a new one. Delete the folder to begin anew.`,
    );
  context.note('The sandbox is starting …');
  const running = await runSandbox(workspace, options);
  try {
    context.out(sandboxBanner(running.now()));
    context.out(welcome(running, options.rate));
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await running.close();
  }
  context.out('\nThe sandbox has stopped. Its state is kept; `nodeward sandbox` goes on from here.');
  return 0;
}

const MAX_RATE = 100_000;
const MAX_CLUSTERS = 1_000;
const MAX_NODES = 100_000;

function optionsOf(args: Arguments): SandboxRun {
  const start = args.text('start') ?? SANDBOX_STARTS[0];
  if (!SANDBOX_STARTS.some((day) => day === start))
    throw new NodewardError(
      'usage',
      `--start is one of ${SANDBOX_STARTS.join(', ')}, not ${JSON.stringify(start)}`,
    );
  return {
    start,
    seed: numberOption(args, 'seed', { least: 0, most: 2 ** 31, otherwise: 1 }),
    port: numberOption(args, 'port', { least: 0, most: 65_535, otherwise: 0 }),
    rate: numberOption(args, 'rate', { least: 0, most: MAX_RATE, otherwise: 1 }),
    limits: !args.flag('no-limits'),
    fleet: fleetOf(args.text('fleet')),
  };
}

function fleetOf(text: string | null): SandboxRun['fleet'] {
  if (text === null) return 'default';
  const match = /^(\d{1,6}),(\d{1,6})$/.exec(text);
  const [clusters, nodes] = [Number(match?.[1]), Number(match?.[2])];
  if (clusters >= 1 && nodes >= clusters && clusters <= MAX_CLUSTERS && nodes <= MAX_NODES)
    return { clusters, nodes };
  throw new NodewardError(
    'usage',
    `--fleet takes CLUSTERS,NODES, up to ${MAX_CLUSTERS},${MAX_NODES} and a node for each cluster, not ${JSON.stringify(text)}`,
  );
}

function welcome({ url, folder, withoutDisks }: RunningSandbox, rate: number): string {
  const pace = rate === 1 ? 'at the pace of yours' : `${rate} times as fast as yours`;
  return `
Azure and its clusters answer at ${url}
Its clock ${rate === 0 ? 'stands; `nodeward sandbox advance` moves it' : `runs ${pace}`}
Everything of it is in ${folder}
${withoutDisks === null ? '' : `${withoutDisks}\n`}
It runs until Ctrl-C. In another terminal:
  nodeward sync --sandbox            discover its clusters, pools and nodes
  nodeward enable all --sandbox      assess all of them; then sync again
  nodeward pools --worst --sandbox   the worst CVEs of each pool
  nodeward sandbox advance 7d        a week passes: new CVEs, new images, upgrades
`;
}
