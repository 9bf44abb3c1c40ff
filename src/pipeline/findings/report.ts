import { policyEntries, verifyAudit } from '../../findings/index.ts';
import type { FleetReport } from '../../model/findings-report.ts';
import { resolveScope } from '../fleet/scopes.ts';
import type { Fleet } from '../fleet/types.ts';
import { exemptionViewsAt } from '../governance/exemption-views.ts';
import { currencyAt } from './currency.ts';
import { ALL, inScope } from './filter.ts';
import { cvesAt, rollupsAt } from './lists.ts';

/** Events of the audit log that a report shows; it is verified as a whole. */
const LATEST_EVENTS = 200;

/**
 * What an auditor gets, all of one instant: how things stand, what is recommended, every CVE, who decided what, and whether
 * the record of it is whole.
 * @param scope as for `resolveScope`; null for the whole fleet. Exemptions and the audit log are those of the fleet.
 * @throws NodewardError scope-unknown
 */
export async function fleetReport(fleet: Fleet, scope: string | null): Promise<FleetReport> {
  const resolved = await resolveScope(fleet, scope ?? 'all');
  return fleet.store.read(async (reader) => {
    const events = await reader.governance.audit();
    const recommendations = await reader.findings.recommendations(inScope(resolved), ALL);
    const cves = await cvesAt(fleet, reader, { scope: resolved, filter: {}, page: ALL });
    return {
      at: fleet.clock.now().toISOString(),
      scopeName: resolved.name,
      currency: await currencyAt(fleet, reader),
      rollups: await rollupsAt(fleet, reader, resolved),
      recommendations: recommendations.items,
      cves: cves.items,
      exemptions: await exemptionViewsAt(fleet, reader, { withdrawn: true }),
      policy: policyEntries(await reader.governance.policy()),
      audit: { verdict: verifyAudit(events), latest: events.slice(-LATEST_EVENTS) },
    };
  });
}
