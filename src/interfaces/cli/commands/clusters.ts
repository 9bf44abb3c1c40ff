import { clusterViews } from '../../../pipeline/fleet/index.ts';
import { CLUSTERS } from '../../render/fleet/clusters.ts';
import type { RunContext } from '../command.ts';
import { showList, withFleet } from '../fleet.ts';

/** `nodeward clusters`. */
export async function run(context: RunContext): Promise<number> {
  await withFleet(context, { create: false }, (fleet) =>
    showList(context, fleet, { items: clusterViews(fleet), form: CLUSTERS, none: 'No clusters were found' }),
  );
  return 0;
}
