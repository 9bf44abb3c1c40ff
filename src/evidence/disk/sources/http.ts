import { PageCache } from './cache.ts';
import { HTTP_TUNING } from './defaults.ts';
import { acceptBeginning } from './http/body.ts';
import { HttpReader } from './http/reader.ts';
import { Server } from './http/server.ts';
import type { SourceOptions } from './options.ts';
import type { OpenSource } from './types.ts';

/** Holds the boot sector and a GPT of ordinary size. */
const BEGINNING = 32 * 1024;

/**
 * A disk behind HTTPS, read in ranges (RFC 9110, 14), such as an Azure page blob behind a SAS. It stays one version of
 * the disk, pinned by its ETag or date: another one ends the scan. The URL's query appears in no message.
 * @throws NodewardError usage for a URL that is not safe, network-failed, limit-reached, interrupted
 */
export async function openHttpSource(url: string, options: SourceOptions = {}): Promise<OpenSource> {
  const server = new Server(url, options);
  try {
    const beginning = await server.ask({
      headers: { range: `bytes=0-${BEGINNING - 1}` },
      length: BEGINNING,
      accept: (answer) => acceptBeginning(answer, server.name, BEGINNING),
    });
    const tuning = { ...HTTP_TUNING, ...options.cache };
    const cache = new PageCache(new HttpReader(server, beginning), {
      ...tuning,
      cacheBytes: server.meter.cacheBytes,
    });
    cache.seed(beginning.bytes);
    return {
      source: cache,
      counters: () => server.meter.counters(),
      close: async () => {
        cache.clear();
        server.close();
      },
    };
  } catch (thrown) {
    server.close();
    throw thrown;
  }
}
