import { NodewardError } from '../../../base/errors.ts';
import type { Subscription } from '../../../model/fleet.ts';
import { fieldsOf, nameAt } from '../../fields.ts';
import type { Run } from '../../types.ts';
import type { Azure } from './azure.ts';
import { subscriptionId } from './ids.ts';
import { itemsOf } from './paging.ts';
import { assignRole, isCredentialFailure, saidBy, statusOf } from './problems.ts';

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_SUBSCRIPTIONS = 10_000;

/**
 * The subscriptions to look at: those that are wanted, else all that the credentials see.
 * @param wanted guids or names, in any case
 * @throws NodewardError cloud-credentials, cloud-failed, config-invalid where a wanted name is not there
 */
export async function listSubscriptions(
  azure: Azure,
  wanted: readonly string[],
  run: Run,
): Promise<readonly Subscription[]> {
  const seen = await visibleSubscriptions(azure, run);
  if (wanted.length === 0) {
    if (seen.length > 0) return seen;
    throw new NodewardError('cloud-credentials', 'The Azure credentials can see no subscription', {
      remedy: assignRole('nodeward-reader.json'),
    });
  }
  const chosen = wanted.map((word) => chosenBy(word, seen));
  return [...new Map(chosen.map((subscription) => [subscription.id, subscription])).values()];
}

function chosenBy(word: string, seen: readonly Subscription[]): Subscription {
  const id = subscriptionId(word);
  const named = seen.filter(({ name }) => name.toLowerCase() === word.toLowerCase());
  const match = seen.find((each) => each.id === id) ?? named[0];
  if (match !== undefined && named.length <= 1) return match;
  // It may be there and not be seen: listing its clusters tells what is missing, and the others go on.
  if (match === undefined && GUID.test(word)) return { id, provider: 'aks', name: word.toLowerCase() };
  const why =
    match === undefined ? 'which the credentials do not see' : 'which several subscriptions are called';
  throw new NodewardError('config-invalid', `azure.subscriptions names ${JSON.stringify(word)}, ${why}`);
}

async function visibleSubscriptions(azure: Azure, { signal }: Run): Promise<readonly Subscription[]> {
  const found: Subscription[] = [];
  try {
    const client = await azure.subscriptions(signal);
    for await (const item of itemsOf(client.subscriptions.list())) {
      const fields = fieldsOf(item);
      const guid = nameAt(fields, 'subscriptionId');
      if (guid === null || !GUID.test(guid) || found.length >= MAX_SUBSCRIPTIONS)
        throw new NodewardError(
          'cloud-failed',
          'Azure answered with a list of subscriptions that cannot be used',
        );
      if (fields?.state === 'Deleted') continue;
      found.push({
        id: subscriptionId(guid),
        provider: 'aks',
        name: nameAt(fields, 'displayName') ?? guid.toLowerCase(),
      });
    }
    return found;
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof NodewardError) throw thrown;
    const code = isCredentialFailure(thrown) ? 'cloud-credentials' : 'cloud-failed';
    const what = code === 'cloud-credentials' ? 'Azure cannot be signed in to' : 'Azure cannot be read';
    throw new NodewardError(code, `${what} at ${azure.endpoint.host}: ${saidBy(thrown)}`, {
      cause: thrown,
      ...(statusOf(thrown) === 403 ? { remedy: assignRole('nodeward-reader.json') } : {}),
    });
  }
}
