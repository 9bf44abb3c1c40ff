import { NodewardError } from '../../../base/errors.ts';
import type { ImageEvidence, NodeImage } from '../../../model/image.ts';
import { nodeImageVersionDate } from '../../../versions/node-image/name.ts';
import { placeOf } from '../place.ts';
import type { Facts } from './facts.ts';
import { type Lines, linesOf } from './lines.ts';
import { isLinux, readLinux } from './linux.ts';
import { isWindows, readWindows } from './windows.ts';

/**
 * Reads one release-notes file of AgentBaker (`vhdbuilder/release-notes/<OS>/…/<version>.txt`). The image is named
 * by where the file lies; a file outside of that tree is an image of its own name in the family `unknown`. Lines that
 * cannot be read, a missing package list and an unknown operating system are gaps.
 * @throws NodewardError input-malformed for a file that is no release notes; input-too-large
 */
export function parseReleaseNotes(bytes: Uint8Array, { path }: { readonly path: string }): ImageEvidence {
  const { software, buildDate, gaps } = readFacts(linesOf(bytes, path), path);
  const place = placeOf(path.replaceAll('\\', '/'));
  if (place?.kind !== 'image' || place.family === null || !place.known) {
    return { image: unplaced(path, buildDate), software, gaps };
  }
  const { family, version } = place;
  const image: NodeImage = {
    name: `${family.name}-${version}`,
    family: family.name,
    version,
    channel: 'NodeImage',
    buildDate: buildDate ?? nodeImageVersionDate(version),
  };
  // Where the build wrote nothing behind `FIPS enabled:`, the definition says it.
  const fips = software.os?.id === 'windows' ? null : (software.fips ?? /fips/i.test(family.definition));
  return { image, software: { ...software, fips }, gaps };
}

function readFacts(lines: Lines, path: string): Facts {
  if (isLinux(lines.lines)) return readLinux(lines, path);
  if (isWindows(lines.lines)) return readWindows(lines, path);
  throw new NodewardError(
    'input-malformed',
    `${path} is not the release notes of a node image: it has neither "Starting build on" nor "System Info"`,
    { place: `${path}, line 1` },
  );
}

function unplaced(path: string, buildDate: string | null): NodeImage {
  const file = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const name = file.replace(/\.txt$/, '');
  return { name, family: 'unknown', version: name, channel: 'NodeImage', buildDate };
}
