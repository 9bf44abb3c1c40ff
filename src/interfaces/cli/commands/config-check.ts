import { ERRORS } from '../../../base/errors.ts';
import { type Check, checkProviders, openProviders } from '../../../pipeline/providers.ts';
import { writeCsv } from '../../render/csv.ts';
import { checksTable } from '../../render/fleet/config.ts';
import { renderJson } from '../../render/fleet/list.ts';
import type { RunContext } from '../command.ts';
import { fleetContext, formatOf, renderContext } from '../output.ts';
import { needRunning } from '../place.ts';

/** `nodeward config check`. Exits with 6 where a check failed. */
export async function run(context: RunContext): Promise<number> {
  const { sandbox, progress, signal } = context;
  if (sandbox !== null) needRunning({ dataDir: context.workspace.paths.dataDir, sandbox });
  const { settings } = await context.configuration();
  // Nothing is made in the cloud, so nothing is tagged.
  const providers = openProviders(settings, { sandbox, installation: 'none' });
  const checks = await checkProviders(providers, { progress, signal }).finally(() =>
    Promise.all(providers.map((provider) => provider.close())),
  );
  progress.end();
  context.write(rendered(checks, context));
  return checks.some(({ state }) => state === 'failed') ? ERRORS['cloud-failed'].exit : 0;
}

function rendered(checks: readonly Check[], context: RunContext): string {
  const format = formatOf(context);
  if (format === 'table') return checksTable(checks, renderContext(context));
  if (format === 'json') return renderJson({ checks }, fleetContext(context));
  const rows = checks.map(({ name, state, detail, remedy }) => [name, state, detail, remedy]);
  return writeCsv([['check', 'state', 'detail', 'remedy'], ...rows]);
}
