import type { WriteStream } from 'node:tty';

/** Where a long step tells how far it is. `done` and `total` are in the unit the label names. */
export interface Progress {
  step(label: string, done: number, total: number | null): void;
  /** Ends the current bar, so that the next line starts on its own. */
  end(): void;
}

/** For callers that show nothing. */
export const silent: Progress = { step() {}, end() {} };

const REDRAW_MS = 100;
const LOG_LINE_MS = 5_000;

/** A bar that redraws in place on a terminal; in a log, a line every few seconds of a step that takes that long. */
export function progressTo(stream: NodeJS.WriteStream): Progress {
  const pause = stream.isTTY ? REDRAW_MS : LOG_LINE_MS;
  let shownAt: number | null = null;
  let open = false;
  return {
    step(label, done, total) {
      const now = Date.now();
      // Short steps of a log need no line at all; a bar is there at once.
      shownAt ??= stream.isTTY ? 0 : now;
      const complete = total !== null && done >= total;
      if (now - shownAt < pause && !(complete && open)) return;
      shownAt = now;
      const text = total === null ? `${label} ${done}` : `${label} ${done}/${total}`;
      if (stream.isTTY) stream.write(`\r\u001b[K${bar(done, total)}${text.slice(0, width(stream) - 26)}`);
      else stream.write(`${text}\n`);
      open = true;
    },
    end() {
      if (open && stream.isTTY) stream.write('\r\u001b[K');
      open = false;
      shownAt = null;
    },
  };
}

function width(stream: WriteStream | NodeJS.WriteStream): number {
  return Math.max(40, stream.columns ?? 80);
}

function bar(done: number, total: number | null): string {
  if (total === null || total === 0) return '';
  const filled = Math.min(20, Math.floor((done / total) * 20));
  return `[${'='.repeat(filled)}${' '.repeat(20 - filled)}] `;
}
