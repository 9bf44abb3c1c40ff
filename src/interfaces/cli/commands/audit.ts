import { instantOf } from '../../../base/clock.ts';
import { NodewardError } from '../../../base/errors.ts';
import { auditEvents } from '../../../pipeline/governance/index.ts';
import { AUDIT } from '../../render/findings/audit.ts';
import type { Arguments, RunContext } from '../command.ts';
import { limitOf } from '../filters.ts';
import { showPage } from '../findings.ts';
import { withFleet } from '../fleet.ts';

const DAY = 86_400_000;

/** `nodeward audit`. */
export async function run(context: RunContext): Promise<number> {
  const { args, clock } = context;
  const filter = filterOf(args, clock.now());
  const limit = limitOf(args);
  await withFleet(context, { create: false }, async (fleet) => {
    const events = await auditEvents(fleet, filter);
    const none = Object.keys(filter).length === 0 ? 'Nothing was recorded yet.' : 'No event is so.';
    showPage(context, {
      ...{ items: events.slice(-limit), total: events.length, form: AUDIT, currency: null },
      notes: events.length === 0 ? [none] : [],
    });
  });
  return 0;
}

function filterOf(args: Arguments, now: Date) {
  const [actor, action, subject] = [args.text('actor'), args.text('action'), args.text('subject')];
  const since = args.text('since');
  return {
    ...(actor === null ? {} : { actor }),
    ...(action === null ? {} : { action }),
    ...(subject === null ? {} : { subject }),
    ...(since === null ? {} : { since: sinceOf(since, now) }),
  };
}

/** `7d` ago, `2024-03-01` or an instant. */
function sinceOf(text: string, now: Date): string {
  const days = /^(\d{1,5})\s?d(?:ays?)?$/i.exec(text)?.[1];
  const isDay = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/i.test(
    text,
  );
  const at = days === undefined ? (isDay ? instantOf(text) : null) : now.getTime() - Number(days) * DAY;
  if (at !== null) return new Date(at).toISOString();
  throw new NodewardError(
    'usage',
    `--since takes days back (7d), a day (2024-03-01) or an instant, not ${JSON.stringify(text)}`,
  );
}
