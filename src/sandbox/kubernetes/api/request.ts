import { compareText } from '../../../base/text.ts';
import type { SimCluster } from '../../types.ts';
import type { Item, KubeBody } from '../objects.ts';
import { RESOURCES, type Resource } from '../resources.ts';
import { parseFieldSelector, parseLabelSelector, type Selector } from './selectors.ts';
import { badRequest, type Cause, invalid, type Subject } from './status.ts';

/** What a path below a cluster's API names. */
export interface Target {
  readonly cluster: SimCluster;
  readonly resource: Resource;
  /** Null for all namespaces, and where the resource has none. */
  readonly namespace: string | null;
  /** Null for all objects. */
  readonly name: string | null;
  /** `eviction`, `status`; null without. */
  readonly subresource: string | null;
}

/** What a path names; null where it names no resource. `path` begins with `api` or `apis`. */
export function targetOf(cluster: SimCluster, path: readonly string[]): Target | null {
  const [root, ...rest] = path;
  if (root !== 'api' && root !== 'apis') return null;
  const group = root === 'api' ? '' : (rest.shift() ?? '');
  const version = rest.shift();
  if (root === 'apis' && group === '') return null;
  const namespace = rest[0] === 'namespaces' && rest.length >= 3 ? (rest[1] ?? null) : null;
  const [resourceName, name = null, subresource = null, ...more] = namespace === null ? rest : rest.slice(2);
  const resource = RESOURCES.find(
    (each) => each.group === group && each.version === version && each.name === resourceName,
  );
  if (resource === undefined || more.length > 0 || name === '') return null;
  // An object in a namespace has one in its path; a list may be of all namespaces.
  if (resource.namespaced ? namespace === null && name !== null : namespace !== null) return null;
  return { cluster, resource, namespace, name, subresource };
}

/** The key of the object that a target names. */
export function targetKey({ namespace, name }: Target): string {
  return namespace === null ? (name ?? '') : `${namespace}/${name ?? ''}`;
}

/** The object that a target names, for messages. */
export function subjectOf({ resource, name }: Target): Subject {
  return { group: resource.group, resource: resource.name, kind: resource.kind, name: name ?? '' };
}

/** Whether an object is asked for, by namespace and selectors. */
export interface Filter {
  /** Whether there is any selector, so that not every object of the namespace is meant. */
  readonly selects: boolean;
  readonly accepts: (item: Item) => boolean;
}

/** @throws StatusError 400 for a selector that cannot be read */
export function filterOf(target: Target, query: URLSearchParams): Filter {
  const { resource, namespace, name } = target;
  const labelText = query.get('labelSelector') ?? '';
  const fieldText = query.get('fieldSelector') ?? '';
  const labels = parseLabelSelector(labelText);
  const fields = parseFieldSelector(fieldText, Object.keys(resource.fields));
  const selects = labelText !== '' || fieldText !== '';
  const prefix = namespace === null ? '' : `${namespace}/`;
  const key = name === null ? null : targetKey(target);
  return {
    selects,
    accepts(item) {
      if (key === null ? !item.key.startsWith(prefix) : item.key !== key) return false;
      return !selects || isSelected(resource, item.body(), { labels, fields });
    },
  };
}

function isSelected(
  resource: Resource,
  body: KubeBody,
  { labels, fields }: { labels: Selector; fields: Selector },
): boolean {
  if (!labels(body.metadata.labels ?? {})) return false;
  return fields(
    Object.fromEntries(Object.entries(resource.fields).map(([name, read]) => [name, read(body)])),
  );
}

/** Items in the order of lists. */
export function ordered(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => compareText(a.key, b.key));
}

/** A whole number of the query; null where it is not there. @throws StatusError 400 */
export function wholeOf(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null || text === '') return null;
  if (!/^-?\d{1,18}$/.test(text)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
}

/** `true`, `1` and the like of the query. */
export function flagOf(query: URLSearchParams, name: string): boolean {
  return ['', '1', 'true', 'True', 'TRUE', 't', 'T'].includes(query.get(name) ?? 'false');
}

/** How a query wants its resource version understood. */
export interface VersionWish {
  /** Null where the newest is meant. */
  readonly version: number | null;
  readonly match: 'Exact' | 'NotOlderThan' | null;
}

/** @throws StatusError 400, 422 */
export function versionOf(query: URLSearchParams, verb: 'list' | 'watch'): VersionWish {
  const text = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const wrong = verb === 'list' ? wrongForList(query, text, match) : wrongForWatch(query, match);
  if (wrong !== null) throw invalid(optionsSubject('ListOptions'), wrong);
  if (text !== '' && !/^\d{1,15}$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    );
  const known = match === 'Exact' || match === 'NotOlderThan';
  return { version: text === '' ? null : Number(text), match: known ? match : null };
}

/** The options of a request, for messages. */
export function optionsSubject(kind: string): Subject {
  return { group: 'meta.k8s.io', resource: '', kind, name: '' };
}

function wrongForList(query: URLSearchParams, version: string, match: string): Cause | null {
  if (match !== '' && version === '')
    return forbiddenField('is forbidden unless resourceVersion is provided');
  if (query.has('sendInitialEvents')) return forbiddenField('is forbidden for list', 'sendInitialEvents');
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan')
    return {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`,
      field: MATCH,
    };
  if (match === 'Exact' && version === '0')
    return forbiddenField('"exact" is forbidden for resourceVersion "0"');
  return null;
}

function wrongForWatch(query: URLSearchParams, match: string): Cause | null {
  const initial = query.has('sendInitialEvents');
  if (match !== '' && !initial)
    return forbiddenField('is forbidden for watch unless sendInitialEvents is provided');
  if (!initial || match === 'NotOlderThan') return null;
  const message = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
  return { reason: 'FieldValueForbidden', message, field: MATCH };
}

const MATCH = 'resourceVersionMatch';

function forbiddenField(why: string, field: string = MATCH): Cause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${field} ${why}`, field };
}
