import { Html, html, type Part } from './markup.ts';

/** One column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => Part;
  /** Numbers stand at the right. */
  readonly number?: true;
}

/** A table with a caption, or a sentence where it has no rows. Columns that are empty in every row are left out. */
export function table<T>(caption: string, columns: readonly Column<T>[], rows: readonly T[]): Html {
  const cells = rows.map((row) => columns.map(({ cell }) => html`${cell(row)}`));
  const shown = columns.flatMap((column, i) =>
    rows.length === 0 || cells.some((row) => row[i]?.text !== '') ? [{ column, i }] : [],
  );
  const heads = shown.map(
    ({ column }) => html`<th scope="col"${column.number === true ? NUMBER : ''}>${column.title}</th>`,
  );
  const body = cells.map(
    (row) =>
      html`<tr>${shown.map(({ column, i }) => cellOf(row[i] ?? html``, column.number === true))}</tr>\n`,
  );
  return html`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody></table></div>
`;
}

const NUMBER = new Html(' class="number"');

function cellOf(content: Html, number: boolean): Html {
  return html`<td${number ? NUMBER : ''}>${content}</td>`;
}
