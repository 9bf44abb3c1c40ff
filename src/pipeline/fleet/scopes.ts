import { NodewardError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { StoredCluster, StoredPool, StoredSubscription } from '../../model/inventory.ts';
import type { StoreReader } from '../../storage/index.ts';
import { EVERYTHING } from './standing.ts';
import type { Fleet, ResolvedScope } from './types.ts';

/** Candidates that an error lists. */
const SHOWN = 10;

/** A scope and the words it is known by. */
interface Candidate extends ResolvedScope {
  readonly words: readonly string[];
}

/**
 * What a word of the user names: `all`, an id, SUBSCRIPTION (name or guid), CLUSTER, CLUSTER/POOL, or
 * SUBSCRIPTION/CLUSTER[/POOL], in any case.
 * @throws NodewardError scope-unknown where nothing has that name, or several things have
 */
export async function resolveScope({ store }: Pick<Fleet, 'store'>, text: string): Promise<ResolvedScope> {
  const wanted = text.toLowerCase();
  if (wanted === EVERYTHING) return { kind: 'all', id: EVERYTHING, name: EVERYTHING };
  const candidates = await store.read((reader) => candidatesFor(reader, wanted));
  const byId = candidates.filter(({ id }) => id === wanted);
  const found = byId.length > 0 ? byId : candidates.filter(({ words }) => words.includes(wanted));
  const [only] = found;
  const named = printable(text);
  if (only === undefined) {
    const pool = text.includes('/') ? '' : '; pools are named CLUSTER/POOL';
    throw new NodewardError('scope-unknown', `No subscription, cluster or pool is called ${named}${pool}`);
  }
  if (found.length > 1) throw ambiguous(named, found);
  const { kind, id, name } = only;
  return { kind, id, name };
}

/** Everything that such a word could name. Of pools only those whose clusters it begins with: a fleet has thousands. */
async function candidatesFor({ inventory }: StoreReader, wanted: string): Promise<readonly Candidate[]> {
  const subscriptions = new Map((await inventory.subscriptions()).map((each) => [each.id, each]));
  const candidates: Candidate[] = Array.from(subscriptions.values(), subscriptionScope);
  for (const cluster of await inventory.clusters()) {
    const subscription = subscriptions.get(cluster.subscription);
    const scope = clusterScope(cluster, subscription);
    candidates.push(scope);
    if (![scope.id, ...scope.words].some((word) => wanted.startsWith(`${word}/`))) continue;
    for (const pool of await inventory.pools({ cluster: cluster.id }))
      candidates.push(poolScope(pool, cluster, subscription));
  }
  return candidates;
}

function subscriptionScope(subscription: StoredSubscription): Candidate {
  const { id, name } = subscription;
  return { kind: 'subscription', id, name, words: wordsOf(subscription) };
}

function clusterScope({ id, name }: StoredCluster, subscription: StoredSubscription | undefined): Candidate {
  const own = name.toLowerCase();
  return {
    kind: 'cluster',
    id,
    name,
    words: [own, ...wordsOf(subscription).map((word) => `${word}/${own}`)],
  };
}

function poolScope(
  { id, name }: StoredPool,
  cluster: StoredCluster,
  subscription: StoredSubscription | undefined,
): Candidate {
  const own = `${cluster.name}/${name}`;
  const word = own.toLowerCase();
  const words = [word, ...wordsOf(subscription).map((each) => `${each}/${word}`)];
  return { kind: 'pool', id, name: own, words };
}

/** A subscription's name and guid, in lower case. */
function wordsOf(subscription: StoredSubscription | undefined): readonly string[] {
  if (subscription === undefined) return [];
  const { id, name } = subscription;
  return [...new Set([name.toLowerCase(), id.slice(id.lastIndexOf('/') + 1)])];
}

function ambiguous(named: string, found: readonly Candidate[]): NodewardError {
  const shown = found.slice(0, SHOWN).map(({ kind, id }) => `${kind} ${id}`);
  const more = found.length > SHOWN ? `, and ${found.length - SHOWN} more` : '';
  return new NodewardError('scope-unknown', `${named} names several things: ${shown.join(', ')}${more}`, {
    remedy: 'Name the one you mean by its id, or as SUBSCRIPTION/CLUSTER or SUBSCRIPTION/CLUSTER/POOL.',
  });
}
