import type { Clock } from '../../base/clock.ts';
import { sandboxInfo } from '../sandbox-info.ts';

/** What a sandbox says is asked again after so long. */
const FRESH_MS = 200;

/** The clock of a sandbox as it is at each moment: it may be moved on, stopped and started again at any time. */
export function liveSandboxClock(dataDir: string): Clock {
  let last = { at: Number.NEGATIVE_INFINITY, info: sandboxInfo(dataDir) };
  return {
    now(): Date {
      const at = Date.now();
      if (Math.abs(at - last.at) >= FRESH_MS) last = { at, info: sandboxInfo(dataDir) ?? last.info };
      const { info } = last;
      if (info === null) return new Date(at);
      return new Date(info.now.getTime() + (info.running ? (at - last.at) * info.rate : 0));
    },
  };
}
