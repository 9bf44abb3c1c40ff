/** How vulnerability identifiers are told apart. */

const CVE = /^CVE-(\d{4})-(\d{4,12})$/;
const PREFIXED_CVE = /^[A-Z]+-(CVE-\d{4}-\d{4,12})$/;
const IDENTIFIER = /^[A-Za-z0-9][A-Za-z0-9._:+-]{2,127}$/;
const KEPT_ALIAS = /^(?:GHSA|GO|USN|DSA|DLA|LSN|ALSA|ALBA|ALEA|RLSA|RXSA|RLBA|RLEA|[A-Z]+-CVE)-/;

/** Whether the text is a CVE id. */
export function isCve(id: string): boolean {
  return CVE.test(id);
}

/** The CVE an id is or is made from: `UBUNTU-CVE-2024-1234` → `CVE-2024-1234`. Null for all others. */
export function cveOf(id: string): string | null {
  if (CVE.test(id)) return id;
  return PREFIXED_CVE.exec(id)?.[1] ?? null;
}

/** Whether the text can be an identifier at all: no spaces, no control characters, bounded. */
export function isIdentifier(id: string): boolean {
  return IDENTIFIER.test(id);
}

/**
 * Whether an alias is worth keeping: other databases' ids and notices people search for. Package-specific copies
 * (`CGA-`, `BIT-`, `PYSEC-`) only add noise.
 */
export function isKeptAlias(id: string): boolean {
  return KEPT_ALIAS.test(id) && IDENTIFIER.test(id);
}

/** Which canonical name is preferred among ids without a CVE: GHSA, then GO, then the vendor's own. */
export function canonicalRank(id: string): number {
  if (id.startsWith('GHSA-')) return 0;
  return id.startsWith('GO-') ? 1 : 2;
}

/** A CVE as one number, for compact keys; null where it is none or too large for exact arithmetic. */
export function cveNumber(cve: string): number | null {
  const match = CVE.exec(cve);
  if (match === null) return null;
  const number = Number(match[2]);
  // Only the canonical spelling has a number: otherwise two spellings would share one.
  if (String(number).padStart(4, '0') !== match[2] || number >= 1e8) return null;
  return Number(match[1]) * 1e8 + number;
}

/** The inverse of `cveNumber`. */
export function cveOfNumber(number: number): string {
  return `CVE-${Math.floor(number / 1e8)}-${String(number % 1e8).padStart(4, '0')}`;
}
