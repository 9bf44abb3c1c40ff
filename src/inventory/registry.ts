import type { ProviderId } from '../model/fleet.ts';
import { createAks } from './providers/aks/aks.ts';
import { createKubernetes } from './providers/kubernetes/kubernetes.ts';
import type { AksSettings, KubernetesSettings, Provider } from './types.ts';

/** What each provider is configured with. */
export interface ProviderSettings {
  readonly aks: AksSettings;
  readonly kubernetes: KubernetesSettings;
}

/** Every provider Nodeward has. */
export const PROVIDERS: {
  readonly [Id in ProviderId]: (settings: ProviderSettings[Id]) => Provider;
} = { aks: createAks, kubernetes: createKubernetes };
