import type { StoreReader } from '../../storage/index.ts';
import { EVERYTHING } from '../fleet/standing.ts';

/** Names of scopes by their ids, also of those that are gone and not forgotten yet; null for what is not known. */
export async function scopeNames({
  inventory,
}: Pick<StoreReader, 'inventory'>): Promise<(id: string) => string | null> {
  const names = new Map([[EVERYTHING, EVERYTHING]]);
  for (const { id, name } of await inventory.subscriptions()) names.set(id, name);
  const clusters = await inventory.clusters({ gone: true });
  for (const { id, name } of clusters) names.set(id, name);
  for (const { id, cluster, name } of await inventory.pools({ gone: true }))
    names.set(id, `${names.get(cluster) ?? cluster}/${name}`);
  return (id) => names.get(id) ?? null;
}
