import { ownerRules } from '../../../pipeline/governance/index.ts';
import { OWNERS } from '../../render/findings/owners.ts';
import { counted } from '../../render/table/text.ts';
import type { RunContext } from '../command.ts';
import { showPage } from '../findings.ts';
import { withFleet } from '../fleet.ts';

/** `nodeward owners`. */
export async function run(context: RunContext): Promise<number> {
  await withFleet(context, { create: false }, async (fleet) => {
    const { rules, pools, unowned } = await ownerRules(fleet);
    const none =
      'No rule says who owns what: `nodeward owners add --tag owner` reads it from a tag, for one.';
    showPage(context, {
      ...{ items: rules, total: rules.length, form: OWNERS, currency: null },
      notes: [
        ...(rules.length === 0 ? [none] : []),
        `${counted(pools - unowned, 'pool')} with an owner, ${unowned} without.`,
      ],
    });
  });
  return 0;
}
