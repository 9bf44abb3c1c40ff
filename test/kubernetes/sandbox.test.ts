import { describe } from 'node:test';
import { contract, STILL, USUAL } from './contract/suite.ts';
import { sandboxPeer } from './peers.ts';

describe('a cluster of the sandbox', { timeout: 120_000 }, () => contract(sandboxPeer, [...USUAL, ...STILL]));
