import { printable } from '../../../base/text.ts';
import { refreshFindings } from '../../../pipeline/findings/index.ts';
import { setEnabled } from '../../../pipeline/fleet/index.ts';
import { refreshReport } from '../../render/findings/refresh.ts';
import type { RunContext } from '../command.ts';
import { withFleet } from '../fleet.ts';
import { renderContext } from '../output.ts';
import { user } from '../user.ts';

/** `nodeward enable`. */
export function run(context: RunContext): Promise<number> {
  return change(context, true);
}

/** Enables or disables the assessment of a scope and says what comes of it. @returns the exit status */
export async function change(context: RunContext, enabled: boolean): Promise<number> {
  const [scope = ''] = context.args.positionals;
  await withFleet(context, { create: true }, async (fleet) => {
    const { name } = await setEnabled(fleet, { scope, enabled, by: user() });
    context.out(printable(`Assessment of ${name} is ${enabled ? 'enabled' : 'disabled'}.`));
    const { progress, signal } = context;
    const findings = await refreshFindings(fleet, { progress, signal });
    context.write(refreshReport(findings, renderContext(context)));
    const next = enabled ? '`nodeward sync` gathers the evidence' : '`nodeward coverage` shows what is left';
    context.note(`${next}.`);
  });
  return 0;
}
