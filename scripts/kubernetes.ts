/**
 * Builds the real kube-apiserver that tests run against, where Go is installed; the program is cached.
 *
 *   npm run test:kubernetes        builds it and runs the tests of everything that speaks to Kubernetes
 */
import { buildServer } from '../test/kubernetes/binary.ts';

const built = buildServer();
if ('path' in built) process.stdout.write(`kube-apiserver for tests: ${built.path}\n`);
else process.stdout.write(`no kube-apiserver for tests: ${built.reason}; tests against it are skipped\n`);
