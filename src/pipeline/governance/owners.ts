import { hash } from 'node:crypto';
import { NodewardError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import { owning } from '../../findings/index.ts';
import type { OwnerRules } from '../../model/findings-report.ts';
import type { OwnerRule } from '../../model/governance.ts';
import { resolveScope } from '../fleet/scopes.ts';
import type { Fleet } from '../fleet/types.ts';
import { oneLine, recorded } from './record.ts';
import { scopeNames } from './scope-names.ts';

const MAX_NAME = 256;
const MAX_ORDER = 1_000_000;
/** Rules are numbered with room between them. */
const STEP = 10;

/** A rule that a person makes. */
export interface NewOwnerRule {
  readonly by: OwnerRule['by'];
  /** Name of the tag or label; of a scope, as for `resolveScope`. */
  readonly key: string;
  /** The owner, of a scope; left out where the value of the tag or label is the owner. */
  readonly owner?: string;
  /** Left out: behind all others. */
  readonly order?: number;
}

/**
 * Adds a rule that says who owns pools, and records it.
 * @param by the user of the operating system
 * @throws NodewardError usage, scope-unknown, and those of the store
 */
export async function addOwnerRule(fleet: Fleet, wanted: NewOwnerRule, by: string): Promise<OwnerRule> {
  const actor = oneLine(by, 'The author', MAX_NAME);
  const said = await ruleOf(fleet, wanted);
  return recorded(fleet, async ({ governance }) => {
    const rules = await governance.ownerRules();
    const same = rules.find(
      (each) => each.by === said.by && each.key.toLowerCase() === said.key.toLowerCase(),
    );
    if (same !== undefined) {
      throw new NodewardError('usage', `The rule ${same.id} is already about this ${said.by}`, {
        remedy: `Remove it first: \`nodeward owners remove ${same.id}\`.`,
      });
    }
    const order = wanted.order ?? Math.max(0, ...rules.map((each) => each.order)) + STEP;
    const rule = { id: freeId(rules, JSON.stringify(said)), order, ...said };
    await governance.putOwnerRule(rule);
    return { result: rule, deed: { actor, action: 'owner.add', subject: rule.id, detail: { ...rule } } };
  });
}

/**
 * Removes a rule, and records it.
 * @throws NodewardError id-unknown, and those of the store
 */
export async function removeOwnerRule(fleet: Fleet, id: string, by: string): Promise<OwnerRule> {
  const actor = oneLine(by, 'The author', MAX_NAME);
  return recorded(fleet, async ({ governance }) => {
    const wanted = id.trim().toLowerCase();
    const rule = (await governance.ownerRules()).find((each) => each.id === wanted);
    if (rule === undefined)
      throw new NodewardError('id-unknown', `No rule of owners has the id ${printable(id.slice(0, 100))}`);
    await governance.dropOwnerRule(rule.id);
    return { result: rule, deed: { actor, action: 'owner.remove', subject: rule.id, detail: { ...rule } } };
  });
}

/** The rules, and what each of them does for the pools that are there. */
export async function ownerRules({ store }: Fleet): Promise<OwnerRules> {
  return store.read(async (reader) => {
    const rules = await reader.governance.ownerRules();
    const clusters = new Map((await reader.inventory.clusters()).map((each) => [each.id, each]));
    const pools = await reader.inventory.pools();
    const counts = new Map<string, number>();
    for (const { id: pool, cluster: id, tags: poolTags, labels } of pools) {
      const cluster = clusters.get(id);
      if (cluster === undefined) continue;
      const { subscription, tags: clusterTags } = cluster;
      const found = owning(rules, { pool, cluster: id, subscription, poolTags, clusterTags, labels });
      if (found !== null) counts.set(found.rule.id, (counts.get(found.rule.id) ?? 0) + 1);
    }
    const nameOf = await scopeNames(reader);
    const views = rules.map((rule) => ({
      rule,
      scopeName: rule.by === 'scope' ? (nameOf(rule.key) ?? rule.key) : null,
      pools: counts.get(rule.id) ?? 0,
    }));
    const owned = views.reduce((sum, each) => sum + each.pools, 0);
    return { rules: views, pools: pools.length, unowned: pools.length - owned };
  });
}

async function ruleOf(
  fleet: Fleet,
  { by, key, owner, order }: NewOwnerRule,
): Promise<Pick<OwnerRule, 'by' | 'key' | 'owner'>> {
  if (order !== undefined && !(Number.isInteger(order) && order >= 0 && order <= MAX_ORDER))
    throw new NodewardError('usage', `The order is no whole number from 0 to ${MAX_ORDER}`);
  if (by === 'scope') {
    if (owner === undefined) throw new NodewardError('usage', 'A rule for a scope needs an owner');
    return { by, key: (await resolveScope(fleet, key)).id, owner: oneLine(owner, 'The owner', MAX_NAME) };
  }
  if (owner === undefined) return { by, key: oneLine(key, `The ${by}`, MAX_NAME), owner: null };
  throw new NodewardError('usage', `A rule by ${by} takes no owner: the value of the ${by} is the owner`);
}

function freeId(rules: readonly OwnerRule[], content: string): string {
  for (let attempt = 0; ; attempt++) {
    const id = `o-${hash('sha256', `${attempt}\n${content}`).slice(0, 8)}`;
    if (!rules.some((each) => each.id === id)) return id;
  }
}
