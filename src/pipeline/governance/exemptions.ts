import { NodewardError } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import { exemptionIds, exemptionState, vulnerabilityId } from '../../findings/index.ts';
import type { Severity } from '../../model/advisory.ts';
import type { Exemption, ExemptionReason, ExemptionSubject } from '../../model/exemption.ts';
import type { NodeView } from '../../model/fleet-report.ts';
import type { StoreReader } from '../../storage/index.ts';
import { parseNodeImageName } from '../../versions/node-image/name.ts';
import { type KnownPool, knownClusters } from '../findings/facts.ts';
import { resolveScope } from '../fleet/scopes.ts';
import { EVERYTHING } from '../fleet/standing.ts';
import type { Fleet, ResolvedScope } from '../fleet/types.ts';
import { expiryOf } from './expiry.ts';
import { imageOf } from './images.ts';
import { type Deed, entryOf, oneLine, recorded } from './record.ts';

const MAX_NAME = 256;
const MAX_JUSTIFICATION = 2000;

/** What a person decides not to resolve. What is left out does not matter; at least one of what findings are told by is there. */
export interface NewExemption {
  /** CVE, GHSA or Go identifier, or any other that findings have. */
  readonly cve?: string;
  /** Package, component or Go module; `src:NAME` for all packages of a source. */
  readonly package?: string;
  readonly version?: string;
  readonly severity?: Severity;
  /** As for `resolveScope`. A pool's counts for its image's family alone, unless another one is given. */
  readonly scope?: string;
  readonly family?: string;
  readonly reason: ExemptionReason;
  readonly justification: string;
  /** As for `expiryOf`; left out: until it is withdrawn. */
  readonly expires?: string;
  /** The user of the operating system. */
  readonly by: string;
}

/**
 * Exempts findings, and records it.
 * @throws NodewardError usage, scope-unknown, and those of the store
 */
export async function addExemption(fleet: Fleet, wanted: NewExemption): Promise<Exemption> {
  const author = oneLine(wanted.by, 'The author', MAX_NAME);
  const justification = oneLine(wanted.justification, 'The justification', MAX_JUSTIFICATION);
  const expiresAt = wanted.expires === undefined ? null : expiryOf(wanted.expires, fleet.clock.now());
  const subject = await subjectOf(fleet, wanted);
  return recorded(fleet, async ({ governance }, createdAt) => {
    const ids = exemptionIds(await governance.exemptions({ withdrawn: true }));
    const { reason } = wanted;
    const said = { subject, reason, justification, author, createdAt, expiresAt };
    const id = ids.next(JSON.stringify(said));
    const exemption = { id, ...said, withdrawnAt: null, withdrawnBy: null, vex: null };
    await governance.putExemption(exemption);
    const deed = {
      actor: author,
      action: 'exemption.add',
      subject: id,
      detail: detailOf(exemption),
    } as const;
    return { result: exemption, deed };
  });
}

/**
 * Ends an exemption, or a statement of a VEX document, before its time, and records it.
 * @throws NodewardError id-unknown; usage where it was withdrawn before; and those of the store
 */
export async function withdrawExemption(fleet: Fleet, id: string, by: string): Promise<Exemption> {
  const withdrawnBy = oneLine(by, 'The author', MAX_NAME);
  return recorded(fleet, async ({ governance }, withdrawnAt) => {
    const wanted = id.trim().toLowerCase();
    const all = await governance.exemptions({ withdrawn: true });
    const found = all.find((each) => each.id === wanted);
    if (found === undefined)
      throw new NodewardError('id-unknown', `No exemption has the id ${printable(id.slice(0, 100))}`);
    if (found.withdrawnAt !== null) {
      const when = found.withdrawnAt.slice(0, 10);
      throw new NodewardError('usage', `${found.id} was withdrawn on ${when} by ${found.withdrawnBy}`);
    }
    const withdrawn = { ...found, withdrawnAt, withdrawnBy };
    await governance.putExemption(withdrawn);
    const detail = detailOf(found);
    const deed = { actor: withdrawnBy, action: 'exemption.withdraw', subject: found.id, detail } as const;
    return { result: withdrawn, deed };
  });
}

/**
 * Records which exemptions have expired, each of them once.
 * @returns those that were recorded now
 * @throws NodewardError those of the store
 */
export async function expireExemptions({ store, clock }: Fleet): Promise<readonly Exemption[]> {
  const at = clock.now().toISOString();
  const pending = async ({ governance }: Pick<StoreReader, 'governance'>) => {
    const expired = (await governance.exemptions()).filter((each) => exemptionState(each, at) === 'expired');
    if (expired.length === 0) return [];
    const events = await governance.audit({ action: 'exemption.expire' });
    const known = new Set(events.map(({ subject }) => subject));
    return expired.filter(({ id }) => !known.has(id));
  };
  // Nearly always nothing has: that is found out without keeping others from writing.
  if ((await store.read(pending)).length === 0) return [];
  return store.write(async (writer) => {
    const expired = await pending(writer);
    for (const each of expired) {
      const deed: Deed = {
        actor: 'nodeward',
        action: 'exemption.expire',
        subject: each.id,
        detail: detailOf(each),
      };
      await writer.governance.appendAudit(entryOf(deed, at));
    }
    return expired;
  });
}

async function subjectOf(fleet: Fleet, wanted: NewExemption): Promise<ExemptionSubject> {
  const { severity = null, scope } = wanted;
  const name = wanted.package === undefined ? null : oneLine(wanted.package, 'The package', MAX_NAME);
  const version = wanted.version === undefined ? null : oneLine(wanted.version, 'The version', MAX_NAME);
  if (version !== null && name === null)
    throw new NodewardError('usage', 'A version needs the package that has it');
  const cve = wanted.cve === undefined ? null : await cveOf(fleet, wanted.cve);
  const resolved = scope === undefined ? null : await resolveScope(fleet, scope);
  const where = resolved === null || resolved.id === EVERYTHING ? null : resolved;
  const family =
    wanted.family === undefined ? await familyIn(fleet, where) : familyNamed(wanted.family.trim());
  const subject = { cve, package: name, version, severity, scope: where?.id ?? null, family };
  if (Object.values(subject).every((each) => each === null)) {
    throw new NodewardError('usage', 'An exemption of everything is not possible', {
      remedy: 'Say what it is about: a CVE, a package, a severity, a scope or a family of images.',
    });
  }
  return subject;
}

async function cveOf({ store }: Fleet, text: string): Promise<string> {
  const id = vulnerabilityId(text);
  if (id !== null) return id;
  const own = oneLine(text, 'The CVE', MAX_NAME);
  if ((await store.findings.vulnerabilities([own])).has(own)) return own;
  throw new NodewardError('usage', `${own} is no identifier of one vulnerability`, {
    remedy:
      'Give a CVE (CVE-2024-6387), a GHSA or a Go identifier; a notice such as USN-6859-1 is about several.',
  });
}

/** The family of a pool's image: what is exempted there is so for later images of it, and not for another system. */
async function familyIn(fleet: Fleet, scope: ResolvedScope | null): Promise<string | null> {
  if (scope === null || scope.kind !== 'pool') return null;
  return fleet.store.read(async (reader) => {
    const clusters = await reader.inventory.clusters();
    const own = clusters.filter(({ id }) => scope.id.startsWith(`${id}/`));
    for await (const { pools, nodes } of knownClusters(fleet, reader, own)) {
      const pool = pools.find(({ facts }) => facts.pool === scope.id);
      if (pool !== undefined) return familyOf(pool, nodes.get(scope.id) ?? [], scope.name);
    }
    return null;
  });
}

function familyOf({ facts }: KnownPool, nodes: readonly NodeView[], name: string): string | null {
  const known = nodes.some(({ node }) => node.image !== null && parseNodeImageName(node.image) !== null);
  if (facts.family !== null || !known) return facts.family;
  throw new NodewardError('usage', `The nodes of ${name} are of several families of images`, {
    remedy: 'Say with --family which of them is exempted.',
  });
}

function familyNamed(text: string): string {
  const image = imageOf(text, null);
  if (image !== null && image.version === null) return image.family;
  throw new NodewardError('usage', `${printable(text.slice(0, 100))} is no family of node images`, {
    remedy: 'List the known families with `nodeward images list --families`.',
  });
}

/** What the audit log keeps of an exemption. */
function detailOf({ subject, reason, justification, expiresAt, vex }: Exemption): Deed['detail'] {
  return { ...subject, reason, justification, expiresAt, document: vex?.document ?? null };
}
