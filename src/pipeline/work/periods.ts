import type { Settings } from '../../config/index.ts';
import type { Periods } from './due.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * How often each task runs. Nobody sets two of them: a day has scores and overdue findings of its own, and an hour is soon
 * enough for both.
 */
export function periodsOf(settings: Settings): Periods {
  return {
    discover: settings['run.discover-minutes'] * MINUTE,
    advisories: settings['run.advisories-minutes'] * MINUTE,
    images: settings['run.images-minutes'] * MINUTE,
    assess: HOUR,
    notify: settings['notify.minutes'] * MINUTE,
    forget: 24 * HOUR,
  };
}
