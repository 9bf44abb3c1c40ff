import { NodewardError } from '../../../base/errors.ts';
import { workUntil } from '../../../pipeline/work/index.ts';
import type { RunContext } from '../command.ts';
import { withFleet } from '../fleet.ts';
import { livingContext, workSetup } from '../work.ts';

/** `nodeward worker`: until it is interrupted. */
export async function run(context: RunContext): Promise<number> {
  const { settings } = await context.configuration();
  if (settings['storage.url'] === null)
    throw new NodewardError(
      'usage',
      'A store in a SQLite file is kept current by one process: `nodeward run`',
      {
        remedy:
          'Set storage.url to a PostgreSQL database (postgres://…) for `nodeward run` and every worker, and start them again.',
      },
    );
  return withFleet(livingContext(context), { create: true }, async (fleet) => {
    const setup = await workSetup(context, fleet, settings);
    setup.tell('worker', 'sharing the work, until Ctrl-C');
    await workUntil(setup, context.signal);
    return 0;
  });
}
