/** Runs a sandbox on the folder of its first argument until it is killed; prints where it answers. */

import { startSandbox } from '../../src/sandbox/index.ts';
import { testImages } from './support.ts';

const [folder = '', rate = '0'] = process.argv.slice(2);
const sandbox = await startSandbox({
  ...{ folder, images: testImages(), start: '2024-03-01', seed: 1, port: 0 },
  ...{ rate: Number(rate), limits: false, fleet: 'default' },
});
console.log(sandbox.url);
