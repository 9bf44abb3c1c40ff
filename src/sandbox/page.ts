import type { FastifyInstance } from 'fastify';
import { diskSupport } from './compute/index.ts';
import type { Core } from './core.ts';

/** The page at the sandbox's address: that it is one, of when, and what is there. */
export function pageRoutes(app: FastifyInstance, core: Core): void {
  app.get('/', async (_request, reply) => {
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    return reply.type('text/html; charset=utf-8').send(page(core));
  });
}

function page(core: Core): string {
  const { state } = core;
  const date = new Date(core.now()).toISOString().replace('T', ' ').slice(0, 16);
  const subscriptions = [...state.subscriptions.values()].map(({ id, name }) => {
    const clusters = state.clustersOf(id).map((cluster) => {
      const nodes = state.nodesOfCluster(cluster.id).length;
      const pools = state.poolsOf(cluster.id).length;
      const cells = [cluster.name, cluster.location, cluster.currentKubernetesVersion, pools, nodes];
      return `<tr>${cells.map((cell) => `<td>${escaped(String(cell))}</td>`).join('')}</tr>`;
    });
    return `<h2>${escaped(name)}</h2><table><tr><th>Cluster<th>Region<th>Kubernetes<th>Pools<th>Nodes</tr>${clusters.join('')}</table>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>SANDBOX ${date} UTC</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem}h1{background:#b8860b;color:#fff;padding:.5rem 1rem}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.25rem .5rem;text-align:left}</style></head>
<body><h1>SANDBOX ${date} UTC</h1>
<p>This is a simulated Azure on this machine. Nothing here is real, and nothing here costs anything.</p>
<p>It has ${state.subscriptions.size} subscriptions, ${state.clusters.size} clusters, ${state.pools.size} node pools and ${state.nodes.size} nodes.
${escaped(diskSupport() ?? '')}
<a href="/sandbox/status">Status</a>, <a href="/sandbox/releases">node images by region</a>, <a href="/sandbox/faults">faults</a>.</p>
${subscriptions.join('\n')}
</body></html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
