import { contradictions, exemptionState } from '../../findings/index.ts';
import type { Exemption, ExemptionUse } from '../../model/exemption.ts';
import type { ExemptionView } from '../../model/findings-report.ts';
import type { Computed, StoreReader } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';
import { scopeNames } from './scope-names.ts';

const UNUSED: ExemptionUse = { suppresses: 0, overruled: 0, goneSince: null };

/**
 * All exemptions and statements, by their creation, with what they came to when the findings were last computed.
 * @param options.withdrawn also those that were withdrawn
 */
export async function exemptionViews(
  fleet: Pick<Fleet, 'store' | 'clock'>,
  options: { readonly withdrawn?: boolean } = {},
): Promise<readonly ExemptionView[]> {
  return fleet.store.read((reader) => exemptionViewsAt(fleet, reader, options));
}

/** The same, at the instant of a reader. */
export async function exemptionViewsAt(
  { clock }: Pick<Fleet, 'clock'>,
  reader: StoreReader,
  options: { readonly withdrawn?: boolean } = {},
): Promise<readonly ExemptionView[]> {
  const now = clock.now().toISOString();
  const exemptions = await reader.governance.exemptions(options);
  const computed = await reader.findings.computed();
  const nameOf = await scopeNames(reader);
  const conflicts = contradictions(exemptions, now);
  return exemptions.map((exemption) => {
    const { id, subject } = exemption;
    const state = exemptionState(exemption, now);
    const use = state === 'active' ? (computed?.exemptions[id] ?? UNUSED) : UNUSED;
    const scopeName = subject.scope === null ? null : nameOf(subject.scope);
    const gone =
      subject.scope !== null && scopeName === null ? ['Its scope is not in the fleet any more.'] : [];
    const notes = [...notesOf(exemption, state, { use, computed }), ...gone, ...(conflicts.get(id) ?? [])];
    return { exemption, state, scopeName: scopeName ?? subject.scope, suppresses: use.suppresses, notes };
  });
}

function notesOf(
  exemption: Exemption,
  state: ExemptionView['state'],
  { use, computed }: { readonly use: ExemptionUse; readonly computed: Computed | null },
): readonly string[] {
  const { vex, expiresAt, withdrawnAt, withdrawnBy } = exemption;
  switch (state) {
    case 'withdrawn':
      return [`${withdrawnBy ?? 'Somebody'} withdrew it on ${dayOf(withdrawnAt)}.`];
    case 'expired':
      return [`It expired on ${dayOf(expiresAt)}: what it suppressed is open again.`];
    case 'statement':
      return [
        vex?.status === 'affected'
          ? 'It says that the software is affected: it suppresses nothing, and what people call false stays open.'
          : 'It says that this is being investigated: it suppresses nothing.',
      ];
    case 'active':
      return useNotes(exemption, use, computed);
  }
}

function useNotes(
  { createdAt, subject }: Exemption,
  use: ExemptionUse,
  computed: Computed | null,
): readonly string[] {
  if (computed === null || computed.at < createdAt)
    return ['What it suppresses is not known yet: the findings were not computed since it was made.'];
  const notes: string[] = [];
  if (use.overruled > 0) {
    const findings = use.overruled === 1 ? 'One finding stays' : `${use.overruled} findings stay`;
    notes.push(`${findings} open all the same: a VEX statement says otherwise.`);
  }
  if (use.goneSince !== null) {
    const day = dayOf(use.goneSince);
    notes.push(`The advisories do not find ${subject.cve} any more since ${day}: it can be withdrawn.`);
  } else if (use.suppresses + use.overruled === 0) {
    notes.push(
      'It suppresses nothing: no open finding matches it, or more specific ones suppress all that do.',
    );
  }
  return notes;
}

function dayOf(instant: string | null): string {
  return instant?.slice(0, 10) ?? 'an unknown day';
}
