import { clusterViews } from '../../../pipeline/fleet/index.ts';
import { CLUSTERS } from '../../render/fleet/clusters.ts';
import type { RunContext } from '../command.ts';
import { showList, withFleet } from '../fleet.ts';

/** `nodeward clusters`. */
export async function run(context: RunContext): Promise<number> {
  await withFleet(context, { create: false }, async (fleet) => {
    const items = await clusterViews(fleet);
    await showList(context, fleet, { items, form: CLUSTERS, none: 'No clusters were found' });
  });
  return 0;
}
