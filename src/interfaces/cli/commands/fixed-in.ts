import { fixedIn } from '../../../pipeline/fixed-in.ts';
import { type ReportFormat, renderFixedIn } from '../../render/index.ts';
import type { RunContext } from '../command.ts';
import { renderContext } from '../output.ts';

/** `nodeward fixed-in`. */
export async function run(context: RunContext): Promise<number> {
  const [id = ''] = context.args.positionals;
  const { workspace, clock, args } = context;
  const answer = fixedIn(workspace, id, { family: args.text('family'), clock });
  const format = (args.text('format') ?? 'table') as ReportFormat;
  context.out(await renderFixedIn(format, answer, renderContext(context)));
  return 0;
}
