import { type Comparison, incomparable, MAX_VERSION_LENGTH, ordered, unparsable } from '../outcome.ts';
import type { VersionScheme } from '../types.ts';
import { type NodeImageVersion, parseNodeImageName, parseNodeImageVersion, withLive } from './name.ts';

interface NodeImage extends NodeImageVersion {
  /** `null` when only a version was given. */
  readonly family: string | null;
}

/**
 * Versions of AKS node images, given alone (`202607.09.0`, `20348.5499.260812`) or in a full name
 * (`AKSUbuntu-2204gen2containerd-202607.09.0`), in the grammar of AKS' `nodeImageVersion`.
 *
 * Linux versions order by date, then patch, then SecurityPatch snapshot (none is the oldest); Windows versions by
 * update build revision, then date. Versions of different families are incomparable, as are Linux and Windows,
 * two Windows builds (each is another Windows release), and a full name with a version whose family is unknown.
 */
export const nodeImage: VersionScheme = { id: 'node-image', compare };

function compare(a: string, b: string): Comparison {
  const left = parse(a);
  if (left === null) return unparsable(a, 'is not a node image version');
  const right = parse(b);
  if (right === null) return unparsable(b, 'is not a node image version');
  if (left.family !== right.family)
    return incomparable(a, `is not known to be of the node image family of ${b}`);
  if (left.build !== right.build) return incomparable(a, `is not of the operating system release of ${b}`);
  return ordered(compareOrder(left.order, right.order));
}

function parse(text: string): NodeImage | null {
  if (text.length > MAX_VERSION_LENGTH) return null;
  const name = parseNodeImageName(text);
  const version = parseNodeImageVersion(name === null ? text : withLive(name.version, name.live));
  return version === null ? null : { ...version, family: name?.family ?? null };
}

/** Orders element by element; a list that ends sooner is the older. */
function compareOrder(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
