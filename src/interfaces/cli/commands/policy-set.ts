import { setPolicy } from '../../../pipeline/governance/index.ts';
import type { RunContext } from '../command.ts';
import { decided } from '../findings.ts';
import { withFleet } from '../fleet.ts';
import { user } from '../user.ts';
import { showPolicy } from './policy.ts';

/** `nodeward policy set`. */
export async function run(context: RunContext): Promise<number> {
  const [key = '', value = ''] = context.args.positionals;
  await withFleet(context, { create: false }, async (fleet) => {
    showPolicy(context, await setPolicy(fleet, { key, value, by: user() }));
    await decided(fleet);
  });
  return 0;
}
