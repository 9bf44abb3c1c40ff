import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { NodewardError, reasonOf } from '../../../base/errors.ts';
import { readBounded } from '../../../base/files.ts';
import { decodeUtf8 } from '../../../base/text.ts';
import type { KubernetesSettings } from '../../types.ts';

/** One way to reach a cluster. */
export interface Context {
  readonly name: string;
  /** With the context as its current one. */
  readonly config: KubeConfig;
}

const MAX_KUBECONFIG = 4 << 20;
const IN_CLUSTER = 'in-cluster';

/** The kubeconfig files of the settings, `$KUBECONFIG` or the home folder, as `kubectl` finds them. */
export function kubeconfigPaths(settings: KubernetesSettings, env: NodeJS.ProcessEnv): readonly string[] {
  if (settings.kubeconfig !== null) return [settings.kubeconfig];
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  return listed.length > 0 ? listed : [join(env.HOME ?? homedir(), '.kube', 'config')];
}

/**
 * The contexts to look at.
 * @throws NodewardError config-invalid where a kubeconfig cannot be read, or has no such context
 */
export async function loadContexts(
  settings: KubernetesSettings,
  env: NodeJS.ProcessEnv,
): Promise<readonly Context[]> {
  const { KubeConfig: Config } = await import('@kubernetes/client-node');
  const all = new Config();
  if (settings.inCluster) {
    if (!env.KUBERNETES_SERVICE_HOST)
      throw new NodewardError(
        'config-invalid',
        'kubernetes.in-cluster is set, and this is no pod of a cluster',
      );
    all.loadFromCluster();
    return [{ name: IN_CLUSTER, config: all }];
  }
  const paths = kubeconfigPaths(settings, env);
  for (const path of paths) await addFile(all, path, () => new Config());
  const wanted = settings.contexts.length > 0 ? settings.contexts : [all.getCurrentContext()];
  return [...new Set(wanted)].map((name) => ({ name, config: contextOf(all, name, new Config()) }));
}

async function addFile(all: KubeConfig, path: string, create: () => KubeConfig): Promise<void> {
  try {
    const text = decodeUtf8(await readBounded(path, MAX_KUBECONFIG), path);
    const one = create();
    one.loadFromString(text);
    one.makePathsAbsolute(dirname(path));
    all.mergeConfig(one, Boolean(all.getCurrentContext()));
  } catch (thrown) {
    const detail = `The kubeconfig ${path} cannot be used: ${reasonOf(thrown)}`;
    throw new NodewardError('config-invalid', detail, {
      cause: thrown,
      remedy: 'Name a kubeconfig in kubernetes.kubeconfig, and a context of it in kubernetes.contexts.',
    });
  }
}

function contextOf(all: KubeConfig, name: string | undefined, config: KubeConfig): KubeConfig {
  const names = all.getContexts().map((context) => context.name);
  if (name === undefined || !names.includes(name)) {
    const which = name ? `has no context ${JSON.stringify(name)}` : 'names no current context';
    throw new NodewardError('config-invalid', `The kubeconfig ${which}`, {
      remedy: `Name one in kubernetes.contexts: ${names.slice(0, 20).join(', ') || 'it has none'}.`,
    });
  }
  config.loadFromOptions({
    clusters: all.getClusters(),
    users: all.getUsers(),
    contexts: all.getContexts(),
    currentContext: name,
  });
  return config;
}
