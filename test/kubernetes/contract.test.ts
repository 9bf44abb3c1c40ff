/** One contract on two servers: the sandbox has to answer like a real kube-apiserver. */
import { after, before, describe } from 'node:test';
import { throughTheClient } from './contract/client.ts';
import { evictions, unprocessedBudgets } from './contract/evictions.ts';
import { lists, oldStates } from './contract/lists.ts';
import { patches } from './contract/patches.ts';
import { refusals } from './contract/refusals.ts';
import { watches } from './contract/watches.ts';
import { type Peer, realPeer, sandboxPeer } from './peers.ts';
import { noRealKubernetes } from './support.ts';

/** Registers tests of one side of the contract. */
type Part = (peer: () => Peer) => void;

const ALL: readonly Part[] = [refusals, lists, patches, watches, evictions, throughTheClient];
/** These need a server whose controllers stand still and which soon forgets. */
const STILL: readonly Part[] = [unprocessedBudgets, oldStates];

function contract(start: () => Promise<Peer>, parts: readonly Part[]): void {
  let peer: Peer | undefined;
  before(async () => {
    peer = await start();
  });
  after(() => peer?.stop());
  for (const part of parts)
    part(() => {
      if (peer === undefined) throw new Error('the server did not start');
      return peer;
    });
}

describe('a cluster of the sandbox', { timeout: 120_000 }, () => contract(sandboxPeer, [...ALL, ...STILL]));

const skip = noRealKubernetes();
describe('a real kube-apiserver', { skip, timeout: 120_000 }, () => contract(realPeer, ALL));
describe('a real kube-apiserver that soon forgets', { skip, timeout: 120_000 }, () =>
  contract(() => realPeer(['-disruption=false', '--', '--etcd-compaction-interval=1s']), STILL),
);
