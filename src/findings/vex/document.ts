import * as v from 'valibot';
import { NodewardError } from '../../base/errors.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { decodeUtf8, parseJson, printable } from '../../base/text.ts';
import type { ExemptionReason, ExemptionSubject, VexStatus } from '../../model/exemption.ts';
import type { VexImport } from '../../model/findings-report.ts';
import { vulnerabilityId } from '../vulnerability-id.ts';
import { type ImageOf, productSubjects } from './products.ts';
import { issueOf, VexFile, VexStatement, type VexVulnerability } from './schema.ts';

/** The largest document that is read. A vendor's for all of its packages and one CVE has some hundred KiB. */
export const MAX_VEX_BYTES = 16 * 1024 * 1024;

const MAX_DEPTH = 64;
/** Statements times products times subcomponents. */
const MAX_SAID = 200_000;
const MAX_LEFT_OUT = 1000;
const MAX_SHOWN = 2000;
/** Clocks differ; what is said to be from later than that would win over all that is said until then. */
const AHEAD_MS = 86_400_000;

/** What a document says of one product and one vulnerability. */
export interface VexSaid {
  readonly subject: ExemptionSubject;
  readonly status: VexStatus;
  /** Null where it exempts nothing. */
  readonly reason: ExemptionReason | null;
  readonly justification: string;
  readonly timestamp: string;
}

/** A document as it is understood. */
export interface VexDocument {
  readonly id: string;
  readonly author: string;
  readonly version: number;
  readonly said: readonly VexSaid[];
  readonly leftOut: VexImport['leftOut'];
}

/** What a document is read with. */
export interface VexReading {
  /** What errors call the document. */
  readonly place: string;
  /** ISO 8601 instant. */
  readonly now: string;
  readonly imageOf: ImageOf;
}

/**
 * Reads an OpenVEX document (0.2.0, or 0.0.x) in JSON. What is said of other software, and statements that are not as
 * OpenVEX asks, are left out and told.
 * @throws NodewardError input-malformed, input-unsupported, input-too-large
 */
export function readVex(bytes: Uint8Array, reading: VexReading): VexDocument {
  const { place } = reading;
  boundDepth(decodeUtf8(bytes, place), place);
  const json = parseJson(bytes, place);
  checkContext(json, place);
  const file = v.safeParse(VexFile, json, { abortEarly: true });
  if (!file.success) {
    const issue = issueOf(file.issues[0], '');
    throw malformed(place, issue.place, issue.why);
  }
  const { '@id': id, author, version, timestamp, statements } = file.output;
  const collected = new Collected(reading);
  for (const [index, raw] of statements.entries())
    collected.statement(raw, `statements[${index}]`, timestamp);
  return {
    id: printable(id).toWellFormed(),
    author: printable(author).toWellFormed(),
    version,
    said: collected.said(),
    leftOut: collected.leftOut(),
  };
}

type LeftOut = VexImport['leftOut'][number];

/** A statement that is as OpenVEX asks. */
interface Understood {
  readonly statement: VexStatement;
  readonly cve: string;
  readonly said: Omit<VexSaid, 'subject'>;
}

class Collected {
  readonly #reading: VexReading;
  readonly #latest: number;
  readonly #said = new Map<string, VexSaid>();
  readonly #leftOut: LeftOut[] = [];
  #more = 0;

  constructor(reading: VexReading) {
    this.#reading = reading;
    this.#latest = Date.parse(reading.now) + AHEAD_MS;
  }

  statement(raw: unknown, place: string, inherited: string): void {
    const understood = this.#understand(raw, place, inherited);
    if (!understood.ok) {
      this.#leave(understood.error);
      return;
    }
    const { statement, cve, said } = understood.value;
    for (const [index, product] of statement.products.entries()) {
      const parts = [...product.subcomponents, ...statement.subcomponents];
      for (const subject of productSubjects(product, parts, this.#reading.imageOf)) {
        if (!subject.ok) this.#leave({ place: `${place}.products[${index}]`, why: subject.error });
        else this.#add({ ...said, subject: { cve, severity: null, scope: null, ...subject.value } });
      }
    }
  }

  said(): readonly VexSaid[] {
    return [...this.#said.values()];
  }

  leftOut(): VexImport['leftOut'] {
    if (this.#more === 0) return this.#leftOut;
    return [...this.#leftOut, { place: 'statements', why: `${this.#more} more were left out` }];
  }

  #understand(raw: unknown, place: string, inherited: string): Result<Understood, LeftOut> {
    const parsed = v.safeParse(VexStatement, raw, { abortEarly: true });
    if (!parsed.success) return err(issueOf(parsed.issues[0], place));
    const statement = parsed.output;
    const incomplete = incompleteness(statement);
    if (incomplete !== null) return err({ place, why: incomplete });
    const timestamp = statement.timestamp ?? inherited;
    if (Date.parse(timestamp) > this.#latest)
      return err({ place, why: `is of ${timestamp}, which is in the future` });
    const cve = cveOf(statement.vulnerability);
    if (!cve.ok) return err({ place: `${place}.vulnerability`, why: cve.error });
    const [reason, justification] = [reasonOf(statement), justificationOf(statement)];
    const said = { status: statement.status, reason, justification, timestamp };
    return ok({ statement, cve: cve.value, said });
  }

  #add(said: VexSaid): void {
    const { subject } = said;
    if (subject.package !== null && subject.package.length > MAX_SHOWN) return;
    this.#said.set(JSON.stringify(said), said);
    if (this.#said.size > MAX_SAID) {
      const limit = MAX_SAID.toLocaleString('en');
      throw new NodewardError(
        'input-too-large',
        `${this.#reading.place} speaks of more than ${limit} products`,
      );
    }
  }

  #leave({ place, why }: LeftOut): void {
    if (this.#leftOut.length < MAX_LEFT_OUT) this.#leftOut.push({ place: shown(place), why: shown(why) });
    else this.#more++;
  }
}

/** What OpenVEX asks for beside the status and is not there; null where all is. */
function incompleteness(statement: VexStatement): string | null {
  const { status, justification, impact_statement, action_statement, products } = statement;
  if (status === 'not_affected' && justification === null && impact_statement === null)
    return 'is not_affected without justification or impact_statement';
  if (status === 'affected' && action_statement === null) return 'is affected without action_statement';
  return products.length === 0 ? 'names no products' : null;
}

/** The one vulnerability that is meant: of several names for it, the CVE. */
function cveOf({ name, aliases }: VexVulnerability): Result<string, string> {
  const own = vulnerabilityId(name);
  if (own?.startsWith('CVE-')) return ok(own);
  const known = new Set(aliases.map(vulnerabilityId).filter((id) => id !== null));
  const cves = [...known].filter((id) => id.startsWith('CVE-'));
  const [only] = cves;
  if (cves.length > 1) return err(`${name} stands for several: ${cves.slice(0, 5).join(', ')}`);
  const found = only ?? own ?? [...known][0];
  return found === undefined ? err(`${name} is no CVE, GHSA or Go identifier`) : ok(found);
}

function reasonOf({ status, justification }: VexStatement): ExemptionReason | null {
  if (status === 'affected' || status === 'under_investigation') return null;
  return justification === 'inline_mitigations_already_exist' ? 'mitigated' : 'false-positive';
}

function justificationOf(statement: VexStatement): string {
  const { status, justification, impact_statement, action_statement, status_notes } = statement;
  const words = {
    not_affected: [justification, impact_statement],
    affected: [action_statement],
    fixed: ['fixed'],
    under_investigation: ['under_investigation'],
  }[status];
  return shown([...words, status_notes].filter((each) => each !== null).join(': '));
}

function shown(text: string): string {
  const line = printable(text.replaceAll(/\s+/g, ' '));
  return (line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN - 1)}…` : line).toWellFormed();
}

/** @throws NodewardError input-malformed, input-unsupported where it is not one of the OpenVEX versions that are read */
function checkContext(json: unknown, place: string): void {
  const context = typeof json === 'object' && json !== null && '@context' in json ? json['@context'] : null;
  if (typeof context !== 'string' || !/^https?:\/\/openvex\.dev\/ns(?:\/|$)/.test(context))
    throw malformed(place, '@context', 'does not name openvex.dev, so this is no OpenVEX document');
  if (/^https?:\/\/openvex\.dev\/ns\/?(?:v0\.\d{1,3}(?:\.\d{1,3})?\/?)?$/.test(context)) return;
  const detail = `${place} is of another OpenVEX version: ${shown(context.slice(0, 100))}`;
  throw new NodewardError('input-unsupported', detail, { remedy: 'Use a document of OpenVEX 0.2.0.', place });
}

/** Only the few levels of OpenVEX are genuine; what parses JSON may not be left to a file that nests without end. */
function boundDepth(text: string, place: string): void {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inText) {
      if (char === '\\') at++;
      else if (char === '"') inText = false;
    } else if (char === '"') inText = true;
    else if (char === '{' || char === '[') {
      if (++depth > MAX_DEPTH) throw malformed(place, 'it', `is nested deeper than ${MAX_DEPTH} levels`);
    } else if (char === '}' || char === ']') depth--;
  }
}

function malformed(file: string, place: string, why: string): NodewardError {
  return new NodewardError('input-malformed', `${file}: ${place} ${why}`, { place });
}
