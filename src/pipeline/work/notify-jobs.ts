/** Jobs that tell people what is new. */
import { noticesOf } from '../../findings/index.ts';
import type { Notice } from '../../model/governance.ts';
import { openFindings } from '../findings/index.ts';
import type { Fleet } from '../fleet/index.ts';
import { deliver, planDigests } from '../notify/index.ts';
import { jobOf } from './kinds.ts';
import { counted, type Worker } from './worker.ts';

/** Decides what is to be told, and has it sent. */
export async function notify(worker: Worker): Promise<string | null> {
  const { fleet, channels } = worker;
  if (channels.length === 0) return null;
  const made = await planDigests(fleet, channels, { notices: await openNotices(fleet) });
  await worker.send([jobOf('deliver', '')]);
  return made.length === 0 ? null : `${counted(made.length, 'digest')} to send`;
}

/** Everything there is to tell now, told before or not. */
export function openNotices(fleet: Fleet): Promise<readonly Notice[]> {
  return fleet.store.read(async (reader) => {
    const notices: Notice[] = [];
    for await (const pool of openFindings(fleet, reader)) notices.push(...noticesOf(pool));
    return notices;
  });
}

/** Sends the digests that are due. */
export async function deliverDigests(worker: Worker, signal: AbortSignal): Promise<string | null> {
  const { sent, waiting, failed, problems } = await deliver(worker.fleet, worker.channels, { signal });
  for (const { detail, remedy } of problems) worker.tell('deliver', `${detail} → ${remedy}`);
  if (sent + waiting + failed === 0) return null;
  const parts = [`${counted(sent, 'digest')} sent`];
  if (waiting > 0) parts.push(`${waiting} to be sent again`);
  if (failed > 0) parts.push(`${failed} given up`);
  return parts.join(', ');
}
