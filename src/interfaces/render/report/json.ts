import type { FleetReport } from '../../../model/findings-report.ts';
import { sandboxField } from '../fleet/list.ts';
import type { FleetContext } from '../fleet/types.ts';

/** A report as JSON: one line for each item of its lists, so that the longest can be compared by line. */
export function reportJson(report: FleetReport, context: FleetContext): string {
  const head = { sandbox: sandboxField(context), nodeward: context.version };
  const fields = Object.entries({ ...head, ...report }).map(([name, value]) =>
    Array.isArray(value)
      ? `  ${JSON.stringify(name)}: [${value.map((item) => `\n    ${JSON.stringify(item)}`).join(',')}\n  ]`
      : `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  return `{\n${fields.join(',\n')}\n}\n`;
}
