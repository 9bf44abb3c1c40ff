/** One contract on two servers: the sandbox has to answer like a real kube-apiserver. */
import { after, before } from 'node:test';
import type { Peer } from '../peers.ts';
import { throughTheClient } from './client.ts';
import { evictions, unprocessedBudgets } from './evictions.ts';
import { lists, oldStates } from './lists.ts';
import { patches } from './patches.ts';
import { refusals } from './refusals.ts';
import { watches } from './watches.ts';

/** Registers tests of one part of the contract. */
type Part = (peer: () => Peer) => void;

/** The contract with a server that works as usual. */
export const USUAL: readonly Part[] = [refusals, lists, patches, watches, evictions, throughTheClient];
/** With a server whose controllers stand still, and which soon forgets. */
export const STILL: readonly Part[] = [unprocessedBudgets, oldStates];

/** Starts a server for the tests of some parts. Called in a suite. */
export function contract(start: () => Promise<Peer>, parts: readonly Part[]): void {
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
