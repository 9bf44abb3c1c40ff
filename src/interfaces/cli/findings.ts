import type { Currency } from '../../model/findings-report.ts';
import { currency, recommendationList, summariseFindings } from '../../pipeline/findings/index.ts';
import type { Fleet } from '../../pipeline/fleet/index.ts';
import { type PageOf, renderPage } from '../render/findings/page.ts';
import { NOTHING_ENABLED } from '../render/fleet/footer.ts';
import { counted } from '../render/table/text.ts';
import type { RunContext } from './command.ts';
import { fleetContext, formatOf } from './output.ts';

const EVERYTHING = 1_000_000;

/** Writes a part of a list in the form that is asked for. */
export function showPage<T>(context: RunContext, shown: PageOf<T>): void {
  context.write(renderPage(formatOf(context), shown, fleetContext(context)));
}

/** How far the pools of a scope are assessed. */
export interface PoolsAssessed {
  readonly pools: number;
  /** Of which everything is known, and of which nothing is. */
  readonly whole: number;
  readonly not: number;
}

/** How far the pools of a scope are assessed, as it was computed. @throws NodewardError scope-unknown */
export async function poolsAssessed(fleet: Fleet, scope: string | null): Promise<PoolsAssessed> {
  const page = { offset: 0, limit: EVERYTHING };
  const { items } = await recommendationList(fleet, { scope, kind: 'vulnerabilities' }, page);
  const not = items.filter(({ state }) => state === 'not-assessed').length;
  const whole = items.filter(({ state, reasons }) => state !== 'not-assessed' && reasons.length === 0).length;
  return { pools: items.length, whole, not };
}

/** How far the pools of a scope are assessed, in a sentence that no reader takes for more than it is. */
export function coverageWords({ pools, whole, not }: PoolsAssessed, scope: string | null): string {
  if (pools === 0) return 'No pool is known there.';
  const why = `\`nodeward coverage${scope === null ? '' : ` ${scope}`}\` says why`;
  if (whole === pools)
    return pools === 1 ? 'The pool is fully assessed.' : `All ${pools} pools are fully assessed.`;
  if (pools === 1)
    return not === 1 ? `The pool is not assessed: ${why}.` : `The pool is only partly assessed: ${why}.`;
  const parts = [
    ...(pools - whole - not === 0 ? [] : [`${pools - whole - not} only partly assessed`]),
    ...(not === 0 ? [] : [`${not} not assessed`]),
  ];
  return `Of ${counted(pools, 'pool')}, ${parts.join(', ')}: ${why}.`;
}

/** What to do where nothing is enabled; nothing where something is. */
export async function enablingHint({ store }: Fleet): Promise<readonly string[]> {
  const enabled = (await store.inventory.enablements()).some((each) => each.enabled);
  return enabled ? [] : [NOTHING_ENABLED];
}

/** Computes the recommendations anew after a decision. @returns how current they are then */
export async function decided(fleet: Fleet): Promise<Currency> {
  await summariseFindings(fleet);
  return currency(fleet);
}
