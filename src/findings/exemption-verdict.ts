import { compareText } from '../base/text.ts';
import type { Exemption, VexOrigin } from '../model/exemption.ts';
import type { Occurrence } from '../model/recommendation.ts';
import { type Candidate, covers } from './exemption-index.ts';

/** What exemptions and statements come to for one finding. */
export interface ExemptionVerdict {
  /** Those that together cover all of its occurrences, the one that stands for them first; empty where it stays open. */
  readonly by: readonly Exemption[];
  /** Those that do not count because of a statement, with that statement. */
  readonly overruled: readonly { readonly exemption: Exemption; readonly by: Exemption }[];
  /** What a reader must know. Sentences. */
  readonly notes: readonly string[];
}

/** What nothing is said of. */
export const NOTHING_SAID: ExemptionVerdict = { by: [], overruled: [], notes: [] };

type Statement = Exemption & { readonly vex: VexOrigin };

/**
 * Decides between everything that speaks about a finding, the same way each time and in case of doubt against the
 * exemption. It is exempted where each occurrence is covered. Of the statements of VEX documents about an occurrence, the
 * newest holds, and `affected` before `under_investigation` before all others where two are of one instant; an
 * investigation takes nothing back but that it is not affected. Where `affected` holds, the word of a person that the
 * finding is false does not count; that the risk is mitigated or waived does.
 */
export function exemptionVerdict(
  candidates: readonly Candidate[],
  occurrences: readonly Occurrence[],
): ExemptionVerdict {
  if (candidates.length === 0) return NOTHING_SAID;
  const sorted = candidates.length === 1 ? candidates : candidates.toSorted(bySpecificity);
  const simple = sorted.every(
    ({ exemption }) => exemption.vex === null && exemption.subject.package === null,
  );
  const [first] = sorted;
  if (simple && first !== undefined) return { ...NOTHING_SAID, by: [first.exemption] };
  return decide(
    sorted.map(({ exemption }) => exemption),
    occurrences,
  );
}

/** @param exemptions the most specific first */
function decide(exemptions: readonly Exemption[], occurrences: readonly Occurrence[]): ExemptionVerdict {
  const overruled = new Map<Exemption, Exemption>();
  const open = new Set<Statement>();
  const perOccurrence = occurrences.map((occurrence) => {
    const about = exemptions.filter((each) => covers(each, occurrence));
    const holds = holding(about);
    if (holds !== null && holds.reason === null) open.add(holds);
    return about.filter((each) => {
      if (each.reason === null) return false;
      if (holds === null || counts(each, holds)) return true;
      overruled.set(each, holds);
      return false;
    });
  });
  const uncovered = occurrences.filter((_, index) => perOccurrence[index]?.length === 0);
  const exempted = occurrences.length > 0 && uncovered.length === 0;
  const by = exempted ? chosen(exemptions, perOccurrence) : [];
  const notes = [
    ...Array.from(open, statementNote),
    ...Array.from(overruled, overruledNote),
    ...(exempted ? togetherNotes(by) : partialNotes(new Set(perOccurrence.flat()), uncovered)),
  ];
  return { by, overruled: Array.from(overruled, ([exemption, other]) => ({ exemption, by: other })), notes };
}

/** The statement that holds of those about one occurrence: null where there is none. */
function holding(about: readonly Exemption[]): Statement | null {
  const said = about.filter(isStatement);
  const decided = newest(said.filter(({ vex }) => vex.status !== 'under_investigation'));
  // That it is looked into takes back that it is not affected; not that it is.
  return decided?.vex.status === 'affected' ? decided : newest(said);
}

function newest(statements: readonly Statement[]): Statement | null {
  let found: Statement | null = null;
  for (const each of statements) if (found === null || isAfter(each, found)) found = each;
  return found;
}

function isStatement(exemption: Exemption): exemption is Statement {
  return exemption.vex !== null;
}

function isAfter(a: Statement, b: Statement): boolean {
  const [later, earlier] = [Date.parse(a.vex.timestamp), Date.parse(b.vex.timestamp)];
  return later === earlier ? caution(a) > caution(b) : later > earlier;
}

/** Of two statements of one instant, the one that leaves more open holds. */
function caution({ vex }: Statement): number {
  return vex.status === 'affected' ? 2 : vex.status === 'under_investigation' ? 1 : 0;
}

/** Whether an exemption counts beside the statement that holds. */
function counts(exemption: Exemption, holds: Statement): boolean {
  if (holds.reason !== null) return true;
  if (exemption.vex !== null) return false;
  return holds.vex.status !== 'affected' || exemption.reason !== 'false-positive';
}

/** The most specific one that covers all, else the most specific of each occurrence. */
function chosen(
  exemptions: readonly Exemption[],
  perOccurrence: readonly (readonly Exemption[])[],
): readonly Exemption[] {
  const alone = exemptions.find((each) => perOccurrence.every((those) => those.includes(each)));
  if (alone !== undefined) return [alone];
  const used = new Set(perOccurrence.map(([first]) => first));
  return exemptions.filter((each) => used.has(each));
}

function statementNote({ author, vex }: Statement): string {
  const day = vex.timestamp.slice(0, 10);
  const says = vex.status === 'affected' ? 'it is affected' : 'it is being investigated';
  return `${author} stated on ${day} that ${says} (VEX document ${vex.document}).`;
}

function overruledNote([exemption, by]: readonly [Exemption, Exemption]): string {
  return `${exemption.id} (${exemption.reason}) does not count because of that statement, ${by.id}.`;
}

function togetherNotes([first, ...others]: readonly Exemption[]): readonly string[] {
  if (first === undefined || others.length === 0) return [];
  const ids = others.map(({ id }) => id).join(', ');
  return [`${first.id} covers a part of its packages, ${ids} the rest.`];
}

const SHOWN = 3;

function partialNotes(partial: ReadonlySet<Exemption>, uncovered: readonly Occurrence[]): readonly string[] {
  if (partial.size === 0) return [];
  const names = [...new Set(uncovered.map((each) => each.package))];
  const shown = names.slice(0, SHOWN).join(', ');
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  const ids = Array.from(partial, ({ id }) => id)
    .slice(0, SHOWN)
    .join(', ');
  return [`It stays open: ${ids} does not cover ${shown}${more}.`];
}

/** The more specific first, then the newer, then by id. */
function bySpecificity(a: Candidate, b: Candidate): number {
  return (
    b.rank - a.rank ||
    compareText(b.exemption.createdAt, a.exemption.createdAt) ||
    compareText(a.exemption.id, b.exemption.id)
  );
}
