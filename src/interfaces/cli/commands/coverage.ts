import { coverageRows } from '../../../pipeline/fleet/index.ts';
import { COVERAGE } from '../../render/fleet/coverage.ts';
import type { RunContext } from '../command.ts';
import { showList, withFleet } from '../fleet.ts';

/** `nodeward coverage`. */
export async function run(context: RunContext): Promise<number> {
  const [scope = null] = context.args.positionals;
  await withFleet(context, { create: false }, async (fleet) => {
    const items = await coverageRows(fleet, scope);
    await showList(context, fleet, { items, form: COVERAGE, none: 'There is nothing to cover' });
  });
  return 0;
}
