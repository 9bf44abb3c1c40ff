import { printable } from '../../../base/text.ts';
import { importVex } from '../../../pipeline/governance/index.ts';
import { counted } from '../../render/table/text.ts';
import type { RunContext } from '../command.ts';
import { decided } from '../findings.ts';
import { withFleet } from '../fleet.ts';
import { user } from '../user.ts';
import { tell } from './exempt-add.ts';

const SHOWN = 20;

/** `nodeward exempt import`. */
export async function run(context: RunContext): Promise<number> {
  const [path = ''] = context.args.positionals;
  await withFleet(context, { create: false }, async (fleet) => {
    const { document, exemptions, leftOut, unchanged, withdrawn } = await importVex(fleet, path, user());
    const parts = [
      `${counted(exemptions.length, 'statement')} new`,
      `${unchanged} unchanged`,
      `${withdrawn} withdrawn`,
      `${leftOut.length} left out`,
    ];
    context.out(printable(`${document}: ${parts.join(', ')}.`));
    for (const { place, why } of leftOut.slice(0, SHOWN))
      context.out(printable(`  left out: ${place}: ${why}`));
    if (leftOut.length > SHOWN) context.out(`  … and ${leftOut.length - SHOWN} more left out`);
    await decided(fleet);
    const ids = exemptions.map(({ id }) => id);
    await tell(context, fleet, ids.slice(0, SHOWN));
    if (ids.length > SHOWN) context.out(`  … and ${ids.length - SHOWN} more: \`nodeward exempt\` lists them`);
  });
  return 0;
}
