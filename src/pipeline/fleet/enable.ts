import type { StoredCluster } from '../../model/inventory.ts';
import { refreshImageEvidence, refreshing } from './refresh.ts';
import { resolveScope } from './scopes.ts';
import type { Fleet, ResolvedScope } from './types.ts';

/**
 * Says that a scope is assessed, or is not. What becomes assessed gets the evidence of its images at once; its disks are
 * read with the next sync. The audit log says who did it.
 * @param change.scope as for `resolveScope`
 * @param change.by the user of the operating system
 * @returns the scope's id, and its name
 * @throws NodewardError scope-unknown, store-busy, file-unwritable, catalogue-missing, catalogue-unusable
 */
export async function setEnabled(
  fleet: Fleet,
  change: { readonly scope: string; readonly enabled: boolean; readonly by: string },
): Promise<{ readonly scope: string; readonly name: string }> {
  const { store, clock, workspace } = fleet;
  const scope = await resolveScope(fleet, change.scope);
  const { enabled, by } = change;
  if (enabled) workspace.catalogue();
  const at = clock.now().toISOString();
  await store.write(async ({ inventory, governance }) => {
    await inventory.putEnablement({ scope: scope.id, enabled, at, by });
    const action = enabled ? 'assessment.enable' : 'assessment.disable';
    await governance.appendAudit({ at, actor: by, action, subject: scope.id, detail: { name: scope.name } });
  });
  if (enabled) {
    const context = refreshing(fleet);
    const clusters = await store.inventory.clusters();
    for (const cluster of clusters.filter((each) => touches(scope, each)))
      await store.write(({ inventory }) => refreshImageEvidence(context, inventory, cluster));
  }
  return { scope: scope.id, name: scope.name };
}

function touches({ kind, id }: ResolvedScope, cluster: StoredCluster): boolean {
  switch (kind) {
    case 'all':
      return true;
    case 'subscription':
      return cluster.subscription === id;
    case 'cluster':
      return cluster.id === id;
    case 'pool':
      return id.startsWith(`${cluster.id}/`);
  }
}
