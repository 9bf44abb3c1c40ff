import { printable } from '../../../base/text.ts';
import { updateImages } from '../../../pipeline/update.ts';
import type { RunContext } from '../command.ts';
import { refuseInSandbox } from '../place.ts';

const SHOWN = 10;

/** `nodeward images update`. */
export async function run(context: RunContext): Promise<number> {
  refuseInSandbox(context.sandbox, 'images update');
  const { args, workspace, progress, signal } = context;
  const report = await updateImages(workspace, { from: args.text('from'), progress, signal });
  const gaps = Object.entries(report.gapsByCode).map(([code, count]) => `${code} ${count}`);
  context.out(`${report.images} images with ${report.lists} distinct software lists, up to ${report.newest}`);
  if (gaps.length > 0) context.out(`gaps, by the number of images: ${gaps.join(', ')}`);
  for (const { path, detail } of report.problems.slice(0, SHOWN))
    context.out(printable(`left out: ${path}: ${detail}`));
  if (report.problems.length > SHOWN) context.out(`left out: ${report.problems.length - SHOWN} more files`);
  return 0;
}
