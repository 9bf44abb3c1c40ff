import { NodewardError } from '../../base/errors.ts';
import type { Exemption } from '../../model/exemption.ts';
import { type ExemptionIds, exemptionIds } from '../exemption-ids.ts';
import type { VexDocument, VexSaid } from './document.ts';

/** What a document changes. */
export interface VexChange {
  readonly added: readonly Exemption[];
  /** What it does not say any more, as it is once withdrawn. */
  readonly withdrawn: readonly Exemption[];
  readonly unchanged: number;
}

/** What a document is compared with. */
export interface VexBefore {
  /** All exemptions, withdrawn ones too. */
  readonly exemptions: readonly Exemption[];
  /** The version of the document that was read last; null where none was. */
  readonly version: number | null;
  /** ISO 8601 instant. */
  readonly now: string;
  /** Who reads it. */
  readonly by: string;
}

/**
 * Compares a document with what it, from the same author, said before. What it says again stays as it is, also where
 * somebody withdrew it meanwhile: only a newer version of the document says that anew. What it does not say any more is
 * withdrawn.
 * @throws NodewardError usage where a newer version of it was read before
 */
export function mergeVex(document: VexDocument, before: VexBefore): VexChange {
  const { now, by } = before;
  if (before.version !== null && before.version > document.version) {
    const detail = `Version ${before.version} of ${document.id} was imported already; this is the older version ${document.version}`;
    throw new NodewardError('usage', detail, {
      remedy: 'Import the newest version; single statements are withdrawn with `nodeward exempt withdraw`.',
    });
  }
  const own = before.exemptions.filter(
    ({ vex, author }) => vex?.document === document.id && author === document.author,
  );
  const there = new Map<string, Exemption>();
  for (const each of own) {
    const key = keyOf(each);
    if (each.withdrawnAt === null || !there.has(key)) there.set(key, each);
  }
  const ids = exemptionIds(before.exemptions);
  const said = new Set<string>();
  const added: Exemption[] = [];
  for (const each of document.said) {
    const key = keyOf({ ...each, vex: each });
    said.add(key);
    const known = there.get(key);
    const isNewer = before.version === null || document.version > before.version;
    if (known !== undefined && (known.withdrawnAt === null || !isNewer)) continue;
    added.push(exemptionOf(document, each, { ids, key, now }));
  }
  const withdrawn = own
    .filter((each) => each.withdrawnAt === null && !said.has(keyOf(each)))
    .map((each) => ({ ...each, withdrawnAt: now, withdrawnBy: by }));
  return { added, withdrawn, unchanged: said.size - added.length };
}

function exemptionOf(
  { id: document, author, version }: VexDocument,
  said: VexSaid,
  { ids, key, now }: { readonly ids: ExemptionIds; readonly key: string; readonly now: string },
): Exemption {
  const { subject, reason, justification, status, timestamp } = said;
  return {
    id: ids.next(JSON.stringify([document, author, key, now])),
    subject,
    reason,
    justification,
    author,
    createdAt: now,
    expiresAt: null,
    withdrawnAt: null,
    withdrawnBy: null,
    vex: { document, version, timestamp, status },
  };
}

/** What a statement says: everything but when, and in which version, Nodeward read it. */
function keyOf({
  subject,
  justification,
  vex,
}: Pick<Exemption, 'subject' | 'justification'> & {
  readonly vex: Pick<VexSaid, 'status' | 'timestamp'> | null;
}): string {
  const { cve, package: name, version, family } = subject;
  return JSON.stringify([cve, name, version, family, vex?.status, vex?.timestamp, justification]);
}
