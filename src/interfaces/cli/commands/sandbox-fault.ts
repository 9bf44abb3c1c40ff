import { NodewardError } from '../../../base/errors.ts';
import { printable } from '../../../base/text.ts';
import { controlSandbox } from '../../../pipeline/sandbox.ts';
import { writeCsv } from '../../render/csv.ts';
import { renderJson } from '../../render/fleet/list.ts';
import { type Faults, faultsOf, faultsTable } from '../../render/fleet/sandbox.ts';
import type { Arguments, RunContext } from '../command.ts';
import { numberOption } from '../options.ts';
import { fleetContext, formatOf, renderContext } from '../output.ts';
import { needRunning } from '../place.ts';

const FAULTS = '/sandbox/faults';
const MOST_TIMES = 1_000_000;

/** `nodeward sandbox fault`. */
export async function run(context: RunContext): Promise<number> {
  const asked = askedOf(context.args);
  const info = needRunning({ dataDir: context.workspace.paths.dataDir, sandbox: context.sandbox });
  if (asked.clear !== null) {
    await controlSandbox(info, { method: 'DELETE', path: `${FAULTS}/${encodeURIComponent(asked.clear)}` });
    context.out(printable(`Fault ${asked.clear} has ended.`));
  } else if (asked.body !== null) {
    const { kind, target, times } = asked.body;
    const { kinds } = faultsOf(await controlSandbox(info, { method: 'GET', path: FAULTS }));
    if (!kinds.some((known) => known.kind === kind))
      throw new NodewardError('usage', `there is no fault ${JSON.stringify(kind)}`, {
        remedy: 'Run `nodeward sandbox fault` for the list of faults.',
      });
    await controlSandbox(info, { method: 'POST', path: FAULTS, body: asked.body });
    const often = times === undefined ? 'from now on' : `the next ${times} times`;
    context.out(printable(`${kind} strikes ${target === '*' ? 'everything' : target} ${often}.`));
  } else show(context, faultsOf(await controlSandbox(info, { method: 'GET', path: FAULTS })));
  return 0;
}

interface Asked {
  readonly clear: string | null;
  readonly body: { readonly kind: string; readonly target: string; readonly times?: number } | null;
}

function askedOf(args: Arguments): Asked {
  const [kind, target] = args.positionals;
  const clear = args.text('clear');
  if (clear !== null && kind !== undefined)
    throw new NodewardError('usage', '--clear goes with no KIND and TARGET');
  if (kind === undefined) {
    if (args.text('times') !== null) throw new NodewardError('usage', '--times needs KIND and TARGET');
    return { clear, body: null };
  }
  if (target === undefined)
    throw new NodewardError(
      'usage',
      "sandbox fault needs a TARGET: the name of what it strikes, or '*' for everything",
    );
  const times = numberOption(args, 'times', { least: 1, most: MOST_TIMES, otherwise: 0 });
  return { clear: null, body: { kind, target, ...(times === 0 ? {} : { times }) } };
}

function show(context: RunContext, faults: Faults): void {
  const format = formatOf(context);
  if (format === 'json') context.write(renderJson(faults, fleetContext(context)));
  else if (format === 'table') context.write(faultsTable(faults, renderContext(context)));
  else {
    const rows = faults.faults.map(({ id, kind, target, left }) => [id, kind, target, left]);
    context.write(writeCsv([['id', 'kind', 'target', 'left'], ...rows]));
  }
}
