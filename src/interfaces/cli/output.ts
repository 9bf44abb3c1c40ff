import { printable } from '../../base/text.ts';
import { writeCsv } from '../render/csv.ts';
import type { FleetContext } from '../render/fleet/types.ts';
import type { RenderContext, ReportFormat } from '../render/index.ts';
import type { RunContext } from './command.ts';

const DEFAULT_WIDTH = 120;

/** What renderers need to know of the output. */
export function renderContext({ version, color, sandbox }: RunContext): RenderContext {
  return { version, color, width: process.stdout.columns ?? DEFAULT_WIDTH, sandbox: sandbox !== null };
}

/** The form that `--format` asks for. */
export function formatOf({ args }: RunContext): ReportFormat {
  return (args.text('format') ?? 'table') as ReportFormat;
}

/** What renderers of the fleet need to know. */
export function fleetContext(context: RunContext): FleetContext {
  return { ...renderContext(context), now: context.clock.now(), sandbox: context.sandbox !== null };
}

/** A plain table as the `list` and `status` commands print it. */
export interface Listing {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A listing as aligned text or CSV; `json` is what stands for it as JSON. */
export function renderListing(format: string | null, listing: Listing, json: unknown): string {
  if (format === 'json') return `${JSON.stringify(json, null, 2)}\n`;
  if (format === 'csv') return writeCsv([listing.columns, ...listing.rows]);
  const lines = [
    listing.columns.map((name) => name.toUpperCase()),
    ...listing.rows.map((row) => row.map(printable)),
  ];
  const widths = listing.columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return `${lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`;
}
