import { type Clock, systemClock } from '../../../base/clock.ts';
import type { KubernetesShared } from '../../kubernetes/client.ts';
import { Connections } from '../../kubernetes/connections.ts';
import { PATIENCE, type Patience } from '../../patience.ts';
import { TrafficCounter } from '../../traffic.ts';
import type { AksSettings, Provider } from '../../types.ts';
import { Azure } from './azure.ts';
import { checkAks } from './check.ts';
import { listClusters } from './clusters.ts';
import { AzureDisks } from './disks/disks.ts';
import { latestImages } from './latest-images.ts';
import { listNodes } from './nodes.ts';
import { listSubscriptions } from './subscriptions.ts';

/** What tests need to be otherwise. */
export interface AksOptions {
  readonly patience?: Partial<Patience>;
  readonly clock?: Clock;
}

/**
 * Clusters of Azure Kubernetes Service. The SDKs are loaded with the first request.
 * @throws NodewardError config-invalid
 */
export function createAks(settings: AksSettings, options: AksOptions = {}): Provider {
  const patience = { ...PATIENCE, ...options.patience };
  const traffic = new TrafficCounter();
  const azure = new Azure(settings, { traffic, patience });
  const connections = new Connections(patience);
  const kubernetes: KubernetesShared = { connections, patience, traffic };
  const { snapshotResourceGroup: group, installation, workloads } = settings;
  const clock = options.clock ?? systemClock;
  const provider: Provider = {
    id: 'aks',
    subscriptions: (run) => listSubscriptions(azure, settings.subscriptions, run),
    clusters: (subscription, run) => listClusters(azure, subscription, run),
    nodes: (found, cursor, run) => listNodes({ azure, kubernetes, found, workloads, run }, cursor),
    latestImages: (found, run) => latestImages(azure, found, run),
    disks: group === null ? null : new AzureDisks({ azure, group, installation, clock }),
    check: (run) => checkAks({ azure, settings, ...provider }, run),
    traffic: () => traffic.counts(),
    close: async () => connections.close(),
  };
  return provider;
}
