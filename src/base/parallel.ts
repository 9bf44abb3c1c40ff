/**
 * Runs `work` on every item, at most `limit` at a time, and waits for all that were started. The first failure, or the
 * signal, keeps further ones from being started, and is thrown at the end.
 */
export async function inParallel<T>(
  items: readonly T[],
  options: { readonly limit: number; readonly signal: AbortSignal },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failures.length > 0 || options.signal.aborted) return;
      try {
        await work(item);
      } catch (thrown) {
        failures.push(thrown);
      }
    }
  };
  const workers = Math.max(1, Math.min(options.limit, items.length));
  await Promise.all(Array.from({ length: workers }, worker));
  options.signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}
