import { withdrawExemption } from '../../../pipeline/governance/index.ts';
import type { RunContext } from '../command.ts';
import { decided } from '../findings.ts';
import { withFleet } from '../fleet.ts';
import { user } from '../user.ts';
import { tell } from './exempt-add.ts';

/** `nodeward exempt withdraw`. */
export async function run(context: RunContext): Promise<number> {
  const [named = ''] = context.args.positionals;
  await withFleet(context, { create: false }, async (fleet) => {
    const { id } = await withdrawExemption(fleet, named, user());
    context.out(`Exemption ${id} does not count any more.`);
    await decided(fleet);
    await tell(context, fleet, [id]);
  });
  return 0;
}
