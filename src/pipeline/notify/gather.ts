import { compareText } from '../../base/text.ts';
import { NOTICE_KINDS, type Notice } from '../../model/governance.ts';

const MAX_CVES = 10;

/** Notices as one digest tells them. */
export interface Gathered {
  /** Most urgent first. */
  readonly notices: readonly Notice[];
  /** How many more there were than there is room for. */
  readonly more: number;
}

/**
 * Notices of one kind about one pool (and one image or day) as one, with all their CVEs counted; in the order of
 * urgency, and no more than fit into so many bytes of JSON.
 */
export function gather(notices: readonly Notice[], maxBytes: number): Gathered {
  const groups = new Map<string, Notice>();
  for (const notice of notices) {
    const key = JSON.stringify([notice.kind, notice.pool, notice.detail]);
    const before = groups.get(key);
    groups.set(key, before === undefined ? notice : joined(before, notice));
  }
  const sorted = [...groups.values()].sort(byUrgency);
  let bytes = 2;
  const fitting = sorted.findIndex((notice) => {
    bytes += Buffer.byteLength(JSON.stringify(notice)) + 1;
    return bytes > maxBytes;
  });
  const kept = fitting < 0 ? sorted : sorted.slice(0, fitting);
  return { notices: kept, more: sorted.length - kept.length };
}

function joined(a: Notice, b: Notice): Notice {
  return {
    ...a,
    cves: [...new Set([...a.cves, ...b.cves])].slice(0, MAX_CVES),
    count: a.count + b.count,
  };
}

function byUrgency(a: Notice, b: Notice): number {
  return (
    NOTICE_KINDS.indexOf(a.kind) - NOTICE_KINDS.indexOf(b.kind) ||
    b.count - a.count ||
    compareText(a.clusterName, b.clusterName) ||
    compareText(a.poolName, b.poolName) ||
    compareText(a.key, b.key)
  );
}
