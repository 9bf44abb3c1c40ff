import { isoDay } from '../../base/clock.ts';
import { parseNodeImageVersion } from '../../versions/node-image/name.ts';
import { familyOf, type ImageFamily } from './families.ts';

/** Which node image a release-notes file is about, as its path in the tree says. */
export interface ImagePlace {
  readonly kind: 'image';
  /** `AKSUbuntu/gen2/2204containerd` */
  readonly folder: string;
  /** Null where the folder is not a known family. */
  readonly family: ImageFamily | null;
  /** The file's name without `.txt`. */
  readonly version: string;
  /** Whether `version` has the form of a node image version. */
  readonly known: boolean;
}

/** Which package changes a file of `security-patch` lists, as its path says. */
export interface PatchPlace {
  readonly kind: 'patch';
  /** The folder below the timestamp: empty, `ubuntu2404`, `azurelinux`, or one this program does not know. */
  readonly stream: string;
  /** ISO day of the snapshot: `2025-11-20`; null where the folder is not named by a timestamp. */
  readonly day: string | null;
}

const IMAGE = /(?:^|\/)(AKS[A-Za-z0-9]{1,40})\/((?:[^/]{1,80}\/){1,4})([^/]{1,80})\.txt$/;
const PATCH = /(?:^|\/)security-patch\/([^/]{1,80})\/(?:([^/]{1,80})\/)?[^/]{1,120}\.txt$/;
const TIMESTAMP = /^([0-9]{4})([0-9]{2})([0-9]{2})T[0-9]{6}Z$/;

/**
 * Reads the path of a file of the tree AgentBaker keeps its release notes in, found at any depth:
 * `<OS>/<generation>[/<sku>]/<version>.txt` and `security-patch/<timestamp>[/<stream>]/<name>.txt`.
 * Null for every other path.
 */
export function placeOf(path: string): ImagePlace | PatchPlace | null {
  if (path.length > 1000) return null;
  const patch = PATCH.exec(path);
  if (patch !== null) {
    const [, timestamp = '', stream = ''] = patch;
    return { kind: 'patch', stream, day: isoDay(timestamp.replace(TIMESTAMP, '$1-$2-$3')) };
  }
  const image = IMAGE.exec(path);
  if (image === null) return null;
  const [, os = '', below = '', version = ''] = image;
  // Upstream keeps a copy of the newest file of each folder under this name.
  if (version === 'latest') return null;
  const folder = `${os}/${below.slice(0, -1)}`;
  const known = parseNodeImageVersion(version) !== null;
  return { kind: 'image', folder, family: familyOf(folder), version, known };
}
