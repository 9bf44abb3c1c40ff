/** The fields Nodeward reads of an OSV record (https://ossf.github.io/osv-schema/, 1.3 … 1.7). */

import * as v from 'valibot';

const MAX_LIST = 20_000;
const text = v.pipe(v.string(), v.maxLength(4096));
const texts = v.nullish(v.pipe(v.array(text), v.maxLength(MAX_LIST)));

const severities = v.nullish(v.pipe(v.array(v.object({ type: text, score: text })), v.maxLength(100)));

const ranges = v.nullish(
  v.pipe(
    v.array(
      v.object({
        type: text,
        events: v.pipe(v.array(v.record(text, text)), v.minLength(1), v.maxLength(MAX_LIST)),
      }),
    ),
    v.maxLength(MAX_LIST),
  ),
);

const ecosystemSpecific = v.nullish(
  v.object({
    /** Debian: the tracker's urgency. */
    urgency: v.nullish(text),
    /** Ubuntu: `[{binary_name, binary_version}]`, before 2025 `[{<name>: <version>, …}]`. */
    binaries: v.nullish(v.pipe(v.array(v.record(text, text)), v.maxLength(MAX_LIST))),
    /** Ubuntu: which subscription the fix needs. */
    availability: v.nullish(text),
    /** Ubuntu: why the priority is what it is; prose of any length. */
    priority_reason: v.nullish(v.string()),
    /** Go: the packages the vulnerability is in. */
    imports: v.nullish(v.pipe(v.array(v.object({ path: v.nullish(text) })), v.maxLength(MAX_LIST))),
    /** Go: ranges of versions that are not versions of the module. */
    custom_ranges: ranges,
  }),
);

const databaseSpecific = v.nullish(
  v.object({
    /** Ubuntu notices: the CVEs that concern this package. */
    cves_map: v.nullish(
      v.object({
        cves: v.nullish(v.pipe(v.array(v.object({ id: text, severity: severities })), v.maxLength(MAX_LIST))),
      }),
    ),
  }),
);

const affected = v.object({
  package: v.nullish(v.object({ ecosystem: text, name: text })),
  ranges,
  versions: texts,
  severity: severities,
  ecosystem_specific: ecosystemSpecific,
  database_specific: databaseSpecific,
});

/** One OSV record. */
export const osvRecord = v.object({
  id: text,
  modified: v.nullish(text),
  published: v.nullish(text),
  withdrawn: v.nullish(text),
  aliases: texts,
  upstream: texts,
  related: texts,
  summary: v.nullish(v.string()),
  details: v.nullish(v.string()),
  severity: severities,
  affected: v.nullish(v.pipe(v.array(affected), v.maxLength(MAX_LIST))),
  /** GitHub: `{severity: 'HIGH'}`. */
  database_specific: v.nullish(v.object({ severity: v.nullish(v.unknown()) })),
});

/** One OSV record. */
export type OsvRecord = v.InferOutput<typeof osvRecord>;
/** One `affected` element of an OSV record. */
export type OsvAffected = v.InferOutput<typeof affected>;
/** The ranges of an OSV record. */
export type OsvRanges = NonNullable<v.InferOutput<typeof ranges>>;
/** The severities of an OSV record. */
export type OsvSeverities = v.InferOutput<typeof severities>;
