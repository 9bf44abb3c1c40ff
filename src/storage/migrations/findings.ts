import type { Migration } from './types.ts';

/**
 * Which software had which vulnerabilities, and which pools had, have and could have which software. Findings are looked up by
 * their list alone: every further index would be written all over by each list, whose CVEs are those of the others.
 */
export const createFindings: Migration = ({ key, text, integer, table, keyed }) => [
  `CREATE TABLE assessment (
    software ${integer} PRIMARY KEY REFERENCES software ON DELETE CASCADE, revision ${text} NOT NULL, at ${text} NOT NULL,
    first_at ${text} NOT NULL, gaps ${text} NOT NULL, hash ${text} NOT NULL
  )${table}`,
  `CREATE TABLE occurrence_set (key ${key}, hash ${text} NOT NULL UNIQUE, body ${text} NOT NULL)${table}`,
  `CREATE TABLE list_finding (
    software ${integer} NOT NULL REFERENCES assessment ON DELETE CASCADE, cve ${text} NOT NULL, episode ${integer} NOT NULL,
    severity ${text} NOT NULL, occurrences ${integer} NOT NULL, first_seen ${text} NOT NULL,
    gone ${text}, PRIMARY KEY (software, cve, episode)
  )${keyed}`,
  `CREATE TABLE pool_list (
    pool ${text} NOT NULL, software ${integer} NOT NULL REFERENCES software, episode ${integer} NOT NULL,
    nodes ${integer} NOT NULL, since ${text} NOT NULL, until ${text}, PRIMARY KEY (pool, software, episode)
  )${keyed}`,
  'CREATE INDEX pool_list_software ON pool_list (software)',
  `CREATE TABLE candidate (
    pool ${text} NOT NULL, role ${text} NOT NULL, episode ${integer} NOT NULL, image ${text} NOT NULL,
    software ${integer} REFERENCES software, since ${text} NOT NULL, until ${text}, PRIMARY KEY (pool, role, episode)
  )${keyed}`,
  'CREATE INDEX candidate_software ON candidate (software)',
];

/** What is computed of them, for lists that are read page by page. */
export const createRecommendations: Migration = ({ text, integer, real, table, keyed }) => {
  const counts = (...names: string[]): string =>
    names.map((name) => `${name} ${integer} NOT NULL`).join(', ');
  return [
    `CREATE TABLE vulnerability (
      cve ${text} PRIMARY KEY, aliases ${text} NOT NULL, cvss ${text} NOT NULL, published ${text}, kev ${text},
      epss ${real}, percentile ${real}
    )${keyed}`,
    `CREATE TABLE recommendation (
      id ${text} PRIMARY KEY, kind ${text} NOT NULL, state ${text} NOT NULL, pool ${text}, cluster ${text} NOT NULL,
      subscription ${text} NOT NULL, owner ${text}, risk ${real} NOT NULL, sort ${text} NOT NULL, search ${text} NOT NULL,
      since ${text} NOT NULL,
      ${counts('critical', 'high', 'medium', 'low', 'negligible', 'unknown')},
      ${counts('available', 'not_in_region', 'no_image', 'kubernetes', 'no_vendor_fix', 'fix_unknown')},
      ${counts('kev', 'overdue')}, body ${text} NOT NULL
    )${table}`,
    `CREATE TABLE cve_rollup (
      scope ${text} NOT NULL, cve ${text} NOT NULL, severity ${text} NOT NULL, kev ${text}, epss ${real},
      risk ${real} NOT NULL, status ${text} NOT NULL, fix ${text} NOT NULL, package ${text} NOT NULL,
      ${counts('pools', 'clusters', 'nodes', 'overdue', 'exempted')},
      first_seen ${text} NOT NULL, due_at ${text}, search ${text} NOT NULL, PRIMARY KEY (scope, cve)
    )${keyed}`,
    'CREATE INDEX cve_rollup_risk ON cve_rollup (scope, risk DESC, cve)',
    `CREATE TABLE score (
      scope ${text} NOT NULL, day ${text} NOT NULL, score ${real},
      ${counts('healthy', 'unhealthy', 'not_assessed', 'open', 'available', 'overdue')}, PRIMARY KEY (scope, day)
    )${keyed}`,
    `CREATE TABLE computation (
      one ${integer} PRIMARY KEY CHECK (one = 1), at ${text} NOT NULL, revision ${text} NOT NULL, as_of ${text} NOT NULL,
      exemptions ${text} NOT NULL
    )${table}`,
  ];
};
