import * as v from 'valibot';

/**
 * A backup is a zstd stream of lines of JSON: the header; for each table a line that names it and its columns, then one
 * line for each row, its values in the order of the columns, bytes as base64; the trailer.
 */
export const FORMAT = 1;

/** Above the line of any row: the largest is a software list. */
export const MAX_LINE_BYTES = 64 << 20;

/** The first line. */
export const HeaderSchema = v.object({
  backup: v.literal('nodeward'),
  format: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Layout of the store it is of: how many migrations made it. */
  layout: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Version of the Nodeward that wrote it. */
  version: v.pipe(v.string(), v.maxLength(100)),
  at: v.pipe(v.string(), v.isoTimestamp()),
  installation: v.pipe(v.string(), v.uuid()),
  sandbox: v.boolean(),
});

/** The first line of a backup. */
export type Header = v.InferOutput<typeof HeaderSchema>;

/** The line before the rows of a table. */
export const TableSchema = v.strictObject({
  table: v.string(),
  columns: v.pipe(v.array(v.string()), v.minLength(1)),
});

/** A row. */
export const RowSchema = v.array(v.union([v.string(), v.number(), v.null()]));

/** The last line. */
export const TrailerSchema = v.strictObject({
  /** How many rows each table has. */
  rows: v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** Of everything before this line, in hexadecimal. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
