/** What a node reports of itself, compared with what a software list says. */
import type { Evidence, Reported } from '../../model/coverage.ts';
import type { Node } from '../../model/fleet.ts';
import type { OsRelease } from '../../model/software.ts';
import { upstreamVersion } from '../../versions/vendor.ts';

/** What a node reports of the software it runs. Nodes of one state have one software list by their image. */
export type ReportedState = Reported & Pick<Node, 'image' | 'os'>;

/** What a node says of itself, to be kept with evidence. */
export function reportedBy({ osImage, kernel, kubelet, containerRuntime }: Reported): Reported {
  return { osImage, kernel, kubelet, containerRuntime };
}

const REPORTED = [
  ['operating system', 'osImage'],
  ['kernel', 'kernel'],
  ['kubelet', 'kubelet'],
  ['container runtime', 'containerRuntime'],
] as const;

/** What a node says otherwise than when evidence was taken of it, as sentences' parts: `kernel B, before A`. */
export function changedSince({ reported }: Pick<Evidence, 'reported'>, node: Reported): readonly string[] {
  return REPORTED.flatMap(([what, key]) => {
    const [before, now] = [reported?.[key] ?? null, node[key]];
    return before === null || now === null || before === now ? [] : [`${what} ${now}, before ${before}`];
  });
}

/** The same for nodes that report the same. */
export function stateKey(node: ReportedState): string {
  const { image, os, osImage, kernel, kubelet, containerRuntime } = node;
  return JSON.stringify([image, os, osImage, kernel, kubelet, containerRuntime]);
}

/** The version of the kubelet without its `v`; null where the node reports none. */
export function kubeletOf({ kubelet }: ReportedState): string | null {
  return kubelet === null ? null : kubelet.replace(/^v/, '');
}

/** The version of containerd; null where the node reports none, or another container runtime. */
export function containerdOf({ containerRuntime }: ReportedState): string | null {
  return /^containerd:\/\/(.+)$/.exec(containerRuntime ?? '')?.[1] ?? null;
}

/** Whether two versions are of the same upstream release, whoever built them. */
export function sameUpstream(a: string, b: string): boolean {
  const left = upstreamVersion(a)?.upstream;
  return a === b || (left !== undefined && left === upstreamVersion(b)?.upstream);
}

/**
 * Whether a node says that it runs another operating system, or another release of it, than the list. `Ubuntu 22.04` is
 * no other than `Ubuntu 22.04.4 LTS`, which says more.
 */
export function otherSystem(node: ReportedState, os: OsRelease): boolean {
  if (os.id === 'windows') {
    const build = /^10\.0\.(\d+(?:\.\d+)?)$/.exec(node.kernel ?? '')?.[1];
    return build !== undefined && !isPrefix(build.split('.'), os.versionId.split('.'));
  }
  if (node.osImage === null || node.osImage === os.prettyName) return false;
  const reported = nameAndVersion(node.osImage);
  const pretty = nameAndVersion(os.prettyName);
  const named = related(reported.name, pretty.name) || reported.name.includes(os.id.toLowerCase());
  const version = pretty.version.length > 0 ? pretty.version : os.versionId.split('.');
  return !named || !isPrefix(reported.version, version);
}

interface NameAndVersion {
  /** Letters alone, in lower case: `ubuntults`, `cblmarinerlinux`. */
  readonly name: string;
  /** `['22', '04', '4']`; empty where the text has none. */
  readonly version: readonly string[];
}

function nameAndVersion(text: string): NameAndVersion {
  const version = /\d+(?:\.\d+)*/.exec(text)?.[0].split('.') ?? [];
  return { name: text.toLowerCase().replace(/[^a-z]/g, ''), version };
}

function related(a: string, b: string): boolean {
  return a.includes(b) || b.includes(a);
}

/** Whether one of them is the beginning of the other. */
function isPrefix(a: readonly string[], b: readonly string[]): boolean {
  return a.every((part, index) => index >= b.length || part === b[index]);
}
