import { NodewardError } from '../../../base/errors.ts';
import { auditVerdict } from '../../../pipeline/governance/index.ts';
import { renderVerdict } from '../../render/findings/audit.ts';
import type { RunContext } from '../command.ts';
import { withFleet } from '../fleet.ts';
import { fleetContext, formatOf } from '../output.ts';

/** `nodeward audit verify`: ends with 11 where somebody changed the record. */
export async function run(context: RunContext): Promise<number> {
  const head = context.args.text('head');
  if (head !== null && !/^[0-9a-f]{64}$/i.test(head.trim()))
    throw new NodewardError(
      'usage',
      '--head takes a hash of 64 hexadecimal digits, as `nodeward audit verify` shows it',
    );
  await withFleet(context, { create: false }, async (fleet) => {
    const verdict = await auditVerdict(fleet, head === null ? {} : { head });
    context.write(renderVerdict(formatOf(context), verdict, fleetContext(context)));
    const { broken } = verdict;
    if (broken !== null)
      throw new NodewardError(
        'audit-broken',
        `The audit log is broken at event ${broken.sequence}: ${broken.why}`,
      );
  });
  return 0;
}
