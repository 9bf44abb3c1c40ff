import type { Evidence } from '../../model/coverage.ts';
import type { StoredCluster, StoredNode } from '../../model/inventory.ts';
import type { SoftwareList } from '../../model/software.ts';
import type { InventoryWriter } from '../../storage/index.ts';
import { type Derived, ImageEvidenceMaker } from './image-evidence.ts';
import { standings } from './standing.ts';
import type { Fleet } from './types.ts';

/** What evidence by image is made with. */
export interface Refreshing {
  readonly fleet: Fleet;
  readonly images: ImageEvidenceMaker;
}

/** Evidence by image as the catalogue is now. @throws as `Workspace.catalogue` */
export function refreshing(fleet: Fleet): Refreshing {
  return { fleet, images: new ImageEvidenceMaker(fleet.workspace.catalogue()) };
}

/** Gives every node of a cluster that is assessed the evidence of its image, where it does not have just that. */
export async function refreshImageEvidence(
  { fleet, images }: Refreshing,
  writer: InventoryWriter,
  cluster: StoredCluster,
): Promise<void> {
  const { clock, rules } = fleet;
  // As it is said inside this transaction: who enables a scope meanwhile does the same to what was written before.
  const standing = standings(await writer.enablements(), rules.excludeTags);
  const pools = await writer.pools({ cluster: cluster.id });
  const enabled = new Set(pools.filter((pool) => standing.of(cluster, pool).enabled).map(({ id }) => id));
  if (enabled.size === 0) return;
  const evidence = await writer.evidence({ cluster: cluster.id });
  const known = new Map(evidence.filter(({ source }) => source === 'image').map((each) => [each.node, each]));
  const takenAt = clock.now().toISOString();
  const fresh: Evidence[] = [];
  const lists = new Map<string, SoftwareList>();
  for (const node of await writer.nodes({ cluster: cluster.id })) {
    const derived = enabled.has(node.pool) ? images.of(node) : null;
    if (derived === null || saysTheSame(known.get(node.id), derived, node)) continue;
    const { digest: software, confidence, complete, drift, gaps } = derived;
    const { id, uid, image } = node;
    lists.set(software, derived.software);
    fresh.push({
      node: id,
      source: 'image',
      takenAt,
      uid,
      image,
      reported: null,
      software,
      confidence,
      complete,
      drift,
      gaps,
    });
  }
  for (const [digest, software] of lists) await writer.putSoftware(digest, software);
  await writer.putEvidence(fresh);
}

function saysTheSame(before: Evidence | undefined, now: Derived, node: StoredNode): boolean {
  return (
    before !== undefined &&
    before.uid === node.uid &&
    before.image === node.image &&
    before.software === now.digest &&
    before.confidence === now.confidence &&
    before.complete === now.complete &&
    JSON.stringify([before.drift, before.gaps]) === now.told
  );
}
