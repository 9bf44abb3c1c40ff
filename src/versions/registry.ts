import { deb } from './deb/deb.ts';
import { kubernetes } from './kubernetes/kubernetes.ts';
import { nodeImage } from './node-image/node-image.ts';
import type { Comparison } from './outcome.ts';
import { rpm } from './rpm/rpm.ts';
import { semver } from './semver/semver.ts';
import type { VersionScheme, VersionSchemeId } from './types.ts';

/** Every version scheme, by its id. */
export const SCHEMES: Readonly<Record<VersionSchemeId, VersionScheme>> = {
  deb,
  rpm,
  semver,
  kubernetes,
  'node-image': nodeImage,
};

/** Compares two versions under the scheme with this id. */
export function compareVersions(scheme: VersionSchemeId, a: string, b: string): Comparison {
  return SCHEMES[scheme].compare(a, b);
}
