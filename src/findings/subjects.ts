import type { ExemptionSubject } from '../model/exemption.ts';

/** In front of the name of a source package, Debian's own way: `src:linux-azure` is all that is built from it. */
export const SOURCE_PREFIX = 'src:';

/** A subject as a key: two exemptions of one key are about the same findings. */
export function subjectKey(subject: ExemptionSubject): string {
  const { cve, package: name, version, severity, scope, family } = subject;
  return JSON.stringify([cve, name?.toLowerCase() ?? null, version, severity, scope, family]);
}
