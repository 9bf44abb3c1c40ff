import { instantWords } from './words.ts';

/** What stands before everything that is about a sandbox, so that nobody takes it for a real cloud. */
export function sandboxBanner(now: Date): string {
  return `SANDBOX ${instantWords(now)} · simulated Azure, nothing here is real\n`;
}
