import { verifyAudit } from '../../findings/index.ts';
import type { AuditVerdict } from '../../model/findings-report.ts';
import type { AuditEvent } from '../../model/governance.ts';
import type { AuditFilter } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';

/** What was done, oldest first. */
export async function auditEvents(
  { store }: Pick<Fleet, 'store'>,
  filter: AuditFilter = {},
): Promise<readonly AuditEvent[]> {
  return store.governance.audit(filter);
}

/**
 * Whether the record is as it was written.
 * @param options.head a hash that it once ended with, kept elsewhere
 */
export async function auditVerdict(
  { store }: Pick<Fleet, 'store'>,
  options: { readonly head?: string } = {},
): Promise<AuditVerdict> {
  return verifyAudit(await store.governance.audit(), options);
}
