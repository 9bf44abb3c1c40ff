import { ERRORS } from '../../base/errors.ts';
import type { Severity } from '../../model/advisory.ts';
import { assess, atLeast, type Evidence } from '../../pipeline/assess.ts';
import { type AssessmentFormat, renderAssessment } from '../render/index.ts';
import type { RunContext } from './command.ts';
import { renderContext } from './output.ts';

/** Assesses evidence and writes the result as the options say. @returns the exit status, which --fail-on decides */
export async function showAssessment(evidence: Evidence, context: RunContext): Promise<number> {
  const { args, workspace, clock } = context;
  const severity = args.text('severity') as Severity | null;
  const failOn = args.text('fail-on') as Severity | null;
  const filters = { severity, fixable: args.flag('fixable') };
  const assessed = assess(evidence, workspace, { filters, clock });
  const format = (args.text('format') ?? 'table') as AssessmentFormat;
  for (const part of await renderAssessment(format, assessed, renderContext(context))) context.write(part);
  if (failOn === null) return 0;
  // The threshold looks at what is shown: --fixable --fail-on high asks for high findings that can be fixed.
  const { findings } = assessed.assessment;
  const unrated = findings.filter((finding) => finding.severity === 'unknown').length;
  if (unrated > 0)
    context.note(`nodeward: ${unrated} findings have no known severity; --fail-on does not count them`);
  if (assessed.assessment.scan?.complete === false)
    context.note('nodeward: not everything could be read; --fail-on does not count what may be there');
  const reached = findings.filter((finding) => atLeast(finding.severity, failOn)).length;
  if (reached === 0) return 0;
  context.note(`nodeward: ${reached} findings are of severity ${failOn} or worse (--fail-on)`);
  return ERRORS['threshold-reached'].exit;
}
