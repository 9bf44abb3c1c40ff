import type { Engine } from '../engine/engine.ts';
import type { Routes } from '../ports.ts';
import { aksRoutes } from './aks/index.ts';
import { gateway } from './gateway.ts';
import { groupRoutes } from './groups.ts';
import { limitRoutes } from './limits.ts';
import { expireOperations, operationRoutes } from './operations.ts';
import { permissionRoutes } from './permissions.ts';
import { subscriptionRoutes } from './subscriptions.ts';

/** Azure Resource Manager with the resource provider of AKS, and those of `others`. */
export function createArm(engine: Engine, others: readonly Routes[]): Routes {
  const { core } = engine;
  expireOperations(core);
  return (app) => {
    gateway(app, core);
    limitRoutes(app, core);
    subscriptionRoutes(app, core);
    groupRoutes(app, core);
    permissionRoutes(app);
    operationRoutes(app, core, 'Microsoft.ContainerService');
    operationRoutes(app, core, 'Microsoft.Compute');
    aksRoutes(app, engine);
    for (const other of others) other(app, core);
  };
}
