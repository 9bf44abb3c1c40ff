import { describe } from 'node:test';
import { contract, STILL } from './contract/suite.ts';
import { realPeer } from './peers.ts';
import { noRealKubernetes } from './support.ts';

// No controller ever sees a budget here, and the past is compacted as soon as it can be; the cache would know it still.
const flags = ['-disruption=false', '--', '--etcd-compaction-interval=1s', '--watch-cache=false'];

describe('a real kube-apiserver that soon forgets', { skip: noRealKubernetes(), timeout: 120_000 }, () =>
  contract(() => realPeer(flags), STILL),
);
