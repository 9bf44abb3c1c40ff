import type { Node } from '../../model/fleet.ts';
import { type Fields, fieldsOf, nameAt, objectAt, textAt, textsAt } from '../fields.ts';

/** What Nodeward reads of a Kubernetes Node object. */
export interface NodeFacts extends Omit<Node, 'id' | 'cluster' | 'pool' | 'uid'> {
  readonly uid: string;
  /** As the cloud's part of Kubernetes wrote it: `azure:///subscriptions/…`; null where there is none. */
  readonly providerId: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Whether it has an address on the internet; null where it names no addresses at all. */
  readonly publicAddress: boolean | null;
}

const IMAGE_LABEL = 'kubernetes.azure.com/node-image-version';

/**
 * A Node object, whatever it came from. What it does not say, or says in a way that no Node object does, is null.
 * @returns why it cannot be used, where it has no name or uid
 */
export function readNode(value: unknown): NodeFacts | { readonly fault: string } {
  const object = fieldsOf(value);
  const metadata = objectAt(object, 'metadata');
  const name = nameAt(metadata, 'name');
  const uid = nameAt(metadata, 'uid');
  if (name === null || name.length > 253) return { fault: 'a node has no usable name' };
  if (uid === null || !/^[\w-]{1,64}$/.test(uid)) return { fault: `node ${name} has no usable uid` };
  const spec = objectAt(object, 'spec');
  const status = objectAt(object, 'status');
  const info = objectAt(status, 'nodeInfo');
  const labels = textsAt(metadata, 'labels');
  return {
    name,
    uid,
    providerId: nameAt(spec, 'providerID'),
    labels,
    annotations: textsAt(metadata, 'annotations'),
    publicAddress: publicOf(status),
    image: imageName(labels[IMAGE_LABEL]),
    arch: textAt(info, 'architecture') ?? labels['kubernetes.io/arch'] ?? null,
    os: osOf(textAt(info, 'operatingSystem') ?? labels['kubernetes.io/os'] ?? null),
    osImage: textAt(info, 'osImage'),
    kernel: textAt(info, 'kernelVersion'),
    kubelet: textAt(info, 'kubeletVersion'),
    containerRuntime: textAt(info, 'containerRuntimeVersion'),
    bootId: textAt(info, 'bootID'),
    ready: readyOf(status),
    unschedulable: spec?.unschedulable === true,
    created: instantOf(textAt(metadata, 'creationTimestamp')),
  };
}

/** The node of a cluster that these facts describe. */
export function nodeOf(facts: NodeFacts, place: Pick<Node, 'id' | 'cluster' | 'pool'>): Node {
  const {
    providerId: _,
    labels: _labels,
    annotations: _annotations,
    publicAddress: _public,
    ...rest
  } = facts;
  return { ...place, ...rest };
}

/** A node image's name as the catalogue spells it: some answers have colons between its parts. Null for no name. */
export function imageName(text: string | null | undefined): string | null {
  return text === null || text === undefined || text === '' ? null : text.replaceAll(':', '-');
}

/** The operating system of a node or pool, in any case. */
export function osOf(text: string | null): Node['os'] {
  const os = text?.toLowerCase();
  return os === 'linux' || os === 'windows' ? os : 'unknown';
}

function readyOf(status: Fields | null): boolean | null {
  const conditions = status?.conditions;
  if (!Array.isArray(conditions)) return null;
  const ready = conditions.map(fieldsOf).find((condition) => condition?.type === 'Ready');
  return ready === undefined || ready === null ? null : ready.status === 'True';
}

function publicOf(status: Fields | null): boolean | null {
  const addresses = status?.addresses;
  if (!Array.isArray(addresses) || addresses.length === 0) return null;
  return addresses.some((each) => fieldsOf(each)?.type === 'ExternalIP');
}

function instantOf(text: string | null): string | null {
  const at = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
