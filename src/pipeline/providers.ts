import type { Settings } from '../config/index.ts';
import type { Check, Provider, Run } from '../inventory/index.ts';
import { createAks, createKubernetes } from '../inventory/index.ts';
import type { SandboxInfo } from './sandbox-info.ts';

export type { Check, Provider, Run } from '../inventory/index.ts';

/** What providers are opened with beside the settings. */
export interface ProviderContext {
  /** The sandbox of the data folder; null where it is a real one. */
  readonly sandbox: SandboxInfo | null;
  /** The id of the inventory, for the tags of snapshots. */
  readonly installation: string;
}

/** The providers that the settings name, in the order they are asked. Nothing is sent yet. */
export function openProviders(
  settings: Settings,
  { sandbox, installation }: ProviderContext,
): readonly Provider[] {
  return settings.providers.map((id): Provider => {
    switch (id) {
      case 'aks':
        return createAks({
          endpoint: settings['azure.endpoint'],
          caFile: settings['azure.ca-file'],
          credential: sandbox === null ? 'default' : { token: sandbox.token },
          subscriptions: settings['azure.subscriptions'],
          snapshotResourceGroup: settings['azure.snapshot-resource-group'],
          installation,
          workloads: settings['inventory.workloads'],
        });
      case 'kubernetes':
        return createKubernetes({
          kubeconfig: settings['kubernetes.kubeconfig'],
          contexts: settings['kubernetes.contexts'],
          inCluster: settings['kubernetes.in-cluster'],
          workloads: settings['inventory.workloads'],
        });
      default:
        return id satisfies never;
    }
  });
}

/** Tries what every provider needs, one after the other; all of them, also where one fails. */
export async function checkProviders(providers: readonly Provider[], run: Run): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const provider of providers) checks.push(...(await provider.check(run)));
  return checks;
}
