import { ERRORS } from '../../../base/errors.ts';
import { refreshFindings } from '../../../pipeline/findings/index.ts';
import { type Fleet, syncFleet } from '../../../pipeline/fleet/index.ts';
import { openProviders } from '../../../pipeline/providers.ts';
import { refreshReport } from '../../render/findings/refresh.ts';
import { hint, NOTHING_ENABLED } from '../../render/fleet/footer.ts';
import { syncReport } from '../../render/fleet/sync.ts';
import type { RunContext } from '../command.ts';
import { withFleet } from '../fleet.ts';
import { renderContext } from '../output.ts';
import { needRunning } from '../place.ts';

/** `nodeward sync`: looks at the fleet, then brings its findings up to date. Exits with 6 where nothing at all could be read. */
export async function run(context: RunContext): Promise<number> {
  const { sandbox, progress, signal, scanWorker, args } = context;
  if (sandbox !== null) needRunning({ dataDir: context.workspace.paths.dataDir, sandbox });
  return withFleet(context, { create: true }, async (fleet, { settings }) => {
    const providers = openProviders(settings, { sandbox, installation: fleet.store.installation });
    const report = await syncFleet(fleet, {
      ...{ providers, progress, signal, scanWorker },
      ...{ parallel: settings['sync.parallel'], full: args.flag('full') },
      unfinished: (problems) => {
        progress.end();
        for (const { scope, detail, remedy } of problems) context.note(`${scope}: ${detail}\n  → ${remedy}`);
      },
    }).finally(() => Promise.all(providers.map((provider) => provider.close())));
    progress.end();
    context.write(syncReport(report, renderContext(context)));
    const findings = await refreshFindings(fleet, { progress, signal });
    context.write(refreshReport(findings, renderContext(context)));
    await showNext(context, fleet, report.clusters.seen);
    return report.clusters.seen === 0 && report.problems.length > 0 ? ERRORS['cloud-failed'].exit : 0;
  });
}

async function showNext(context: RunContext, { store }: Fleet, clusters: number): Promise<void> {
  const none = 'No clusters were found. `nodeward config check` tells what the credentials can see.';
  const enabled = (await store.inventory.enablements()).some((each) => each.enabled);
  if (clusters > 0 && enabled) return;
  context.write(`\n${hint(clusters === 0 ? none : NOTHING_ENABLED, renderContext(context))}`);
}
