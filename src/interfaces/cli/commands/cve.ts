import { currency, cveDetail } from '../../../pipeline/findings/index.ts';
import { renderCve } from '../../render/findings/cve.ts';
import type { RunContext } from '../command.ts';
import { coverageWords, poolsAssessed } from '../findings.ts';
import { withFleet } from '../fleet.ts';
import { fleetContext, formatOf } from '../output.ts';

/** `nodeward cve`. */
export async function run(context: RunContext): Promise<number> {
  const [id = ''] = context.args.positionals;
  await withFleet(context, { create: false }, async (fleet) => {
    const detail = await cveDetail(fleet, id);
    const coverage = coverageWords(await poolsAssessed(fleet, null), null);
    const shown = { detail, currency: await currency(fleet), coverage };
    context.write(renderCve(formatOf(context), shown, fleetContext(context)));
  });
  return 0;
}
