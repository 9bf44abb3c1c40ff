import { isDeepStrictEqual } from 'node:util';
import { badRequest, StatusError } from './status.ts';

/** The three patches the sandbox understands, by their media type. */
export const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const;

type Json = Readonly<Record<string, unknown>>;

/** More operations than this are refused, as by the real server. */
const MAX_OPERATIONS = 10_000;
/** Characters that the copies of one patch may add; without a bound, a few operations could double it for ever. */
const MAX_COPIED = 3 * 2 ** 20;

/** Lists whose elements a strategic merge patch merges by a key; all others are replaced. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  conditions: 'type',
  addresses: 'type',
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  ownerReferences: 'uid',
};
/** Lists of plain values that a strategic merge patch adds to. */
const MERGED_SETS: readonly string[] = ['finalizers', 'podCIDRs'];

/**
 * Applies a patch to an object, which stays as it is.
 * @param mediaType the Content-Type of the request
 * @throws StatusError 400 (not a patch), 415 (another kind of patch), 422 (it cannot be applied)
 */
export function applyPatch(body: Json, mediaType: string, text: string): Json {
  const type = mediaType.split(';')[0]?.trim().toLowerCase();
  const read = readerOf(type);
  const patch = parse(text);
  return read(body, patch);
}

function readerOf(type: string | undefined): (body: Json, patch: unknown) => Json {
  if (type === PATCH_TYPES.json) return jsonPatch;
  if (type === PATCH_TYPES.merge) return (body, patch) => mergeObject(body, asObject(patch));
  if (type === PATCH_TYPES.strategic) return (body, patch) => strategicObject(body, asObject(patch));
  throw new StatusError(415, '415: Unsupported Media Type', { reason: 'UnsupportedMediaType', details: {} });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('invalid JSON patch');
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asObject(patch: unknown): Json {
  if (!isObject(patch)) throw badRequest('invalid JSON patch');
  return patch;
}

/** RFC 7386. */
function mergeObject(target: Json, patch: Json): Json {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (!isObject(value)) set(merged, key, value);
    else set(merged, key, mergeObject(own(target, key), value));
  }
  return merged;
}

/** A member of an object that is an object; else an empty one. */
function own(target: Json, key: string): Json {
  const value = Object.hasOwn(target, key) ? target[key] : undefined;
  return isObject(value) ? value : {};
}

/** `__proto__` of a hostile body is a member like any other. */
function set(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function strategicObject(target: Json, patch: Json): Json {
  if (patch.$patch === 'delete') return {};
  if (patch.$patch === 'replace') return Object.fromEntries(plainEntries(patch));
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith('$deleteFromPrimitiveList/')) continue;
    const list = key.slice('$deleteFromPrimitiveList/'.length);
    const removed = asList(value);
    set(
      merged,
      list,
      asList(merged[list]).filter((each) => !removed.includes(each)),
    );
  }
  for (const [key, value] of plainEntries(patch)) {
    if (value === null) delete merged[key];
    else if (isObject(value)) set(merged, key, strategicObject(own(merged, key), value));
    else if (Array.isArray(value)) set(merged, key, strategicList(key, asList(merged[key]), value));
    else set(merged, key, value);
  }
  return merged;
}

function plainEntries(patch: Json): [string, unknown][] {
  return Object.entries(patch).filter(([key]) => !key.startsWith('$'));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function strategicList(field: string, target: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (MERGED_SETS.includes(field)) return [...new Set([...target, ...patch])];
  const mergeKey = MERGE_KEYS[field];
  if (mergeKey === undefined) return [...patch];
  const merged = patch.some((each) => isObject(each) && each.$patch === 'replace') ? [] : [...target];
  for (const each of patch) {
    if (!isObject(each)) throw badRequest(`invalid JSON patch: ${field} holds what is not an object`);
    const keyValue = each[mergeKey];
    if (keyValue === undefined) {
      if (each.$patch === 'replace') continue;
      throw badRequest(
        `invalid JSON patch: map: ${JSON.stringify(each)} does not contain declared merge key: ${mergeKey}`,
      );
    }
    const at = merged.findIndex((present) => isObject(present) && present[mergeKey] === keyValue);
    const present = at < 0 ? undefined : merged[at];
    if (each.$patch === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (isObject(present)) merged[at] = strategicObject(present, each);
    else merged.push(Object.fromEntries(plainEntries(each)));
  }
  return merged;
}

/** RFC 6902. */
function jsonPatch(body: Json, patch: unknown): Json {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: it is not a list of operations');
  if (patch.length > MAX_OPERATIONS) {
    const message = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`;
    throw tooLarge(message);
  }
  const root: Root = { document: structuredClone(body), copied: 0 };
  for (const operation of patch) {
    if (!isObject(operation)) throw badRequest('error decoding patch: an operation is not an object');
    applyOperation(root, operation);
  }
  if (!isObject(root.document)) throw inapplicable();
  return root.document;
}

/** The document that operations are applied to, and how many characters were copied inside it. */
interface Root {
  document: unknown;
  copied: number;
}

function applyOperation(root: Root, operation: Json): void {
  const path = pointer(operation.path);
  const { op, value } = operation;
  if (op === 'test') {
    if (!isDeepStrictEqual(valueAt(root, path), value)) throw inapplicable();
  } else if (op === 'remove') removeAt(root, path);
  // The real server also replaces a member that is not there, and takes a value that is missing for null.
  else if (op === 'replace') replaceAt(root, path, value ?? null);
  else if (op === 'add' && value !== undefined) addAt(root, path, value);
  else if (op === 'copy') addAt(root, path, copyOf(root, pointer(operation.from)));
  else if (op === 'move') {
    const from = pointer(operation.from);
    const moved = valueAt(root, from);
    removeAt(root, from);
    addAt(root, path, moved);
  } else throw inapplicable();
}

function copyOf(root: Root, from: readonly string[]): unknown {
  const text = JSON.stringify(valueAt(root, from));
  root.copied += text.length;
  if (root.copied > MAX_COPIED) throw tooLarge('the copies of the JSON patch are too large');
  return JSON.parse(text);
}

/** The steps of a JSON pointer, from the object that holds the document. */
function pointer(text: unknown): readonly string[] {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) throw inapplicable();
  const steps = text.split('/').slice(1);
  return ['document', ...steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))];
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce((holder: unknown, step) => {
    if (Array.isArray(holder)) return holder[indexOf(step, holder.length - 1)];
    if (isObject(holder) && Object.hasOwn(holder, step)) return holder[step];
    throw inapplicable();
  }, root);
}

function addAt(root: unknown, path: readonly string[], value: unknown): void {
  const [holder, step] = holderOf(root, path);
  if (Array.isArray(holder))
    holder.splice(step === '-' ? holder.length : indexOf(step, holder.length), 0, value);
  else set(holder, step, value);
}

function replaceAt(root: unknown, path: readonly string[], value: unknown): void {
  const [holder, step] = holderOf(root, path);
  if (Array.isArray(holder)) holder[indexOf(step, holder.length - 1)] = value;
  else set(holder, step, value);
}

function removeAt(root: unknown, path: readonly string[]): void {
  const [holder, step] = holderOf(root, path);
  if (Array.isArray(holder)) holder.splice(indexOf(step, holder.length - 1), 1);
  else if (Object.hasOwn(holder, step)) delete holder[step];
  else throw inapplicable();
}

function holderOf(root: unknown, path: readonly string[]): [unknown[] | Record<string, unknown>, string] {
  const holder = valueAt(root, path.slice(0, -1));
  if (typeof holder !== 'object' || holder === null) throw inapplicable();
  return [holder as unknown[] | Record<string, unknown>, path.at(-1) ?? ''];
}

function indexOf(step: string, last: number): number {
  if (!/^(0|[1-9]\d{0,9})$/.test(step) || Number(step) > last) throw inapplicable();
  return Number(step);
}

function tooLarge(message: string): StatusError {
  return new StatusError(413, message, { reason: 'RequestEntityTooLarge', details: {} });
}

/** What the real server says of every patch it cannot apply. */
function inapplicable(): StatusError {
  return new StatusError(422, 'the server rejected our request due to an error in our request', {
    reason: 'Invalid',
    details: {},
  });
}
