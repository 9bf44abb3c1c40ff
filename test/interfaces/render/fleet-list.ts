/** Lists of the fleet as commands write them. */
import { renderList } from '../../../src/interfaces/render/fleet/list.ts';
import type { FleetContext, ListForm } from '../../../src/interfaces/render/fleet/types.ts';
import type { ReportFormat } from '../../../src/interfaces/render/types.ts';
import { FLEET } from './fleet-samples.ts';

/** The items one after the other, as a store gives them. */
export async function* streamed<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

/** All of a list in one text. */
export async function list<T>(
  items: readonly T[],
  form: ListForm<T>,
  more: Partial<FleetContext> & { readonly format?: ReportFormat } = {},
): Promise<string> {
  const { format = 'table', ...context } = more;
  const parts = renderList(format, { items: streamed(items), form }, { ...FLEET, ...context });
  return (await Array.fromAsync(parts)).join('');
}
