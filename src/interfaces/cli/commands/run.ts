import { ERRORS } from '../../../base/errors.ts';
import { runContinuously } from '../../../pipeline/work/index.ts';
import { startMetrics } from '../../metrics/index.ts';
import type { RunContext } from '../command.ts';
import { withFleet } from '../fleet.ts';
import { livingContext, workSetup } from '../work.ts';

/** `nodeward run`: until it is interrupted; with `--once`, what is due now. Exits with 6 where that failed in part. */
export function run(context: RunContext): Promise<number> {
  const { args, signal, note, version } = context;
  const once = args.flag('once');
  return withFleet(livingContext(context), { create: true }, async (fleet, { settings }) => {
    const setup = await workSetup(context, fleet, settings);
    const listen = once ? null : settings['run.listen'];
    const metrics = listen === null ? null : await startMetrics({ listen, fleet, version });
    const shown = metrics === null ? '' : `; metrics and health at ${metrics.url}`;
    setup.tell('run', once ? 'doing what is due' : `keeping everything current, until Ctrl-C${shown}`);
    const failed = await runContinuously(setup, { once, signal }).finally(() => metrics?.close());
    if (failed.length === 0) return 0;
    note(`Failed: ${failed.join(', ')}. They are tried again by the next run.`);
    return ERRORS['cloud-failed'].exit;
  });
}
