import type { ServerResponse } from 'node:http';
import type { Change } from '../changes.ts';
import { type Item, versioned } from '../objects.ts';
import { groupVersion } from '../resources.ts';
import type { World } from '../world.ts';
import { type Filter, filterOf, flagOf, ordered, type Target, versionOf, wholeOf } from './request.ts';
import { expired, StatusError } from './status.ts';

/** A watch ends by itself: after the seconds it asks for, else after 30 to 60 minutes. */
const LEAST_S = 1_800;
const MAX_S = 86_400;
/** Bookmarks come every minute, and two seconds before the end. */
const BOOKMARK_MS = 60_000;
const BEFORE_END_MS = 2_000;
/** A client that does not read is cut off. */
const MAX_UNREAD = 16 * 2 ** 20;

/** One line of a watch. */
interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

/** A watch that is understood and can begin. */
export interface Watch {
  /**
   * Sends what there is and then each change, until its time is over.
   * @returns what ends it at once
   */
  start(response: ServerResponse): () => void;
}

/** @throws StatusError 400, 422, 500 */
export function prepareWatch(world: World, target: Target, query: URLSearchParams): Watch {
  const filter = filterOf(target, query);
  const seconds = wholeOf(query, 'timeoutSeconds');
  const bookmarks = flagOf(query, 'allowWatchBookmarks');
  const version = versionWish(query);
  // Without a version that the client knows, it is told of everything, unless it says otherwise.
  const initial = query.has('sendInitialEvents') ? flagOf(query, 'sendInitialEvents') : !version;
  const marked = bookmarks && initial && query.has('sendInitialEvents');
  const least = LEAST_S + (target.cluster.resourceVersion % LEAST_S);
  const timeoutMs = Math.min(MAX_S, seconds === null || seconds <= 0 ? least : seconds) * 1000;
  return {
    start: (response) =>
      new WatchStream(response, { world, target, filter, bookmarks }).run({
        version,
        initial,
        marked,
        timeoutMs,
      }),
  };
}

/** The real server says 500 here to what a list says 400 to. */
function versionWish(query: URLSearchParams): number | null {
  try {
    return versionOf(query, 'watch').version;
  } catch (thrown) {
    if (thrown instanceof StatusError && thrown.code === 400) throw new StatusError(500, thrown.message);
    throw thrown;
  }
}

interface Watching {
  readonly world: World;
  readonly target: Target;
  readonly filter: Filter;
  readonly bookmarks: boolean;
}

/** Where a watch begins, and how long it lasts. */
interface Beginning {
  /** What the client knows already; null or 0 for nothing. */
  readonly version: number | null;
  /** Whether it begins with all there are. */
  readonly initial: boolean;
  /** Whether a bookmark ends these. */
  readonly marked: boolean;
  readonly timeoutMs: number;
}

class WatchStream {
  readonly #response: ServerResponse;
  readonly #watching: Watching;
  /** What the client knows already. */
  #known = 0;
  #open = true;

  constructor(response: ServerResponse, watching: Watching) {
    this.#response = response;
    this.#watching = watching;
  }

  run({ version, initial, marked, timeoutMs }: Beginning): () => void {
    const { world, target, bookmarks } = this.#watching;
    const log = world.log(target.cluster, target.resource.name);
    const newest = initial || !version;
    this.#known = newest ? target.cluster.resourceVersion : version;
    const missed = newest ? [] : log.since(version);
    if (missed === null) {
      const message = `too old resource version: ${version} (${target.cluster.resourceVersion})`;
      this.#send({ type: 'ERROR', object: expired(message).body() });
      this.#response.end();
      return () => {};
    }
    if (initial) this.#sendAll();
    if (marked) this.#sendBookmark({ annotations: { 'k8s.io/initial-events-end': 'true' } });
    for (const change of missed) this.#sendChange(change);
    const unsubscribe = log.subscribe((change) => this.#sendChange(change));
    const timers = [setTimeout(() => end(), timeoutMs)];
    if (bookmarks) timers.push(...this.#bookmarkTimers(timeoutMs));
    const end = (): void => {
      if (!this.#open) return;
      this.#open = false;
      unsubscribe();
      for (const timer of timers) clearTimeout(timer);
      this.#response.end();
    };
    this.#response.on('close', end);
    return end;
  }

  #sendAll(): void {
    const { world, target, filter } = this.#watching;
    const items = ordered(world.items(target.cluster, target.resource.name));
    for (const item of items) if (filter.accepts(item)) this.#send({ type: 'ADDED', object: item.body() });
  }

  /** To a watch with a selector, an object that is no longer selected is gone. */
  #sendChange({ version, before, after }: Change): void {
    this.#known = version;
    const selected = (item: Item | null): Item | null =>
      item !== null && this.#watching.filter.accepts(item) ? item : null;
    const [was, is] = [selected(before), selected(after)];
    const type = is === null ? 'DELETED' : was === null ? 'ADDED' : 'MODIFIED';
    const item = is ?? was;
    if (item !== null) this.#send({ type, object: versioned(item.body(), version) });
  }

  #bookmarkTimers(timeoutMs: number): NodeJS.Timeout[] {
    const before = timeoutMs - BEFORE_END_MS;
    const every = setInterval(() => this.#sendNews(), BOOKMARK_MS);
    return before < 0 ? [every] : [every, setTimeout(() => this.#sendNews(), before)];
  }

  /** That the client has seen everything it knows is no news. */
  #sendNews(): void {
    if (this.#watching.target.cluster.resourceVersion > this.#known) this.#sendBookmark({});
  }

  /** Tells how far the client is. */
  #sendBookmark(more: Readonly<Record<string, unknown>>): void {
    const { resource, cluster } = this.#watching.target;
    this.#known = cluster.resourceVersion;
    const metadata = { resourceVersion: String(this.#known), ...more };
    const object = { kind: resource.kind, apiVersion: groupVersion(resource), metadata };
    this.#send({ type: 'BOOKMARK', object });
  }

  #send(event: WatchEvent): void {
    if (!this.#response.writable) return;
    this.#response.write(`${JSON.stringify(event)}\n`);
    if (this.#response.writableLength > MAX_UNREAD) this.#response.destroy();
  }
}
