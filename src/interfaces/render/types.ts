import type { Assessment, AssessmentSubject } from '../../model/assessment.ts';
import type { Gap } from '../../model/gap.ts';
import type { SoftwareList } from '../../model/software.ts';

/** The forms an assessment can be written in. */
export type AssessmentFormat = 'table' | 'json' | 'csv' | 'sarif' | 'cyclonedx';

/** All forms of an assessment. */
export const ASSESSMENT_FORMATS: readonly AssessmentFormat[] = ['table', 'json', 'csv', 'sarif', 'cyclonedx'];

/** The forms that differences and `fixed-in` answers can be written in. */
export type ReportFormat = 'table' | 'json' | 'csv';

/** All forms of a difference or a `fixed-in` answer. */
export const REPORT_FORMATS: readonly ReportFormat[] = ['table', 'json', 'csv'];

/** The forms that a report of the fleet can be written in. */
export type FleetReportFormat = 'html' | 'csv' | 'json' | 'sarif' | 'vex';

/** All forms of a report of the fleet. */
export const FLEET_REPORT_FORMATS: readonly FleetReportFormat[] = ['html', 'csv', 'json', 'sarif', 'vex'];

/** What rendering needs beside the result. */
export interface RenderContext {
  /** The version of Nodeward, for outputs that name their maker. */
  readonly version: string;
  /** Columns of the terminal; tables fit between 80 and 160. */
  readonly width: number;
  /** Whether tables may use ANSI colours. NO_COLOR and whether it is a terminal are the caller's matter. */
  readonly color: boolean;
  /** Whether it is about a sandbox. */
  readonly sandbox?: boolean;
}

/** An assessment with the list it is about; only CycloneDX needs the list. */
export interface AssessmentInput {
  readonly assessment: Assessment;
  readonly software: SoftwareList;
}

/** A software list with what is known of where it is from, and of what it may lack. */
export interface SoftwareInput {
  readonly subject: AssessmentSubject;
  readonly software: SoftwareList;
  readonly gaps: readonly Gap[];
}
