import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { formatBytes, refuseToReplace, replaceFile } from '../../../base/files.ts';
import { printable } from '../../../base/text.ts';
import { fleetReport } from '../../../pipeline/findings/index.ts';
import type { Fleet } from '../../../pipeline/fleet/index.ts';
import { eachPool } from '../../../pipeline/report.ts';
import { sandboxBanner } from '../../render/fleet/banner.ts';
import type { PoolWriter } from '../../render/report/types.ts';
import type { FleetReportFormat } from '../../render/types.ts';
import type { RunContext } from '../command.ts';
import { withFleet } from '../fleet.ts';
import { fleetContext } from '../output.ts';

/** Where a report goes, a part at a time. */
type Write = (part: string) => void | Promise<void>;

/** `nodeward report`. */
export async function run(context: RunContext): Promise<number> {
  const { args, sandbox, clock } = context;
  const [scope = null] = args.positionals;
  const path = args.text('output');
  if (path !== null) refuseToReplace(path);
  // The parser has compared it with the choices.
  const format = (args.text('format') ?? 'html') as FleetReportFormat;
  if (sandbox !== null) context.note(sandboxBanner(clock.now()).trimEnd());
  await withFleet(context, { create: false }, async (fleet) => {
    const asked = { fleet, scope, format };
    if (path === null) return writeReport(context, asked, context.write);
    await replaceFile(path, (aside) => writeFile(aside, (write) => writeReport(context, asked, write)));
    context.note(printable(`${path} has the report, ${formatBytes(statSync(path).size)}.`));
  });
  return 0;
}

async function writeReport(
  context: RunContext,
  {
    fleet,
    scope,
    format,
  }: { readonly fleet: Fleet; readonly scope: string | null; readonly format: FleetReportFormat },
  write: Write,
): Promise<void> {
  const about = fleetContext(context);
  switch (format) {
    case 'html':
      return write(
        (await import('../../render/report/html.ts')).reportHtml(await fleetReport(fleet, scope), about),
      );
    case 'json':
      return write(
        (await import('../../render/report/json.ts')).reportJson(await fleetReport(fleet, scope), about),
      );
    case 'csv':
      return writePools(
        context,
        { fleet, scope, by: (await import('../../render/report/pools-csv.ts')).poolsCsv() },
        write,
      );
    case 'sarif':
      return writePools(
        context,
        { fleet, scope, by: (await import('../../render/report/pools-sarif.ts')).poolsSarif(about) },
        write,
      );
    case 'vex':
      return writePools(
        context,
        { fleet, scope, by: (await import('../../render/report/pools-vex.ts')).poolsVex(about) },
        write,
      );
    default:
      return format satisfies never;
  }
}

async function writePools(
  { progress, signal }: RunContext,
  { fleet, scope, by }: { readonly fleet: Fleet; readonly scope: string | null; readonly by: PoolWriter },
  write: Write,
): Promise<void> {
  await write(by.begin());
  let done = 0;
  const basis = await eachPool(fleet, scope, async (pool, about) => {
    signal.throwIfAborted();
    await write(by.pool(pool, about));
    progress.step('Writing the report (pools)', ++done, null);
  });
  for (const part of by.end(basis)) await write(part);
  progress.end();
}

async function writeFile(path: string, fill: (write: Write) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await fill((part) => file.appendFile(part));
  } finally {
    await file.close();
  }
}
