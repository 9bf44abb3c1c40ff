import type { SandboxImage, SandboxImages, SimNode, SimPool } from '../../types.ts';

/**
 * What an OS disk holds, as far as its bytes follow from it. A snapshot keeps this, so that its bytes stay what they
 * were whatever becomes of the node. `encrypted` and `windows` disks hold no root that can be read.
 */
export interface DiskContent {
  readonly kind: 'linux' | 'windows' | 'encrypted';
  /** The node image whose packages are on it. Of a customer's own image, a plain Ubuntu one of that time. */
  readonly image: string;
  /** Date of the security patches applied to the running node, `2024.03.15`; null without. */
  readonly live: string | null;
  /** The kernel that runs. */
  readonly kernel: string;
  /** Seed of what was changed by hand; null where nothing was. */
  readonly drift: number | null;
  /** When the node was made: what was installed by hand came from the archive of that time. Epoch milliseconds. */
  readonly made: number;
  /** GiB. */
  readonly size: number;
}

/** What customers' own images are made from. */
const PLAIN_FAMILY = 'AKSUbuntu-2204gen2containerd';
/** GiB that AKS gives a node of which nothing else is known. */
const USUAL_SIZE = 128;

/** What is on the OS disk of a node now. `pool` is undefined for nodes of node auto-provisioning. */
export function contentOf(node: SimNode, pool: SimPool | undefined, images: SandboxImages): DiskContent {
  return {
    kind: pool?.osType === 'Windows' ? 'windows' : pool?.encrypted === true ? 'encrypted' : 'linux',
    image: node.image ?? plainImage(node, images),
    live: node.live,
    kernel: node.kernel,
    drift: node.drift,
    made: node.created,
    size: pool?.osDiskSizeGb ?? USUAL_SIZE,
  };
}

/** Whose software a node of a customer's own image has: the plain image with what it reports of itself. */
function plainImage({ kernel, containerd }: SimNode, { images }: SandboxImages): string {
  const family = images.filter((image) => image.family === PLAIN_FAMILY);
  const alike = family.findLast((image) => image.kernel === kernel && image.containerd === containerd);
  return (alike ?? family[0] ?? images[0])?.name ?? '';
}

/** Those of some images that were built before an instant. */
export function builtBefore(images: readonly SandboxImage[], at: number): readonly SandboxImage[] {
  return images.filter(({ buildDate }) => Date.parse(buildDate) < at);
}
