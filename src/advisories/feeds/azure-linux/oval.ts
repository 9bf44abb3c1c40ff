import { NodewardError } from '../../../base/errors.ts';
import type { XmlHandler } from '../../../base/xml.ts';

/** A definition of the document, still by reference to its test. */
export interface Definition {
  readonly id: string;
  readonly platform: string | null;
  readonly cves: readonly string[];
  readonly patchable: string | null;
  /** ISO 8601 instant; null in definitions that were just added. */
  readonly date: string | null;
  readonly severity: string | null;
  readonly testRefs: readonly string[];
  /** Why the criteria cannot be understood; null where they are one plain criterion. */
  readonly problem: string | null;
}

/** A test: which package, compared with which state. */
export interface Test {
  readonly object: string | null;
  readonly state: string | null;
}

/** A state: the comparison of the installed EVR. */
export interface State {
  readonly operation: string | null;
  readonly evr: string | null;
}

const MAX_DEFINITIONS = 200_000;

/** Collects an OVAL document: definitions, tests, objects and states refer to each other by id. */
export class OvalDocument implements XmlHandler {
  timestamp: string | null = null;
  isOval = false;
  readonly definitions: Definition[] = [];
  readonly tests = new Map<string, Test>();
  readonly objects = new Map<string, string>();
  readonly states = new Map<string, State>();
  #definition: Mutable<Definition> | null = null;
  #test: { id: string; value: Mutable<Test> } | null = null;
  #object: string | null = null;
  #state: { id: string; value: Mutable<State> } | null = null;

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    const id = attributes.get('id') ?? '';
    if (name === 'oval_definitions') this.isOval = true;
    else if (name === 'definition') this.#begin(id);
    else if (name === 'rpminfo_test') this.#test = { id, value: { object: null, state: null } };
    else if (name === 'rpminfo_object') this.#object = id;
    else if (name === 'rpminfo_state') this.#state = { id, value: { operation: null, evr: null } };
    else if (this.#definition !== null) inDefinition(this.#definition, name, attributes);
    else if (this.#test !== null) inTest(this.#test.value, name, attributes);
    else if (this.#state !== null) inState(this.#state.value, name, attributes);
  }

  close(name: string, text: string): void {
    if (name === 'timestamp') this.timestamp = text;
    else if (name === 'definition') this.#end();
    else if (name === 'rpminfo_test') this.#test = put(this.tests, this.#test);
    else if (name === 'rpminfo_state') this.#state = put(this.states, this.#state);
    else if (name === 'rpminfo_object') this.#object = null;
    else if (name === 'name' && this.#object !== null) this.objects.set(this.#object, text);
    else if (name === 'evr' && this.#state !== null) this.#state.value.evr = text;
    else if (this.#definition !== null) closeInDefinition(this.#definition, name, text);
  }

  #begin(id: string): void {
    if (this.definitions.length >= MAX_DEFINITIONS) {
      throw new NodewardError('input-too-large', `it holds more than ${MAX_DEFINITIONS} definitions`);
    }
    const none = { platform: null, patchable: null, date: null, severity: null, problem: null };
    this.#definition = { id, ...none, cves: [], testRefs: [] };
  }

  #end(): void {
    if (this.#definition !== null) this.definitions.push(this.#definition);
    this.#definition = null;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function put<T>(map: Map<string, T>, item: { id: string; value: T } | null): null {
  if (item !== null) map.set(item.id, item.value);
  return null;
}

function inDefinition(
  definition: Mutable<Definition>,
  name: string,
  attributes: ReadonlyMap<string, string>,
): void {
  if (name === 'reference') {
    const id = attributes.get('ref_id');
    if (attributes.get('source') === 'CVE' && id !== undefined) definition.cves = [...definition.cves, id];
  } else if (name === 'criterion') {
    if (definition.testRefs.length > 0) definition.problem = 'more than one criterion';
    else definition.testRefs = [attributes.get('test_ref') ?? ''];
    if (attributes.get('negate') === 'true') definition.problem = 'a negated criterion';
  } else if (name === 'criteria') {
    if (attributes.get('negate') === 'true') definition.problem = 'negated criteria';
  } else if (name === 'extend_definition') definition.problem = 'criteria that extend another definition';
}

function closeInDefinition(definition: Mutable<Definition>, name: string, text: string): void {
  if (name === 'platform') definition.platform = text;
  else if (name === 'patchable') definition.patchable = text;
  else if (name === 'advisory_date') definition.date = text;
  else if (name === 'severity') definition.severity = text;
}

/** References of a test. A second one makes it a shape that is not understood, so neither is kept. */
function inTest(test: Mutable<Test>, name: string, attributes: ReadonlyMap<string, string>): void {
  if (name === 'object') test.object = test.object === null ? (attributes.get('object_ref') ?? '') : '';
  if (name === 'state') test.state = test.state === null ? (attributes.get('state_ref') ?? '') : '';
}

/** A state with anything but an EVR (an architecture, a signature) narrows in a way that is not understood. */
function inState(state: Mutable<State>, name: string, attributes: ReadonlyMap<string, string>): void {
  const known = name === 'evr' && state.operation === null;
  state.operation = known ? (attributes.get('operation') ?? 'equals') : `<${name}>`;
}
