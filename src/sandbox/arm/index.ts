import type { Core } from '../core.ts';
import type { Routes } from '../ports.ts';
import { gateway } from './gateway.ts';
import { groupRoutes } from './groups.ts';
import { expireOperations, operationRoutes } from './operations.ts';
import { subscriptionRoutes } from './subscriptions.ts';

/** Azure Resource Manager with the resource provider of AKS, and those of `others`. */
export function createArm(core: Core, others: readonly Routes[]): Routes {
  expireOperations(core);
  return (app) => {
    gateway(app, core);
    subscriptionRoutes(app, core);
    groupRoutes(app, core);
    operationRoutes(app, core, 'Microsoft.ContainerService');
    operationRoutes(app, core, 'Microsoft.Compute');
    for (const other of others) other(app, core);
  };
}
