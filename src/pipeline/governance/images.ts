import type { ImageOf } from '../../findings/index.ts';
import { parseNodeImageName, withLive } from '../../versions/node-image/name.ts';

/** Any version at all, to see whether a name is that of a family. */
const SOME_VERSION = '202401.01.0';

/**
 * Reads the name of a node image or of a family, with the version in it or beside it; null where it is neither. A version
 * that no image can have, such as a digest, stays as it is: no node runs it.
 */
export const imageOf: ImageOf = (name, version) => {
  const whole =
    parseNodeImageName(name) ?? (version === null ? null : parseNodeImageName(`${name}-${version}`));
  if (whole !== null) return { family: whole.family, version: withLive(whole.version, whole.live) };
  const family = parseNodeImageName(`${name}-${SOME_VERSION}`)?.family ?? null;
  return family === null ? null : { family, version };
};
