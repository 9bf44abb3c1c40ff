import type { Core } from '../core.ts';
import type { ClusterApi } from '../ports.ts';
import { runBackground, upgradeStalePool } from './background.ts';
import { continueUpgrade, runClusterChanges } from './clusters.ts';
import type { Engine } from './engine.ts';
import { runPoolChanges } from './pools.ts';
import { runUpgrades } from './upgrade.ts';
import type { Failure } from './upgrade-run.ts';

/** The machine that makes what was asked for, and what Azure does by itself, happen on the sandbox's clock. */
export function createEngine(core: Core, api: ClusterApi): Engine {
  const engine: Engine = { core, api };
  runUpgrades(engine);
  runPoolChanges(engine);
  runClusterChanges(engine);
  runBackground(engine);
  core.onEvent('pool-ended', ({ data }) => {
    const failure = data.failure as Failure | null;
    const cluster = core.state.clusters.get(String(data.cluster));
    if (data.parent !== null) continueUpgrade(engine, String(data.parent), failure);
    else if (data.automatic === true && failure === null && cluster !== undefined)
      upgradeStalePool(engine, cluster);
  });
  return engine;
}
