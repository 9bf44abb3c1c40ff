import { today } from '../../base/clock.ts';
import { ecosystemsOf } from '../../matching/index.ts';
import type { Coverage } from '../../model/advisory.ts';
import type { CoverageReason, Evidence } from '../../model/coverage.ts';
import type { StoredSoftware } from '../../storage/index.ts';
import { nodeImageVersionDate } from '../../versions/node-image/name.ts';
import { basisGaps } from '../basis.ts';
import type { Fleet } from './types.ts';

const GO = 'Go';

/** What the loaded advisories can tell of one software list. */
export interface AdvisoryStanding {
  /** Whether they can tell anything at all. */
  readonly speaks: boolean;
  readonly reasons: readonly CoverageReason[];
}

const REMEDIES = {
  'no-advisories':
    'Load a feed that covers it with `nodeward db update`, if one is listed in `nodeward db status`; else assess these machines by other means.',
  'sample-advisories': 'Load all advisories with `nodeward db update`.',
  'stale-advisories': 'Load newer advisories with `nodeward db update`.',
} as const;

/** Says what the advisories can tell of the lists of a fleet. Each distinct list is judged once. */
export class AdvisoryJudge {
  readonly #coverage: readonly Coverage[];
  readonly #today: string;
  readonly #heads: ReadonlyMap<string, StoredSoftware>;
  readonly #known = new Map<string, AdvisoryStanding>();

  /** @param heads the lists there are */
  constructor({ workspace, clock }: Fleet, heads: ReadonlyMap<string, StoredSoftware>) {
    this.#coverage = workspace.advisories().coverage;
    this.#today = today(clock);
    this.#heads = heads;
  }

  /** The list without its content; null where the store has lost it. */
  head({ software }: Evidence): StoredSoftware | null {
    return this.#heads.get(software) ?? null;
  }

  of(evidence: Evidence): AdvisoryStanding {
    const built = evidence.source === 'image' ? buildDate(evidence.image) : null;
    const key = `${evidence.software}\n${built}`;
    let standing = this.#known.get(key);
    if (standing === undefined) {
      standing = this.#judge(this.head(evidence), built);
      this.#known.set(key, standing);
    }
    return standing;
  }

  #judge(head: StoredSoftware | null, built: string | null): AdvisoryStanding {
    if (head === null) return { speaks: false, reasons: [] };
    const loaded = new Set(this.#coverage.map(({ ecosystem }) => ecosystem));
    const go = loaded.has(GO) && head.components + head.programs > 0;
    const own = head.os === null ? null : ecosystemsOf(head.os, this.#coverage);
    const covered = own !== null && (loaded.has(own.base) || (own.pro !== null && loaded.has(own.pro)));
    const used = new Set([GO, ...(own === null || !covered ? [] : [own.base, own.pro, ...own.fips])]);
    const reasons: CoverageReason[] = [];
    if (!covered) reasons.push(noAdvisories(head, go));
    else if (head.fips && own.fips.length > 0 && !own.fips.some((stream) => loaded.has(stream)))
      reasons.push(noFips(own.base));
    if (!loaded.has(GO) && head.components + head.programs > 0) reasons.push(noGo());
    const basis = this.#coverage.filter(({ ecosystem }) => used.has(ecosystem));
    for (const { code, detail } of basisGaps(basis, { buildDate: built }, this.#today)) {
      if (code === 'sample-advisories' || code === 'stale-advisories')
        reasons.push({ code, detail, remedy: REMEDIES[code] });
    }
    return { speaks: (covered && head.packages > 0) || go, reasons };
  }
}

function buildDate(image: string | null): string | null {
  return image === null ? null : nodeImageVersionDate(image);
}

function noAdvisories({ os }: StoredSoftware, go: boolean): CoverageReason {
  const name = os === null ? null : os.prettyName || `${os.id} ${os.versionId}`;
  const system =
    name === null ? 'Its operating system could not be identified' : `No loaded feed covers ${name}`;
  const detail = go ? `${system}: only its Kubernetes components are assessed.` : `${system}.`;
  return { code: 'no-advisories', detail, remedy: REMEDIES['no-advisories'] };
}

function noFips(base: string): CoverageReason {
  const detail = `No loaded feed covers the FIPS packages of ${base}, its kernel among them.`;
  return { code: 'no-advisories', detail, remedy: REMEDIES['no-advisories'] };
}

function noGo(): CoverageReason {
  const detail = 'No loaded feed covers Go modules, which its Kubernetes components are built from.';
  return { code: 'no-advisories', detail, remedy: REMEDIES['no-advisories'] };
}
