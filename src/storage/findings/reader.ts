import type { Gap } from '../../model/gap.ts';
import type {
  CveRollup,
  PoolHistory,
  Recommendation,
  ScorePoint,
  Vulnerability,
} from '../../model/recommendation.ts';
import { atOnce } from '../database/at-once.ts';
import type { Session } from '../database/types.ts';
import type {
  AssessedList,
  Computed,
  CveFilter,
  FindingsReader,
  Page,
  Paged,
  RecommendationFilter,
} from '../findings-types.ts';
import { readCves, readScores, readVulnerabilities } from './cves.ts';
import { readHistory } from './history.ts';
import { readRecommendation, readRecommendations } from './recommendations.ts';

/** What is known of vulnerabilities, on either database. */
export class FindingsQueries implements FindingsReader {
  protected readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  async assessedLists(): Promise<ReadonlyMap<string, AssessedList>> {
    const rows = await this.session.db
      .selectFrom('assessment')
      .innerJoin('software', 'software.key', 'assessment.software')
      .select(['digest', 'revision', 'at', 'gaps'])
      .execute();
    return new Map(
      rows.map(({ digest: list, revision, at, gaps }) => [
        list,
        { list, revision, at, gaps: JSON.parse(gaps) as Gap[] },
      ]),
    );
  }

  async listsInUse(): Promise<ReadonlySet<string>> {
    const { db } = this.session;
    const rows = await db
      .selectFrom('software')
      .select('digest')
      .where((where) =>
        where.or([
          where('key', 'in', db.selectFrom('pool_list').select('software').where('until', 'is', null)),
          where(
            'key',
            'in',
            db
              .selectFrom('candidate')
              .select('software')
              .where('until', 'is', null)
              .where('software', 'is not', null)
              .$castTo<{ software: number }>(),
          ),
        ]),
      )
      .execute();
    return new Set(rows.map(({ digest }) => digest));
  }

  history(pools: readonly string[] | null, only?: string): Promise<PoolHistory> {
    return atOnce(this.session, (session) => readHistory(session, pools, only));
  }

  vulnerabilities(cves: readonly string[] | null): Promise<ReadonlyMap<string, Vulnerability>> {
    return readVulnerabilities(this.session, cves);
  }

  recommendations(filter: RecommendationFilter, page: Page): Promise<Paged<Recommendation>> {
    return atOnce(this.session, (session) => readRecommendations(session, filter, page));
  }

  recommendation(id: string): Promise<Recommendation | null> {
    return readRecommendation(this.session, id);
  }

  cves(filter: CveFilter, page: Page): Promise<Paged<CveRollup>> {
    return atOnce(this.session, (session) => readCves(session, filter, page));
  }

  scores(scope: string | null, since: string): Promise<readonly ScorePoint[]> {
    return readScores(this.session, scope, since);
  }

  async computed(): Promise<Computed | null> {
    const row = await this.session.db.selectFrom('computation').selectAll().executeTakeFirst();
    if (row === undefined) return null;
    const { at, revision } = row;
    const asOf = JSON.parse(row.as_of) as Computed['asOf'];
    return { at, revision, asOf, exemptions: JSON.parse(row.exemptions) as Computed['exemptions'] };
  }
}
