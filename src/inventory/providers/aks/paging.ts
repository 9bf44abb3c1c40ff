import { TransportError } from './transport.ts';

const MAX_PAGES = 2_000;

/** A listing of the SDK, item by item, that ends also where the server's pages do not. @throws TransportError */
export async function* itemsOf<T>(listing: { byPage(): AsyncIterable<readonly T[]> }): AsyncGenerator<T> {
  let pages = 0;
  for await (const page of listing.byPage()) {
    if (++pages > MAX_PAGES) throw new TransportError('malformed', 'a list never ends');
    yield* page;
  }
}
