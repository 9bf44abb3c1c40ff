import * as v from 'valibot';
import { printable } from '../../../base/text.ts';
import { counted, Page } from '../table/text.ts';
import type { RenderContext } from '../types.ts';
import { Columns } from './columns.ts';
import { instantWords } from './words.ts';

const FAULT = v.object({
  id: v.string(),
  kind: v.string(),
  target: v.string(),
  left: v.nullable(v.number()),
});

const FAULTS = v.object({
  kinds: v.array(v.object({ kind: v.string(), description: v.string() })),
  faults: v.array(FAULT),
});

/** What can go wrong in a sandbox, and what does. */
export type Faults = v.InferOutput<typeof FAULTS>;

/** The faults in an answer of the control interface. @throws where it is none */
export function faultsOf(answer: unknown): Faults {
  return v.parse(FAULTS, answer);
}

/** What can be made to go wrong, and what was. */
export function faultsTable({ kinds, faults }: Faults, context: RenderContext): string {
  const page = new Page(context);
  page.heading('What can go wrong: `nodeward sandbox fault KIND TARGET`');
  const columns = new Columns<Faults['kinds'][number]>(
    page,
    [
      { title: 'KIND', text: ({ kind }) => kind },
      { title: 'WHAT HAPPENS', text: ({ description }) => description, wraps: 30 },
    ],
    { rows: kinds },
  );
  columns.header();
  for (const kind of kinds) columns.row(kind);
  writeFaults(page, faults);
  return page.toString();
}

function writeFaults(page: Page, faults: Faults['faults']): void {
  page.heading(`What goes wrong (${faults.length})`);
  if (faults.length === 0) page.line('  Nothing.');
  const columns = new Columns<Faults['faults'][number]>(
    page,
    [
      { title: 'ID', text: ({ id }) => id },
      { title: 'KIND', text: ({ kind }) => kind },
      { title: 'TARGET', text: ({ target }) => target },
      { title: 'TIMES LEFT', text: ({ left }) => (left === null ? 'always' : String(left)) },
    ],
    { rows: faults },
  );
  if (faults.length > 0) columns.header();
  for (const fault of faults) columns.row(fault);
}

const STATUS = v.object({
  now: v.string(),
  rate: v.number(),
  seed: v.number(),
  counts: v.record(v.string(), v.number()),
  limits: v.boolean(),
  operations: v.array(v.object({ kind: v.string(), target: v.string(), since: v.string() })),
  faults: v.array(FAULT),
  problem: v.nullable(v.string()),
  withoutDisks: v.nullable(v.string()),
  nextEvents: v.array(v.object({ at: v.string(), kind: v.string(), of: v.nullable(v.string()) })),
});

/** What a running sandbox says of itself. */
export type SandboxStatus = v.InferOutput<typeof STATUS>;

/** The status in an answer of the control interface. @throws where it is none */
export function statusOf(answer: unknown): SandboxStatus {
  return v.parse(STATUS, answer);
}

/** What is in a running sandbox, and what goes on. */
export function statusTable(status: SandboxStatus, url: string, context: RenderContext): string {
  const page = new Page(context);
  const { now, rate, seed, counts, operations, faults, limits, problem, withoutDisks } = status;
  page.field(
    'Now',
    `${instantWords(now)}, ${rate === 0 ? 'standing' : `${counted(rate, 'simulated second')} in a real one`}`,
  );
  page.field('Answers at', url);
  page.field('Seed', String(seed));
  page.field(
    'Holds',
    Object.entries(counts)
      .map(([noun, count]) => `${count} ${noun}`)
      .join(', '),
  );
  page.field('Limits', limits ? "Azure's request limits apply" : "none of Azure's request limits");
  if (withoutDisks !== null) page.field('Disks', printable(withoutDisks));
  if (problem !== null) page.field('Problem', page.style('red', printable(problem)));
  page.heading(`In progress (${operations.length})`);
  if (operations.length === 0) page.line('  Nothing.');
  for (const { kind, target, since } of operations)
    page.hanging('  ', printable(`${kind} of ${target}, since ${instantWords(since)}`));
  writeFaults(page, faults);
  return page.toString();
}
