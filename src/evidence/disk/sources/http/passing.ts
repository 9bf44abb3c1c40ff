/** A failure that may pass: the request is worth another attempt. */
export class Passing extends Error {
  /** How long the server asks to wait, in milliseconds; null where it does not say. */
  readonly pauseMs: number | null;

  constructor(message: string, pauseMs: number | null = null) {
    super(message);
    this.pauseMs = pauseMs;
  }
}
