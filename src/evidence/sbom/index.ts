/** Software lists from SBOMs: CycloneDX 1.4–1.7 and SPDX 2.3, both as JSON. */

import * as v from 'valibot';
import { NodewardError } from '../../base/errors.ts';
import { tooLarge } from '../../base/files.ts';
import { parseJson } from '../../base/text.ts';
import type { Gap } from '../../model/gap.ts';
import type { SoftwareList } from '../../model/software.ts';
import { CYCLONEDX_VERSIONS, readCycloneDx } from './cyclonedx.ts';
import { FaultList } from './faults.ts';
import { label, MAX_SBOM_BYTES } from './limits.ts';
import { CdxDocument, SpdxDocument } from './schema.ts';
import { toSoftware } from './software.ts';
import { readSpdx, SPDX_VERSION } from './spdx.ts';
import type { SbomDocument } from './types.ts';

export { MAX_SBOM_BYTES } from './limits.ts';

/** What an SBOM says: the software, the name of what it describes, and all that could not be read or assessed. */
export interface SbomEvidence {
  readonly software: SoftwareList;
  readonly subject: string;
  readonly gaps: readonly Gap[];
}

const SUPPORTED = `supported are CycloneDX ${CYCLONEDX_VERSIONS.join(', ')} and SPDX 2.3, both as JSON`;

/**
 * Reads an SBOM; the format is told by its content. Packages are known by their package URLs (ECMA-427) with the
 * fields Trivy and Syft put beside them. What cannot be read or assessed becomes a gap; other components stay.
 * @param place how errors name the file; also the subject where the SBOM names none
 * @throws NodewardError input-too-large, input-malformed (not UTF-8, not JSON, not of the format's shape),
 *   input-unsupported (another format or version)
 */
export function readSbom(bytes: Uint8Array, place: string): SbomEvidence {
  if (bytes.length > MAX_SBOM_BYTES) throw tooLarge(place, MAX_SBOM_BYTES);
  rejectOtherSyntax(bytes, place);
  const faults = new FaultList();
  const document = readDocument(parseJson(bytes, place), place, faults);
  const { software, gaps } = toSoftware(document, faults);
  return {
    software,
    subject: document.subject ?? place,
    gaps: [...document.gaps, ...gaps, ...faults.gaps()],
  };
}

function readDocument(json: unknown, place: string, faults: FaultList): SbomDocument {
  if (typeof json !== 'object' || json === null) throw unsupported(place, 'is not an SBOM');
  if ('bomFormat' in json && json.bomFormat === 'CycloneDX') {
    const version = 'specVersion' in json ? json.specVersion : null;
    if (typeof version !== 'string' || !CYCLONEDX_VERSIONS.includes(version)) {
      throw unsupported(place, `is CycloneDX ${shown(version)}`);
    }
    return readCycloneDx(parse(CdxDocument, json, place), faults);
  }
  if ('spdxVersion' in json) {
    if (json.spdxVersion !== SPDX_VERSION) throw unsupported(place, `is ${shown(json.spdxVersion)}`);
    return readSpdx(parse(SpdxDocument, json, place), faults);
  }
  if ('@context' in json || '@graph' in json) throw unsupported(place, 'is SPDX 3 or other JSON-LD');
  throw unsupported(place, 'is JSON, but neither CycloneDX nor SPDX');
}

/** A value of any type in a message. It may have a `toString` of its own, which is not to be called. */
function shown(value: unknown): string {
  return label(typeof value === 'string' ? value : JSON.stringify(value));
}

function parse<T extends v.GenericSchema>(schema: T, json: unknown, place: string): v.InferOutput<T> {
  const parsed = v.safeParse(schema, json, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue) ?? 'the document';
  throw new NodewardError(
    'input-malformed',
    `${place}: ${path} is not as the format has it (${issue.message})`,
    {
      place: `${place}, ${path}`,
    },
  );
}

/** Says by the first bytes what a file is that is not JSON, which beats a complaint about its JSON. */
function rejectOtherSyntax(bytes: Uint8Array, place: string): void {
  const head = new TextDecoder('utf-8').decode(bytes.subarray(0, 64)).trimStart();
  if (head.startsWith('<')) throw unsupported(place, 'is XML');
  if (/^SPDXVersion:/i.test(head)) throw unsupported(place, 'is SPDX in tag-value form');
}

function unsupported(place: string, what: string): NodewardError {
  return new NodewardError('input-unsupported', `${place} ${what}; ${SUPPORTED}`, { place });
}
