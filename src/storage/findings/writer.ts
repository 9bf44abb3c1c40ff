import type {
  Candidate,
  CandidateRole,
  CveRollup,
  ListAssessment,
  PoolList,
  Recommendation,
  ScorePoint,
  Vulnerability,
} from '../../model/recommendation.ts';
import type { Session } from '../database/types.ts';
import { upsert } from '../database/upsert.ts';
import type { Computed, FindingsWriter, ListChange } from '../findings-types.ts';
import { Assessor } from './assess.ts';
import { writeCves, writeScores, writeVulnerabilities } from './cves.ts';
import { forgetFindings } from './forget.ts';
import { putCandidates, putPoolLists } from './places.ts';
import { FindingsQueries } from './reader.ts';
import { writeRecommendations } from './recommendations.ts';

/** The changes of one transaction. */
export class FindingsChanges extends FindingsQueries implements FindingsWriter {
  #assessor: Assessor;

  constructor(session: Session) {
    super(session);
    this.#assessor = new Assessor(session);
  }

  putAssessment(assessment: ListAssessment): Promise<ListChange> {
    return this.#assessor.put(assessment);
  }

  putVulnerabilities(vulnerabilities: readonly Vulnerability[]): Promise<void> {
    return writeVulnerabilities(this.session, vulnerabilities);
  }

  putPoolLists(pool: string, lists: readonly Pick<PoolList, 'list' | 'nodes'>[], at: string): Promise<void> {
    return putPoolLists(this.session, { pool, at }, lists);
  }

  putCandidates(
    pool: string,
    candidates: ReadonlyMap<CandidateRole, Pick<Candidate, 'image' | 'list'>>,
    at: string,
  ): Promise<void> {
    return putCandidates(this.session, { pool, at }, candidates);
  }

  putRecommendations(recommendations: readonly Recommendation[]): Promise<void> {
    return writeRecommendations(this.session, recommendations);
  }

  putCves(rollups: readonly CveRollup[]): Promise<void> {
    return writeCves(this.session, rollups);
  }

  putScores(points: readonly ScorePoint[]): Promise<void> {
    return writeScores(this.session, points);
  }

  putComputed({ at, revision, asOf, exemptions }: Computed): Promise<void> {
    const json = { as_of: JSON.stringify(asOf), exemptions: JSON.stringify(exemptions) };
    const row = { one: 1, at, revision, ...json };
    return upsert(this.session, { table: 'computation', key: ['one'] }, [row]);
  }

  forgetFindings(before: string): Promise<number> {
    // What it remembers as stored may be forgotten now.
    this.#assessor = new Assessor(this.session);
    return forgetFindings(this.session, before);
  }
}
