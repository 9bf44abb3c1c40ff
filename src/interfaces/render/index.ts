/** Results as text. Every form carries all findings and all gaps; none has side effects or reads the clock. */

import type { FixedIn, ImageDiff } from '../../model/assessment.ts';
import type {
  AssessmentFormat,
  AssessmentInput,
  RenderContext,
  ReportFormat,
  SoftwareInput,
} from './types.ts';

export type { AssessmentFormat, AssessmentInput, RenderContext, ReportFormat } from './types.ts';

/**
 * Writes an assessment, in parts to be written one after the other; the text ends with a line break. Forms are
 * loaded when first used.
 */
export async function renderAssessment(
  format: AssessmentFormat,
  input: AssessmentInput,
  context: RenderContext,
): Promise<Iterable<string>> {
  switch (format) {
    case 'table':
      return [(await import('./table/assessment.ts')).assessmentTable(input.assessment, context)];
    case 'json':
      return (await import('./json.ts')).assessmentJson(input.assessment, context);
    case 'csv':
      return [(await import('./csv.ts')).assessmentCsv(input.assessment)];
    case 'sarif':
      return [(await import('./sarif.ts')).assessmentSarif(input.assessment, context)];
    case 'cyclonedx':
      return [(await import('./cyclonedx.ts')).assessmentCycloneDx(input, context)];
    default:
      return format satisfies never;
  }
}

/** Writes the difference of two images; the text ends with a line break. */
export async function renderDiff(
  format: ReportFormat,
  diff: ImageDiff,
  context: RenderContext,
): Promise<string> {
  switch (format) {
    case 'table':
      return (await import('./table/diff.ts')).diffTable(diff, context);
    case 'json':
      return (await import('./json.ts')).diffJson(diff, context);
    case 'csv':
      return (await import('./csv.ts')).diffCsv(diff);
    default:
      return format satisfies never;
  }
}

/** Writes where a CVE is fixed; the text ends with a line break. */
export async function renderFixedIn(
  format: ReportFormat,
  answer: FixedIn,
  context: RenderContext,
): Promise<string> {
  switch (format) {
    case 'table':
      return (await import('./table/fixed-in.ts')).fixedInTable(answer, context);
    case 'json':
      return (await import('./json.ts')).fixedInJson(answer, context);
    case 'csv':
      return (await import('./csv.ts')).fixedInCsv(answer);
    default:
      return format satisfies never;
  }
}

/** Writes a software list as CycloneDX 1.6, for other tools and for later; the text ends with a line break. */
export async function renderSoftware(input: SoftwareInput, context: RenderContext): Promise<string> {
  return (await import('./cyclonedx.ts')).softwareCycloneDx(input, context);
}
