import { controlSandbox } from '../../../pipeline/sandbox.ts';
import { writeCsv } from '../../render/csv.ts';
import { renderJson } from '../../render/fleet/list.ts';
import { statusOf, statusTable } from '../../render/fleet/sandbox.ts';
import type { RunContext } from '../command.ts';
import { fleetContext, formatOf, renderContext } from '../output.ts';
import { needRunning } from '../place.ts';

/** `nodeward sandbox status`. */
export async function run(context: RunContext): Promise<number> {
  const info = needRunning({ dataDir: context.workspace.paths.dataDir, sandbox: context.sandbox });
  const status = statusOf(await controlSandbox(info, { method: 'GET', path: '/sandbox/status' }));
  const format = formatOf(context);
  if (format === 'json') context.write(renderJson({ url: info.url, ...status }, fleetContext(context)));
  else if (format === 'table') context.write(statusTable(status, info.url, renderContext(context)));
  else context.write(writeCsv([['what', 'count'], ...Object.entries(status.counts)]));
  return 0;
}
