import { NodewardError } from '../../../base/errors.ts';
import { controlSandbox } from '../../../pipeline/sandbox.ts';
import { sandboxInfo } from '../../../pipeline/sandbox-info.ts';
import { instantWords } from '../../render/fleet/words.ts';
import type { RunContext } from '../command.ts';
import { needRunning } from '../place.ts';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `nodeward sandbox advance`. */
export async function run(context: RunContext): Promise<number> {
  const [text = ''] = context.args.positionals;
  const body = stepOf(text);
  const { dataDir } = context.workspace.paths;
  const info = needRunning({ dataDir, sandbox: context.sandbox });
  context.note('The sandbox is moving on; days bring new advisories, which takes some seconds …');
  await controlSandbox(info, { method: 'POST', path: '/sandbox/advance', body });
  const now = sandboxInfo(dataDir)?.now ?? info.now;
  context.out(`It is now ${instantWords(now)}. \`nodeward sync --sandbox\` shows what changed.`);
  return 0;
}

/** What the control interface is asked for: a number of milliseconds, or an instant. */
function stepOf(text: string): { readonly ms: number } | { readonly until: string } {
  const duration = /^(\d{1,5})([mhdw])$/.exec(text);
  if (duration !== null) {
    const ms = Number(duration[1]) * (UNITS[duration[2] ?? ''] ?? 0);
    if (ms > 0) return { ms };
  }
  const date = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(date)) return { until: new Date(date).toISOString() };
  throw new NodewardError(
    'usage',
    `DURATION is a number with m, h, d or w, such as 7d; DATE is such as 2024-08-09; ${JSON.stringify(text)} is neither`,
  );
}
