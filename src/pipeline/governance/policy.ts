import { changePolicy, policyEntries } from '../../findings/index.ts';
import type { PolicyEntry } from '../../model/findings-report.ts';
import type { Fleet } from '../fleet/types.ts';
import { oneLine, recorded } from './record.ts';

/** What is decided for the whole fleet. */
export async function policy({ store }: Fleet): Promise<readonly PolicyEntry[]> {
  return policyEntries(await store.governance.policy());
}

/**
 * Changes one decision, and records it. One that is so already changes nothing.
 * @param change.value `7d`, or `none`
 * @param change.by the user of the operating system
 * @returns the policy as it is then
 * @throws NodewardError usage, and those of the store
 */
export async function setPolicy(
  fleet: Fleet,
  change: { readonly key: string; readonly value: string; readonly by: string },
): Promise<readonly PolicyEntry[]> {
  const actor = oneLine(change.by, 'The author', 256);
  return recorded(fleet, async ({ governance }) => {
    const before = await governance.policy();
    const after = changePolicy(before, change.key, change.value);
    const entries = policyEntries(after);
    const olds = policyEntries(before);
    const index = entries.findIndex(({ value }, at) => value !== olds[at]?.value);
    const [entry, old] = [entries[index], olds[index]];
    if (entry === undefined || old === undefined) return { result: entries, deed: null };
    await governance.putPolicy(after);
    const detail = { from: old.value, to: entry.value };
    return { result: entries, deed: { actor, action: 'policy.set', subject: entry.key, detail } };
  });
}
