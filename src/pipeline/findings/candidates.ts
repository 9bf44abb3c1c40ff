import type { Catalogue } from '../../evidence/images/index.ts';
import { mostOf } from '../../findings/index.ts';
import type { NodeImage } from '../../model/image.ts';
import type { StoredNode, StoredPool } from '../../model/inventory.ts';
import type { CandidateRole } from '../../model/recommendation.ts';
import type { SoftwareList } from '../../model/software.ts';
import { parseNodeImageName } from '../../versions/node-image/name.ts';
import { nodeImage } from '../../versions/node-image/node-image.ts';
import { ImageEvidenceMaker } from '../fleet/image-evidence.ts';

/** An image that could replace the one a pool has. */
export interface CandidateImage {
  readonly image: string;
  /** What the pool's nodes would have on it; null where the catalogue does not have all of its packages. */
  readonly list: { readonly digest: string; readonly software: SoftwareList } | null;
}

/** Finds what could replace the images of pools. Each image is looked up once. */
export class CandidateMaker {
  readonly #evidence: ImageEvidenceMaker;
  readonly #newest: ReadonlyMap<string, NodeImage>;

  /** @throws NodewardError catalogue-unusable */
  constructor(catalogue: Catalogue) {
    this.#evidence = new ImageEvidenceMaker(catalogue);
    const whole = catalogue.images().filter(({ channel }) => channel === 'NodeImage');
    // Of a family the newest comes last.
    this.#newest = new Map(whole.map((image) => [image.family.toLowerCase(), image]));
  }

  /**
   * The image that the region offers for a pool, at least the one it has, and the newest of its family. None where no node
   * names its image: what an upgrade would bring to a pool of custom images is not known.
   */
  of(pool: StoredPool, nodes: readonly StoredNode[]): ReadonlyMap<CandidateRole, CandidateImage> {
    const found = new Map<CandidateRole, CandidateImage>();
    const image = mostOf(nodes.map((node) => node.image));
    if (image === null) return found;
    const version = pool.kubernetesVersion === null ? null : `v${pool.kubernetesVersion}`;
    const kubelet = mostOf(nodes.map((node) => node.kubelet)) ?? version;
    const { latestImage } = pool;
    // No pool goes back to an older image: what it has is then the best it can get.
    const offered = latestImage !== null && isNewer(image, latestImage) ? image : latestImage;
    if (offered !== null) found.set('offered', this.#candidate(offered, pool, kubelet));
    const newest = this.#newestFor(image, offered);
    if (newest !== null) found.set('newest', this.#candidate(newest, pool, kubelet));
    return found;
  }

  /** A catalogue that ends before what the pool has or is offered does not know the newest one. */
  #newestFor(image: string, offered: string | null): string | null {
    const family = parseNodeImageName(image)?.family.toLowerCase();
    const known = (family === undefined ? undefined : this.#newest.get(family))?.name ?? null;
    if (offered !== null && (known === null || isNewer(offered, known))) return offered;
    return known !== null && isNewer(image, known) ? null : known;
  }

  #candidate(image: string, { os }: StoredPool, kubelet: string | null): CandidateImage {
    // Nodes of a new image report the kernel and the containerd that are on it; the kubelet is the pool's.
    const state = { image, os, kubelet, osImage: null, kernel: null, containerRuntime: null };
    const derived = this.#evidence.of(state);
    if (derived === null || !derived.complete) return { image, list: null };
    return { image, list: { digest: derived.digest, software: derived.software } };
  }
}

function isNewer(a: string, b: string): boolean {
  const result = nodeImage.compare(a, b);
  return result.ok && result.value > 0;
}
