import { NodewardError } from '../../../base/errors.ts';
import { printable } from '../../../base/text.ts';
import type { PoolView } from '../../../model/fleet-report.ts';
import {
  type Fleet,
  nodeViews,
  poolFindings,
  poolViews,
  resolveScope,
} from '../../../pipeline/fleet/index.ts';
import { renderPool } from '../../render/fleet/pool.ts';
import { POOLS } from '../../render/fleet/pools.ts';
import { WORST, type WorstOfPool } from '../../render/fleet/worst.ts';
import type { RunContext } from '../command.ts';
import { showFooter, showList, withFleet } from '../fleet.ts';
import { fleetContext, formatOf } from '../output.ts';

/** `nodeward pools`. */
export async function run(context: RunContext): Promise<number> {
  const { args } = context;
  const [name = null] = args.positionals;
  if (name !== null && (args.flag('worst') || args.text('cluster') !== null))
    throw new NodewardError('usage', 'POOL goes with neither --worst nor --cluster: write CLUSTER/POOL');
  await withFleet(context, { create: false }, async (fleet) => {
    if (name !== null) return showPool(context, fleet, name);
    const views = await poolViews(fleet, args.text('cluster'));
    const none = 'No node pools were found';
    if (!args.flag('worst')) return showList(context, fleet, { items: views, form: POOLS, none });
    const enabled = views.filter((view) => view.enabled);
    return showList(context, fleet, {
      items: worstOf(fleet, enabled),
      form: WORST,
      none: views.length === 0 ? none : 'No node pool is enabled',
    });
  });
  return 0;
}

async function showPool(context: RunContext, fleet: Fleet, name: string): Promise<void> {
  const { id } = await resolveScope(fleet, name);
  const view = (await poolViews(fleet, null)).find(({ pool }) => pool.id === id);
  if (view === undefined) throw new NodewardError('scope-unknown', `${printable(name)} is not a pool`);
  const nodes = await Array.fromAsync(await nodeViews(fleet, { cluster: null, pool: view.pool.id }));
  const findings = await poolFindings(fleet, view.pool.id);
  const format = formatOf(context);
  context.write(renderPool(format, { view, nodes, findings }, fleetContext(context)));
  if (format === 'table') {
    context.out('');
    await showFooter(context, fleet);
  }
}

async function* worstOf(fleet: Fleet, views: readonly PoolView[]): AsyncIterable<WorstOfPool> {
  for (const { pool, cluster, subscription, nodes } of views)
    yield { pool: pool.name, cluster, subscription, nodes, findings: await poolFindings(fleet, pool.id) };
}
