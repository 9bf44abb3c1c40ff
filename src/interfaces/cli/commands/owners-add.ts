import { NodewardError } from '../../../base/errors.ts';
import { addOwnerRule, type NewOwnerRule, ownerRules } from '../../../pipeline/governance/index.ts';
import { counted } from '../../render/table/text.ts';
import type { Arguments, RunContext } from '../command.ts';
import { decided } from '../findings.ts';
import { withFleet } from '../fleet.ts';
import { numberOption } from '../options.ts';
import { user } from '../user.ts';

const MOST_ORDER = 1_000_000;

/** `nodeward owners add`. */
export async function run(context: RunContext): Promise<number> {
  const wanted = ruleOf(context.args);
  await withFleet(context, { create: false }, async (fleet) => {
    const { id } = await addOwnerRule(fleet, wanted, user());
    const { rules } = await ownerRules(fleet);
    const pools = rules.find(({ rule }) => rule.id === id)?.pools ?? 0;
    context.out(`Rule ${id} says who owns ${counted(pools, 'pool')}.`);
    await decided(fleet);
  });
  return 0;
}

function ruleOf(args: Arguments): NewOwnerRule {
  const kinds = (['tag', 'label', 'scope'] as const).filter((kind) => args.text(kind) !== null);
  const [by] = kinds;
  if (by === undefined || kinds.length > 1)
    throw new NodewardError(
      'usage',
      'owners add needs one of --tag NAME, --label NAME, and --scope SCOPE with --owner',
    );
  const owner = args.text('owner');
  const order = numberOption(args, 'order', { least: 0, most: MOST_ORDER, otherwise: -1 });
  return {
    ...{ by, key: args.text(by) ?? '' },
    ...(owner === null ? {} : { owner }),
    ...(order === -1 ? {} : { order }),
  };
}
