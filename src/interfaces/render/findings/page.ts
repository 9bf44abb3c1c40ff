import type { Currency } from '../../../model/findings-report.ts';
import { type CsvCell, writeCsv } from '../csv.ts';
import { type Column, Columns } from '../fleet/columns.ts';
import { renderJson } from '../fleet/list.ts';
import type { FleetContext } from '../fleet/types.ts';
import { ago, instantWords } from '../fleet/words.ts';
import { counted, Page, thousands } from '../table/text.ts';
import type { ReportFormat } from '../types.ts';

/** How one kind of list is written of which a part is shown. */
export interface PageForm<T> {
  /** Its name in JSON: `recommendations`. */
  readonly name: string;
  /** What one of them is called, and many; null where how many there are says nothing. */
  readonly nouns: readonly [string, string] | null;
  readonly csvColumns: readonly string[];
  readonly csv: (item: T) => readonly CsvCell[];
  readonly columns: (context: FleetContext) => readonly Column<T>[];
  /** Sentences below a row of the table. */
  readonly below?: (item: T) => readonly string[];
}

/** A part of a list, with what stands around it. */
export interface PageOf<T> {
  readonly items: readonly T[];
  /** How many there are in all. */
  readonly total: number;
  readonly form: PageForm<T>;
  /** How current it is; null where it is as it is stored. */
  readonly currency: Currency | null;
  /** What the totals are told with: `29 unhealthy, 4 healthy`. */
  readonly totals?: string;
  /** Sentences for the end of a table. Of an empty list the first says that it is. */
  readonly notes: readonly string[];
}

/** A part of a list in one of its forms. */
export function renderPage<T>(format: ReportFormat, shown: PageOf<T>, context: FleetContext): string {
  const { items, total, form, currency } = shown;
  if (format === 'csv') return writeCsv([form.csvColumns, ...items.map(form.csv)]);
  if (format === 'json') {
    const about = currency === null ? {} : { currency };
    return renderJson({ ...about, total, [form.name]: items }, context);
  }
  const page = new Page(context);
  if (items.length > 0) {
    writeRows(page, shown, context);
    page.space();
    if (form.nouns !== null) page.hanging('', totalsOf(shown, form.nouns));
  }
  for (const note of shown.notes) page.hanging('', note);
  if (currency !== null) writeCurrency(page, currency, context);
  return page.toString();
}

function writeRows<T>(page: Page, { items, form }: PageOf<T>, context: FleetContext): void {
  const columns = new Columns(page, form.columns(context), { rows: items, indent: 0 });
  columns.header();
  for (const item of items) {
    columns.row(item);
    for (const sentence of form.below?.(item) ?? []) page.hanging('    ', sentence);
  }
}

/** `20 of 412 recommendations shown: 29 unhealthy, 4 healthy.` */
function totalsOf<T>({ items, total, totals }: PageOf<T>, [noun, plural]: readonly [string, string]): string {
  const count =
    items.length === total
      ? counted(total, noun, plural)
      : `${thousands(items.length)} of ${counted(total, noun, plural)} shown`;
  const more = items.length === total ? '' : ' --limit shows more.';
  return `${count}${totals === undefined || totals === '' ? '' : `: ${totals}`}.${more}`;
}

/** When what is shown was computed, and why it is not as current as it could be. */
export function writeCurrency(page: Page, { at, behind }: Currency, { now }: FleetContext): void {
  if (at !== null) page.hanging('', `Computed ${instantWords(at)}, ${ago(at, now)}.`);
  if (behind === null) return;
  const remedy = at === null ? '' : ' `nodeward sync` and `nodeward run` compute them anew.';
  page.hanging('', page.style('yellow', `${behind}${remedy}`));
}
