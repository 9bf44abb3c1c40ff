import type { Session } from './types.ts';
import { type Row, type Table, upsert } from './upsert.ts';

/**
 * Writes the rows that differ from those there are. Of several with the same key, the last counts.
 * @param old the rows that the table has, or those of them that matter
 * @returns those of them that are not among `rows`
 */
export async function putRows<Old extends object>(
  session: Session,
  { old, ...table }: Table & { readonly old: readonly Old[] },
  rows: readonly object[],
): Promise<readonly Old[]> {
  const nameOf = (row: object): string => table.key.map((column) => (row as Row)[column]).join('\n');
  const left = new Map(old.map((row) => [nameOf(row), row]));
  const differing: object[] = [];
  for (const [name, row] of new Map(rows.map((each) => [nameOf(each), each]))) {
    const before = left.get(name) as Row | undefined;
    left.delete(name);
    if (before === undefined || Object.entries(row).some(([column, value]) => value !== before[column]))
      differing.push(row);
  }
  await upsert(session, table, differing);
  return [...left.values()];
}
