/** What Nodeward tells of itself and of the fleet to those who watch it. */
export { measure } from './measure.ts';
export { notReady } from './ready.ts';
export type { Measurements } from './types.ts';
