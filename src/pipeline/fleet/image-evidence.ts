import { compareText } from '../../base/text.ts';
import { digestOf } from '../../evidence/images/digest.ts';
import type { Confidence, Drift } from '../../model/coverage.ts';
import type { Gap } from '../../model/gap.ts';
import type { ImageEvidence } from '../../model/image.ts';
import type { Component, OsPackage, SoftwareList } from '../../model/software.ts';
import { parseNodeImageName } from '../../versions/node-image/name.ts';
import { hasKernel } from './kernels.ts';
import {
  containerdOf,
  kubeletOf,
  otherSystem,
  type ReportedState,
  sameUpstream,
  stateKey,
} from './reported.ts';

/** What the image of a node says of its software, corrected by what the node reports. */
export interface Derived {
  readonly digest: string;
  readonly software: SoftwareList;
  readonly confidence: Confidence;
  readonly complete: boolean;
  readonly drift: readonly Drift[];
  readonly gaps: readonly Gap[];
  /** Drift and gaps as text, to compare them. */
  readonly told: string;
}

/** Finds images by name; null where there is none. The catalogue does. */
export interface ImageSource {
  find(name: string): ImageEvidence | null;
}

/** States that are kept, so that nodes of which each reports something else do not fill the memory. */
const MAX_STATES = 4096;

/** Lists by image for the nodes of one sync: each distinct image is looked up once, each state corrected once. */
export class ImageEvidenceMaker {
  readonly #source: ImageSource;
  readonly #images = new Map<string, ImageEvidence | null>();
  readonly #states = new Map<string, Derived | null>();

  constructor(source: ImageSource) {
    this.#source = source;
  }

  /** Null where the node names no image, or one that nothing is known of. */
  of(node: ReportedState): Derived | null {
    const key = stateKey(node);
    let derived = this.#states.get(key);
    if (derived === undefined) {
      derived = this.#derive(node);
      if (this.#states.size >= MAX_STATES) this.#states.clear();
      this.#states.set(key, derived);
    }
    return derived;
  }

  #derive(node: ReportedState): Derived | null {
    if (node.image === null) return null;
    const exact = this.#find(node.image);
    if (exact !== null) return derive(node, exact, null);
    const live = parseNodeImageName(node.image)?.live ?? null;
    if (live === null) return null;
    const base = this.#find(node.image.slice(0, -live.length - 1));
    return base === null ? null : derive(node, base, live);
  }

  #find(name: string): ImageEvidence | null {
    let found = this.#images.get(name);
    if (found === undefined) {
      found = this.#source.find(name);
      this.#images.set(name, found);
    }
    return found;
  }
}

/** Corrections of a list, one after the other. */
interface Draft {
  software: SoftwareList;
  readonly drift: Drift[];
  readonly gaps: Gap[];
}

function derive(node: ReportedState, image: ImageEvidence, live: string | null): Derived {
  const draft: Draft = { software: image.software, drift: [], gaps: [...image.gaps] };
  if (live !== null) correctPatches(draft, image, live);
  correctKernel(draft, node);
  correctKubelet(draft, node);
  correctContainerd(draft, node);
  const { os } = image.software;
  if (os !== null && otherSystem(node, os)) {
    const reported = (os.id === 'windows' ? node.kernel : node.osImage) ?? '';
    draft.drift.push({ what: 'operating system', image: osName(image.software), node: reported });
  }
  const { software, drift, gaps } = draft;
  const silent = node.kernel === null || node.kubelet === null;
  return {
    digest: digestOf(software),
    software,
    confidence: drift.length > 0 || silent ? 'low' : 'medium',
    complete: !gaps.some(({ code }) => code === 'no-package-list' || code === 'bad-evidence'),
    drift,
    gaps,
    told: JSON.stringify([drift, gaps]),
  };
}

function osName({ os }: SoftwareList): string | null {
  if (os === null) return null;
  return os.id === 'windows' ? `10.0.${os.versionId}` : os.prettyName;
}

function correctPatches(draft: Draft, { image }: ImageEvidence, live: string): void {
  draft.drift.push({ what: 'security patches', image: null, node: live });
  const detail = `The node was patched up to ${live} since ${image.name} was built, and nothing published says with what: the list is the image's, so some findings may be fixed on the node.`;
  draft.gaps.push({ code: 'derived-evidence', detail, subjects: [] });
}

function correctKernel(draft: Draft, { kernel }: ReportedState): void {
  const { software } = draft;
  if (kernel === null || software.os?.id === 'windows') return;
  draft.software = { ...software, runningKernel: kernel };
  if (hasKernel(software, kernel)) return;
  draft.drift.push({ what: 'kernel', image: software.runningKernel, node: kernel });
  const detail =
    'The node runs a kernel that its image does not have, so the vulnerabilities of the kernel that runs are not known.';
  draft.gaps.push({ code: 'derived-evidence', detail, subjects: [kernel] });
}

/** An image caches the kubelets of several versions; the one that runs is the node's. */
function correctKubelet(draft: Draft, node: ReportedState): void {
  const version = kubeletOf(node);
  if (version === null) return;
  const cached = draft.software.components.filter(({ name }) => name === 'kubelet');
  if (useComponent(draft, 'kubelet', version)) return;
  // Of the many that an image caches, those of the same minor version are what the node could have instead.
  const minor = version.split('.').slice(0, 2).join('.');
  const near = cached.filter((each) => each.version.startsWith(`${minor}.`)).map((each) => each.version);
  const image = near.length === 0 ? null : near.join(', ');
  draft.drift.push({ what: 'kubelet', image, node: version });
}

const CONTAINERD_PACKAGE = /^(?:moby-)?containerd(?:2|\.io)?$/;

function correctContainerd(draft: Draft, node: ReportedState): void {
  const version = containerdOf(node);
  if (version === null) return;
  const before = draft.software.components.find(
    ({ name, role }) => name === 'containerd' && role === 'installed',
  );
  if (!useComponent(draft, 'containerd', version))
    draft.drift.push({ what: 'containerd', image: before?.version ?? null, node: version });
  // What was installed from another package is not what this package of the image says.
  const replaced = (pkg: OsPackage): boolean =>
    CONTAINERD_PACKAGE.test(pkg.name) && !sameUpstream(pkg.version, version);
  const { packages } = draft.software;
  if (packages.some(replaced))
    draft.software = { ...draft.software, packages: packages.filter((pkg) => !replaced(pkg)) };
}

/**
 * Makes one version of a component the installed one: where the image has it, in the vendor's spelling; others of it are
 * only cached. @returns whether the image has it
 */
function useComponent(draft: Draft, name: string, version: string): boolean {
  const own = draft.software.components.filter((each) => each.name === name);
  const matching = own.filter((each) => sameUpstream(each.version, version));
  const [only] = matching;
  const spelled = only !== undefined && matching.length === 1 ? only.version : version;
  const used: Component = { name, version: spelled, role: 'installed' };
  const cached = own
    .filter(
      (each) =>
        each.version !== spelled && (name === 'kubelet' || each.role === 'cached' || matching.length > 0),
    )
    .map((each): Component => ({ ...each, role: 'cached' }));
  const others = draft.software.components.filter((each) => each.name !== name);
  const components = [...others, ...cached, used].sort(byNameAndVersion);
  draft.software = { ...draft.software, components };
  return matching.length > 0;
}

function byNameAndVersion(a: Component, b: Component): number {
  return compareText(a.name, b.name) || compareText(a.version, b.version);
}
