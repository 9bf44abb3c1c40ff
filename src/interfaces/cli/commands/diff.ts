import { diffImages } from '../../../pipeline/diff.ts';
import { type ReportFormat, renderDiff } from '../../render/index.ts';
import type { RunContext } from '../command.ts';
import { renderContext } from '../output.ts';

/** `nodeward diff`. */
export async function run(context: RunContext): Promise<number> {
  const [from = '', to = ''] = context.args.positionals;
  const diff = diffImages(context.workspace, { from, to }, context.clock);
  const format = (context.args.text('format') ?? 'table') as ReportFormat;
  context.out(await renderDiff(format, diff, renderContext(context)));
  return 0;
}
