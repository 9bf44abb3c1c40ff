import { NodewardError } from '../../../base/errors.ts';
import {
  type Evidence,
  imageEvidence,
  releaseNotesEvidence,
  sbomEvidence,
} from '../../../pipeline/assess.ts';
import { showAssessment } from '../assessment.ts';
import type { RunContext } from '../command.ts';

/** `nodeward assess`. */
export async function run(context: RunContext): Promise<number> {
  return showAssessment(await evidenceOf(context), context);
}

async function evidenceOf({ args, workspace }: RunContext): Promise<Evidence> {
  const image = args.text('image');
  const notes = args.text('release-notes');
  const sbom = args.text('sbom');
  const given = [image, notes, sbom].filter((value) => value !== null).length;
  if (given !== 1) {
    throw new NodewardError('usage', 'assess needs exactly one of --image, --release-notes and --sbom');
  }
  if (image !== null) return imageEvidence(workspace, image);
  return notes !== null ? releaseNotesEvidence(notes) : sbomEvidence(sbom ?? '');
}
