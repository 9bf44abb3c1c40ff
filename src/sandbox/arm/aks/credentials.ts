import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { stringify } from 'yaml';
import type { Core } from '../../core.ts';
import { apiServerPath, TOKENS } from '../../names.ts';
import type { SimCluster } from '../../types.ts';
import { CLUSTER, type ClusterPath, findCluster } from './find.ts';

/** The application that stands for every AKS API server in Entra ID, and the one that signs users in to it. */
const AKS_SERVER = '6dae42f8-4368-4678-94ff-3960e28e3630';
const AKS_CLIENT = '80faf920-1908-4b52-b5ef-a8e7bedfc67a';

/** Kubeconfigs of clusters. */
export function credentialRoutes(app: FastifyInstance, core: Core): void {
  app.post<ClusterPath>(`${CLUSTER}/listClusterUserCredential`, async ({ params }) => {
    const cluster = findCluster(core, params);
    return kubeconfigs('clusterUser', kubeconfig(core, cluster, entraUser(core)));
  });
  app.post<ClusterPath>(`${CLUSTER}/listClusterAdminCredential`, async ({ params }) => {
    const cluster = findCluster(core, params);
    return kubeconfigs('clusterAdmin', kubeconfig(core, cluster, { token: TOKENS.owner }));
  });
}

function kubeconfigs(name: string, config: unknown): Record<string, unknown> {
  return { kubeconfigs: [{ name, value: Buffer.from(stringify(config)).toString('base64') }] };
}

function kubeconfig(core: Core, cluster: SimCluster, user: unknown): Record<string, unknown> {
  const { name, resourceGroup } = cluster;
  const userName = `clusterUser_${resourceGroup}_${name}`;
  const authority = readFileSync(join(core.folder, 'ca.pem')).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        cluster: {
          'certificate-authority-data': authority,
          server: `${core.url}${apiServerPath(cluster)}`,
        },
        name,
      },
    ],
    contexts: [{ context: { cluster: name, user: userName }, name }],
    'current-context': name,
    preferences: {},
    users: [{ name: userName, user }],
  };
}

/** A user of a cluster that trusts Entra ID: a program gets the token. */
function entraUser(core: Core): Record<string, unknown> {
  const args = ['get-token', '--environment', 'AzurePublicCloud', '--server-id', AKS_SERVER];
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      args: [
        ...args,
        '--client-id',
        AKS_CLIENT,
        '--tenant-id',
        core.random('tenant').guid(),
        '--login',
        'devicecode',
      ],
      command: 'kubelogin',
      env: null,
      installHint: 'kubelogin is not installed which is required to connect to AAD enabled cluster.',
      provideClusterInfo: false,
    },
  };
}
