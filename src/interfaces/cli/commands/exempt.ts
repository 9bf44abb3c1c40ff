import { currency } from '../../../pipeline/findings/index.ts';
import { exemptionViews } from '../../../pipeline/governance/index.ts';
import { EXEMPTIONS } from '../../render/findings/exemptions.ts';
import type { RunContext } from '../command.ts';
import { limitOf } from '../filters.ts';
import { showPage } from '../findings.ts';
import { withFleet } from '../fleet.ts';

/** `nodeward exempt`. */
export async function run(context: RunContext): Promise<number> {
  const { args } = context;
  const limit = limitOf(args);
  await withFleet(context, { create: false }, async (fleet) => {
    // The newest are those that somebody has just decided.
    const views = (await exemptionViews(fleet, { withdrawn: args.flag('all') })).toReversed();
    const states = Map.groupBy(views, ({ state }) => state);
    showPage(context, {
      ...{ items: views.slice(0, limit), total: views.length, form: EXEMPTIONS },
      currency: await currency(fleet),
      totals: Array.from(states, ([state, own]) => `${own.length} ${state}`).join(', '),
      notes:
        views.length > 0
          ? []
          : [
              'Nothing is exempted. `nodeward exempt add` does, `nodeward exempt import` reads OpenVEX documents.',
            ],
    });
  });
  return 0;
}
