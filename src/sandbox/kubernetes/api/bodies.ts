import type { KubeBody } from '../objects.ts';
import { groupVersion, type Verb } from '../resources.ts';
import type { DeleteOptions } from '../workloads/deletion.ts';
import { optionsSubject, type Target } from './request.ts';
import { badRequest, invalid, StatusError } from './status.ts';

/** The body of a request, and what else says how to take it. */
export interface BodyRequest {
  readonly text: string;
  readonly mediaType: string;
  readonly query: URLSearchParams;
  readonly dryRun: boolean;
}

/** What is said of an object that names another namespace than the path. */
export const OTHER_NAMESPACE =
  'the namespace of the provided object does not match the namespace sent on the request';

type Json = Readonly<Record<string, unknown>>;

/** @throws StatusError 415 for a body that is no JSON by its type */
export function checkJson({ text, mediaType }: BodyRequest): void {
  if (text === '' || mediaType.split(';')[0]?.trim().toLowerCase() === 'application/json') return;
  const message =
    'the body of the request was in an unknown format - accepted media types include: application/json';
  throw new StatusError(415, message, { reason: 'UnsupportedMediaType' });
}

/** Whether nothing is to be kept. @throws StatusError 422 for any other word than `All` */
export function isDryRun(words: readonly unknown[], verb: Verb): boolean {
  if (words.every((word) => word === 'All')) return words.length > 0;
  throw invalid(optionsSubject(`${verb.charAt(0).toUpperCase()}${verb.slice(1)}Options`), {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(words)}: supported values: "All"`,
    field: 'dryRun',
  });
}

/** An object of the target's kind, with metadata; what else it holds is unchecked. @throws StatusError 400 */
export function parseBody({ resource }: Target, { text }: BodyRequest): KubeBody {
  const body = parseObject(text, resource.kind);
  const kept = asBody(body, resource);
  if (kept !== null) return kept;
  const { kind = resource.kind, apiVersion = groupVersion(resource) } = body;
  throw badRequest(
    `${String(kind)} in version "${String(apiVersion)}" cannot be handled as a ${resource.kind}: it is another kind, or a part of it is no object`,
  );
}

/** What a patch made of an object. @throws StatusError 422 where it is no such object any more */
export function patchedBody({ resource }: Target, patched: Json): KubeBody {
  const kept = asBody(patched, resource);
  if (kept !== null) return kept;
  throw invalid(
    { group: '', resource: '', kind: '', name: '' },
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: what is left is no ${resource.kind}`,
      field: 'patch',
    },
  );
}

/** An object of the resource, with metadata; null where it is of another kind or shape. */
function asBody(body: Json, resource: Target['resource']): KubeBody | null {
  // A body that does not say what it is, is what the path says.
  const { kind = resource.kind, apiVersion = groupVersion(resource), metadata, spec } = body;
  if (kind !== resource.kind || apiVersion !== groupVersion(resource)) return null;
  const { labels, annotations } = isObject(metadata) ? metadata : {};
  const parts = [metadata, spec, labels, annotations].map((part) => part ?? {});
  return parts.every(isObject)
    ? ({ ...body, kind, apiVersion, metadata: metadata ?? {} } as unknown as KubeBody)
    : null;
}

/** @throws StatusError 400 */
export function readDeleteOptions({ text, query, dryRun }: BodyRequest): DeleteOptions {
  const body = text.trim() === '' ? {} : parseObject(text, 'DeleteOptions');
  const grace = query.get('gracePeriodSeconds');
  return optionsOf({ ...body, ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }) }, dryRun);
}

/** @throws StatusError 400 */
export function readEviction(target: Target, { text, dryRun }: BodyRequest): DeleteOptions {
  const body: Json = { kind: 'Eviction', apiVersion: 'policy/v1', ...parseObject(text, 'Eviction') };
  if (body.kind !== 'Eviction' || !['policy/v1', 'policy/v1beta1'].includes(String(body.apiVersion)))
    throw badRequest(
      `${String(body.kind)} in version "${String(body.apiVersion)}" cannot be handled as a Eviction: it is another kind`,
    );
  const { name, namespace } = isObject(body.metadata) ? body.metadata : {};
  if (name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
  if (namespace && namespace !== target.namespace) throw badRequest(OTHER_NAMESPACE);
  return optionsOf(isObject(body.deleteOptions) ? body.deleteOptions : {}, dryRun);
}

function optionsOf(body: Json, dryRun: boolean): DeleteOptions {
  const { gracePeriodSeconds: grace, preconditions } = body;
  if (grace !== undefined && grace !== null && !(Number.isSafeInteger(grace) && Number(grace) >= 0))
    throw badRequest(`invalid grace period: ${JSON.stringify(grace)}`);
  const { uid, resourceVersion } = isObject(preconditions) ? preconditions : {};
  return {
    dryRun: isDryRun(Array.isArray(body.dryRun) ? body.dryRun : [], 'delete') || dryRun,
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
  };
}

function parseObject(text: string, kind: string): Json {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // The parser's own words would quote the body.
  }
  if (isObject(body)) return body;
  throw badRequest(`the object provided is unrecognized (must be of type ${kind}): it is not a JSON object`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
