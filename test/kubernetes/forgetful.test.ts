import { describe } from 'node:test';
import { contract, STILL } from './contract/suite.ts';
import { realPeer } from './peers.ts';
import { noRealKubernetes } from './support.ts';

// No controller ever sees a budget here, and the past is compacted as soon as it can be.
const flags = ['-disruption=false', '--', '--etcd-compaction-interval=1s'];

describe('a real kube-apiserver that soon forgets', { skip: noRealKubernetes(), timeout: 120_000 }, () =>
  contract(() => realPeer(flags), STILL),
);
