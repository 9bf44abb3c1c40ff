import { NodewardError, reasonOf } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import { matchSoftware } from '../../matching/index.ts';
import type { RefreshProblem } from '../../model/findings-report.ts';
import type { ListAssessment } from '../../model/recommendation.ts';
import type { ListChange } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';
import type { LongStep } from '../update.ts';
import { exploitationIn } from './exploitation.ts';
import { listFindings } from './list-findings.ts';

/** The lists that pools have, or could have, and that were not assessed with the loaded advisories. */
export async function staleLists({ store, workspace }: Fleet): Promise<readonly string[]> {
  const { revision } = workspace.advisories();
  return store.read(async ({ findings }) => {
    const assessed = await findings.assessedLists();
    const used = await findings.listsInUse();
    return [...used].filter((list) => assessed.get(list)?.revision !== revision).sort();
  });
}

/** What assessing lists shares: which vulnerabilities are in the store as the loaded advisories know them. */
export interface AssessedSoFar {
  readonly revision: string;
  readonly vulnerabilities: Set<string>;
}

/** Nothing yet, with the loaded advisories. */
export function nothingAssessed({ workspace }: Fleet): AssessedSoFar {
  return { revision: workspace.advisories().revision, vulnerabilities: new Set() };
}

/**
 * Assesses one software list with the loaded advisories and records what differs.
 * @returns null where the list is not there any more, or other advisories were loaded since
 * @throws NodewardError database-unusable, store-busy, file-unwritable
 */
export async function assessOne(
  fleet: Fleet,
  list: string,
  soFar: AssessedSoFar,
): Promise<ListChange | null> {
  const { store, workspace, clock } = fleet;
  const advisories = workspace.advisories();
  const { revision } = advisories;
  const software = revision === soFar.revision ? await store.inventory.software(list) : null;
  if (software === null) return null;
  const { findings, gaps } = matchSoftware(software, advisories);
  const assessment: ListAssessment = {
    list,
    revision,
    at: clock.now().toISOString(),
    findings: listFindings(findings),
    gaps,
  };
  const fresh = assessment.findings.map(({ cve }) => cve).filter((cve) => !soFar.vulnerabilities.has(cve));
  const vulnerabilities = fresh.map((cve) => advisories.vulnerability(cve));
  const exploitation = exploitationIn(advisories);
  try {
    const change = await store.write(async ({ findings: writer }) => {
      const before = exploitation.whole ? new Map() : await writer.vulnerabilities(fresh);
      await writer.putVulnerabilities(vulnerabilities.map((each) => exploitation.keep(each, before)));
      return writer.putAssessment(assessment);
    });
    for (const cve of fresh) soFar.vulnerabilities.add(cve);
    return change;
  } catch (thrown) {
    // Whoever forgets lists may have been faster.
    if ((await store.inventory.software(list)) === null) return null;
    throw thrown;
  }
}

/** What assessing all lists came to that had to be. */
export interface AssessmentReport extends ListChange {
  readonly assessed: number;
  readonly problems: readonly RefreshProblem[];
}

/**
 * Assesses every list that was not assessed with the loaded advisories, one after the other. A list that cannot be
 * assessed is a problem, and the others go on.
 * @throws NodewardError store-busy, file-unwritable, store-failed, and the reason of the signal between two lists
 */
export async function assessStale(fleet: Fleet, { progress, signal }: LongStep): Promise<AssessmentReport> {
  const soFar = nothingAssessed(fleet);
  const stale = await staleLists(fleet);
  const problems: RefreshProblem[] = [];
  let [assessed, appeared, gone] = [0, 0, 0];
  for (const [index, list] of stale.entries()) {
    signal.throwIfAborted();
    progress.step('Assessing software lists', index, stale.length);
    try {
      const change = await assessOne(fleet, list, soFar);
      if (change === null) continue;
      assessed++;
      appeared += change.appeared;
      gone += change.gone;
    } catch (thrown) {
      if (thrown instanceof NodewardError) throw thrown;
      problems.push(unassessable(list, thrown));
    }
  }
  progress.end();
  return { assessed, appeared, gone, problems };
}

function unassessable(list: string, thrown: unknown): RefreshProblem {
  return {
    scope: list,
    detail: printable(`A software list could not be assessed: ${reasonOf(thrown)}.`),
    remedy: 'Its findings stay as they were; please report this with the list named here.',
  };
}
