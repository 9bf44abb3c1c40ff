import { ERRORS, NodewardError } from '../../../base/errors.ts';
import type { Severity } from '../../../model/advisory.ts';
import {
  assess,
  atLeast,
  type Evidence,
  imageEvidence,
  releaseNotesEvidence,
  sbomEvidence,
} from '../../../pipeline/assess.ts';
import { type AssessmentFormat, renderAssessment } from '../../render/index.ts';
import type { RunContext } from '../command.ts';
import { renderContext } from '../output.ts';

/** `nodeward assess`. */
export async function run(context: RunContext): Promise<number> {
  const { args, workspace, clock } = context;
  const severity = args.text('severity') as Severity | null;
  const failOn = args.text('fail-on') as Severity | null;
  const evidence = await evidenceOf(context);
  const assessed = assess(evidence, workspace, {
    filters: { severity, fixable: args.flag('fixable') },
    clock,
  });
  const format = (args.text('format') ?? 'table') as AssessmentFormat;
  for (const part of await renderAssessment(format, assessed, renderContext(context))) context.write(part);
  if (failOn === null) return 0;
  // The threshold looks at what is shown: --fixable --fail-on high asks for high findings that can be fixed.
  const unrated = assessed.assessment.findings.filter(({ severity }) => severity === 'unknown').length;
  if (unrated > 0)
    context.note(`nodeward: ${unrated} findings have no known severity; --fail-on does not count them`);
  const reached = assessed.assessment.findings.filter((finding) => atLeast(finding.severity, failOn)).length;
  if (reached === 0) return 0;
  context.note(`nodeward: ${reached} findings are of severity ${failOn} or worse (--fail-on)`);
  return ERRORS['threshold-reached'].exit;
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
