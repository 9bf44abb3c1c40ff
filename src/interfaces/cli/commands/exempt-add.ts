import { NodewardError } from '../../../base/errors.ts';
import { printable } from '../../../base/text.ts';
import type { Severity } from '../../../model/advisory.ts';
import { EXEMPTION_REASONS, type ExemptionReason } from '../../../model/exemption.ts';
import type { Fleet } from '../../../pipeline/fleet/index.ts';
import { addExemption, exemptionViews } from '../../../pipeline/governance/index.ts';
import { subjectWords } from '../../render/findings/exemptions.ts';
import { dayOf } from '../../render/findings/words.ts';
import { counted } from '../../render/table/text.ts';
import type { Arguments, RunContext } from '../command.ts';
import { decided } from '../findings.ts';
import { withFleet } from '../fleet.ts';
import { user } from '../user.ts';

/** `nodeward exempt add`. */
export async function run(context: RunContext): Promise<number> {
  const { args } = context;
  const reason = needed(args, 'reason', EXEMPTION_REASONS.join(', ')) as ExemptionReason;
  const justification = needed(args, 'justification', 'why it does not have to be resolved');
  await withFleet(context, { create: false }, async (fleet) => {
    const { id } = await addExemption(fleet, { ...subjectOf(args), reason, justification, by: user() });
    context.out(`Exemption ${id} counts from now on.`);
    await decided(fleet);
    await tell(context, fleet, [id]);
  });
  return 0;
}

function needed(args: Arguments, name: string, what: string): string {
  const text = args.text(name);
  if (text === null) throw new NodewardError('usage', `exempt add needs --${name}: ${what}`);
  return text;
}

function subjectOf(args: Arguments) {
  const [cve, name, version] = [args.text('cve'), args.text('package'), args.text('version')];
  const [severity, scope, family] = [args.text('severity'), args.text('scope'), args.text('family')];
  const expires = args.text('expires');
  return {
    ...(cve === null ? {} : { cve }),
    ...(name === null ? {} : { package: name }),
    ...(version === null ? {} : { version }),
    ...(severity === null ? {} : { severity: severity as Severity }),
    ...(scope === null ? {} : { scope }),
    ...(family === null ? {} : { family }),
    ...(expires === null ? {} : { expires }),
  };
}

/** Says what exemptions are about and what they do now. */
export async function tell(context: RunContext, fleet: Fleet, ids: readonly string[]): Promise<void> {
  const views = await exemptionViews(fleet, { withdrawn: true });
  for (const view of views.filter(({ exemption }) => ids.includes(exemption.id))) {
    const until = dayOf(view.exemption.expiresAt);
    const end =
      view.state === 'withdrawn' ? '' : until === '' ? ', until it is withdrawn' : `, until ${until}`;
    context.out(
      printable(`  ${subjectWords(view)}${end}: suppresses ${counted(view.suppresses, 'finding')}`),
    );
    for (const note of view.notes) context.out(printable(`    ${note}`));
  }
}
