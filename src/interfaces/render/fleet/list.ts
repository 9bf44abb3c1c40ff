import { writeCsv } from '../csv.ts';
import type { ReportFormat } from '../types.ts';
import type { FleetContext, ListForm } from './types.ts';

/** Lists are written in parts of this many items, so that the longest takes no more memory than a short one. */
const PART = 500;

/** A list in one of its forms, in parts to be written one after the other. */
export async function* renderList<T>(
  format: ReportFormat,
  { items, form }: { readonly items: AsyncIterable<T>; readonly form: ListForm<T> },
  context: FleetContext,
): AsyncIterable<string> {
  if (format === 'table') yield* form.table(items, context);
  else if (format === 'csv') {
    yield writeCsv([form.csvColumns]);
    for await (const part of partsOf(items)) yield writeCsv(part.flatMap((item) => form.csv(item)));
  } else {
    yield `{\n  "sandbox": ${JSON.stringify(sandboxField(context))},\n  ${JSON.stringify(form.name)}: [`;
    let separator = '\n    ';
    for await (const part of partsOf(items)) {
      yield separator + part.map((item) => JSON.stringify(form.json(item))).join(',\n    ');
      separator = ',\n    ';
    }
    yield '\n  ]\n}\n';
  }
}

/** What JSON says of a sandbox: its date; null for a real cloud. */
export function sandboxField({ sandbox, now }: FleetContext): { readonly date: string } | null {
  return sandbox ? { date: now.toISOString() } : null;
}

/** One thing as JSON, with what must be said of a sandbox. */
export function renderJson(value: object, context: FleetContext): string {
  return `${JSON.stringify({ sandbox: sandboxField(context), ...value }, null, 2)}\n`;
}

/** Items in parts, none of them empty. */
export async function* partsOf<T>(items: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  let part: T[] = [];
  for await (const item of items) {
    part.push(item);
    if (part.length < PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
