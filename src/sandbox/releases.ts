import type { Core } from './core.ts';
import { lagDays, WAVES } from './engine/regions.ts';

/** How many images before the current one a region still tells of. */
const PREVIOUS = 3;

/** Which images each region has: the current one of each family and those before it, as AKS's release tracker shows. */
export function releases(core: Core): Record<string, unknown> {
  const regions = WAVES.flatMap(({ regions: names }) => names);
  return {
    sandbox: true,
    now: new Date(core.now()).toISOString(),
    regions: regions.map((region) => ({
      region,
      lagDays: lagDays(region),
      families: [...core.rollout.families].flatMap((family) => {
        const [current, ...older] = core.rollout.offered(family, region, core.now());
        if (current === undefined) return [];
        return [
          { family, current: current.name, previous: older.slice(0, PREVIOUS).map(({ name }) => name) },
        ];
      }),
    })),
  };
}
