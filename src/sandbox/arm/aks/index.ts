import type { FastifyInstance } from 'fastify';
import type { Engine } from '../../engine/engine.ts';
import { clusterRoutes } from './cluster-writes.ts';
import { credentialRoutes } from './credentials.ts';
import { latestRoutes } from './latest.ts';
import { maintenanceRoutes } from './maintenance.ts';
import { poolRoutes } from './pool-writes.ts';
import { readRoutes } from './reads.ts';
import { snapshotRoutes } from './snapshots.ts';

/** `Microsoft.ContainerService`. */
export function aksRoutes(app: FastifyInstance, engine: Engine): void {
  readRoutes(app, engine.core);
  credentialRoutes(app, engine.core);
  maintenanceRoutes(app, engine.core);
  snapshotRoutes(app, engine.core);
  latestRoutes(app, engine.core);
  clusterRoutes(app, engine);
  poolRoutes(app, engine);
}
