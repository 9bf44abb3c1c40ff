/** Telling people what is new: what is told is decided once, and it is sent until it has arrived. */
export { deliver, reviveRefused } from './deliver.ts';
export { planDigests } from './plan.ts';
export type { Channel, Sent } from './types.ts';
