/** Takes a job and never ends it, or takes the lead, until it is killed. */
import { SharedLead, SharedQueue } from '../../src/queue/index.ts';
import { KINDS } from './contract.ts';

const [url = '', what = 'work'] = process.argv.slice(2);
const trouble = (text: string): void => console.error(text);
if (what === 'lead') {
  const lead = new SharedLead(url);
  while (!(await lead.take())) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log('leading');
  setInterval(() => {}, 1000);
} else {
  const timing = { leaseSeconds: 10, superviseSeconds: 1 };
  const queue = await SharedQueue.open({ url, kinds: KINDS, parallel: 1, timing, trouble });
  await queue.work(async () => {
    console.log('begun');
    await new Promise(() => {});
  });
}
