import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order } from '../../../src/versions/types.ts';
import { lastWords, runOracle, withFolder } from './oracle.ts';
import type { Pair } from './pairs.ts';

/** More pairs per run would only make dpkg's table of packages, which has a fixed size, slow. */
const PAIRS_PER_RUN = 100_000;

/**
 * The order of each pair as dpkg itself sees it.
 *
 * A process per pair (`dpkg --compare-versions`) would take minutes. `dpkg --update-avail` answers a whole file of
 * them: of two stanzas for one package it keeps the second, unless that is older. So each pair becomes two
 * packages, one with either version first; which version survives in each tells the order. It is the
 * same `dpkg_version_compare` behind the same parser; `dpkgOrder` is there to check the detour.
 */
export function dpkgOrders(pairs: readonly Pair[]): Order[] {
  const orders: Order[] = [];
  for (let start = 0; start < pairs.length; start += PAIRS_PER_RUN) {
    orders.push(...ordersOfRun(pairs.slice(start, start + PAIRS_PER_RUN)));
  }
  return orders;
}

function ordersOfRun(pairs: readonly Pair[]): Order[] {
  return withFolder((folder) => {
    const input = join(folder, 'packages');
    const errors = join(folder, 'errors');
    mkdirSync(join(folder, 'db', 'updates'), { recursive: true });
    writeFileSync(join(folder, 'db', 'status'), '');
    writeFileSync(input, pairs.map(stanzas).join(''));
    const status = runOracle('dpkg', [`--admindir=${join(folder, 'db')}`, '--update-avail', input], errors);
    if (status !== 0) throw new Error(`dpkg refused the pairs: ${lastWords(errors)}`);
    const kept = readFileSync(join(folder, 'db', 'available'), 'utf8');
    return readKept(kept, pairs.length);
  });
}

/** `Origin` marks the stanza, for dpkg rewrites the version. */
function stanzas([a, b]: Pair, index: number): string {
  const stanza = (name: string, version: string, origin: string) =>
    `Package: ${name}\nArchitecture: all\nVersion: ${version}\nOrigin: ${origin}\n\n`;
  const ab = `ab${index}`;
  const ba = `ba${index}`;
  return stanza(ab, a, 'a') + stanza(ab, b, 'b') + stanza(ba, b, 'b') + stanza(ba, a, 'a');
}

function readKept(available: string, count: number): Order[] {
  const firstOlder = new Uint8Array(count);
  const secondOlder = new Uint8Array(count);
  let answers = 0;
  for (const [, name, index, origin] of available.matchAll(/^Package: (ab|ba)(\d+)\nOrigin: ([ab])$/gm)) {
    answers++;
    // The first stanza survived: the second one is older.
    if (name === 'ab' && origin === 'a') secondOlder[Number(index)] = 1;
    if (name === 'ba' && origin === 'b') firstOlder[Number(index)] = 1;
  }
  if (answers !== 2 * count) throw new Error(`dpkg kept ${answers} packages instead of ${2 * count}`);
  return Array.from(firstOlder, (older, i) => ((secondOlder[i] ?? 0) - older) as Order);
}

/** The order of one pair by `dpkg --compare-versions`; `null` if dpkg rejects one of the two. */
export function dpkgOrder(a: string, b: string): Order | null {
  return withFolder((folder) => {
    const holds = (relation: string) =>
      runOracle('dpkg', ['--compare-versions', a, relation, b], join(folder, 'errors'));
    const older = holds('lt');
    if (older > 1) return null;
    if (older === 0) return -1;
    return holds('eq') === 0 ? 0 : 1;
  });
}
