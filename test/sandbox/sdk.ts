import { ContainerServiceClient } from '@azure/arm-containerservice';
import { SubscriptionClient } from '@azure/arm-resources-subscriptions';
import type { TokenCredential } from '@azure/core-auth';
import { TOKENS } from '../../src/sandbox/index.ts';
import type { Peer } from './support.ts';

function credentialOf(token: string): TokenCredential {
  return { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
}

/** The official client of AKS, pointed at a sandbox; nothing else is changed. */
export function aksClient(
  peer: Peer,
  subscription: string,
  token: string = TOKENS.owner,
): ContainerServiceClient {
  return new ContainerServiceClient(credentialOf(token), subscription, {
    endpoint: peer.url,
    tlsOptions: { ca: peer.ca },
  });
}

/** The official client of subscriptions. */
export function subscriptionClient(peer: Peer, token: string = TOKENS.owner): SubscriptionClient {
  return new SubscriptionClient(credentialOf(token), {
    endpoint: peer.url,
    tlsOptions: { ca: peer.ca },
  });
}

/** Everything of a paged listing. */
export async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}
