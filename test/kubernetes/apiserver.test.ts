import { describe } from 'node:test';
import { contract, USUAL } from './contract/suite.ts';
import { realPeer } from './peers.ts';
import { noRealKubernetes } from './support.ts';

describe('a real kube-apiserver', { skip: noRealKubernetes(), timeout: 120_000 }, () =>
  contract(realPeer, USUAL),
);
