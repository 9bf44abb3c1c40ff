import type { Currency } from '../../model/findings-report.ts';
import type { AuditAction } from '../../model/governance.ts';
import type { StoreReader } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';
import { goneBackwards, known } from './high-water.ts';

const DAY = 86_400_000;

/** Decisions that findings follow from. */
const DECISIONS: readonly AuditAction[] = [
  'exemption.add',
  'exemption.withdraw',
  'exemption.expire',
  'vex.import',
  'owner.add',
  'owner.remove',
  'policy.set',
  'assessment.enable',
  'assessment.disable',
];

/** When the findings were last computed, and whether anything they follow from has changed since. */
export async function currency(fleet: Fleet): Promise<Currency> {
  return fleet.store.read((reader) => currencyAt(fleet, reader));
}

/** The same, at the instant of a reader. */
export async function currencyAt(fleet: Fleet, reader: StoreReader): Promise<Currency> {
  const before = await known(reader);
  if (before.computed === null)
    return { at: null, behind: 'Findings were never computed: run `nodeward sync`.' };
  const { at, revision } = before.computed;
  if (goneBackwards(fleet, before) !== null)
    return { at, behind: 'The loaded advisories are older than those the findings were computed with.' };
  if (fleet.workspace.advisories().revision !== revision)
    return { at, behind: 'Other advisories were loaded since they were computed.' };
  const sync = await reader.inventory.lastSync();
  if (sync?.endedAt !== null && sync !== null && sync.endedAt > at)
    return { at, behind: 'The fleet was synced since they were computed.' };
  const decided = await reader.governance.audit({ since: at });
  if (decided.some((event) => event.at > at && DECISIONS.includes(event.action)))
    return { at, behind: 'Exemptions, owners, policy or what is assessed changed since they were computed.' };
  const age = fleet.clock.now().getTime() - Date.parse(at);
  return { at, behind: age <= DAY ? null : 'They were computed more than a day ago.' };
}
