import { removeOwnerRule } from '../../../pipeline/governance/index.ts';
import type { RunContext } from '../command.ts';
import { decided } from '../findings.ts';
import { withFleet } from '../fleet.ts';
import { user } from '../user.ts';

/** `nodeward owners remove`. */
export async function run(context: RunContext): Promise<number> {
  const [named = ''] = context.args.positionals;
  await withFleet(context, { create: false }, async (fleet) => {
    const { id } = await removeOwnerRule(fleet, named, user());
    context.out(`Rule ${id} is removed.`);
    await decided(fleet);
  });
  return 0;
}
