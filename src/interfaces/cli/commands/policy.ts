import type { PolicyEntry } from '../../../model/findings-report.ts';
import { policy } from '../../../pipeline/governance/index.ts';
import { POLICY } from '../../render/findings/policy.ts';
import type { RunContext } from '../command.ts';
import { showPage } from '../findings.ts';
import { withFleet } from '../fleet.ts';

/** `nodeward policy`. */
export async function run(context: RunContext): Promise<number> {
  await withFleet(context, { create: false }, async (fleet) => showPolicy(context, await policy(fleet)));
  return 0;
}

/** Writes what is decided. */
export function showPolicy(context: RunContext, items: readonly PolicyEntry[]): void {
  showPage(context, { ...{ items, total: items.length, form: POLICY, currency: null }, notes: [] });
}
