import type { KubeBody } from '../objects.ts';
import { groupVersion } from '../resources.ts';
import type { DeleteOptions } from '../workloads/deletion.ts';
import type { Target } from './request.ts';
import { badRequest } from './status.ts';

/** The body of a request, and what else says how to take it. */
export interface BodyRequest {
  readonly text: string;
  readonly mediaType: string;
  readonly query: URLSearchParams;
  readonly dryRun: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** An object of the target's kind, with metadata; what else it holds is unchecked. @throws StatusError 400 */
export function parseBody({ resource }: Target, { text }: BodyRequest): KubeBody {
  // A body that does not say what it is, is what the path says.
  const body: Json = {
    kind: resource.kind,
    apiVersion: groupVersion(resource),
    ...parseObject(text, resource.kind),
  };
  if (body.kind !== resource.kind || body.apiVersion !== groupVersion(resource))
    throw badRequest(
      `${String(body.kind)} in version "${String(body.apiVersion)}" cannot be handled as a ${resource.kind}: it is another kind`,
    );
  const metadata = isObject(body.metadata) ? body.metadata : {};
  return {
    ...body,
    kind: resource.kind,
    apiVersion: groupVersion(resource),
    metadata,
  } as unknown as KubeBody;
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
  const name = isObject(body.metadata) ? body.metadata.name : undefined;
  if (name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
  return optionsOf(isObject(body.deleteOptions) ? body.deleteOptions : {}, dryRun);
}

function optionsOf(body: Json, dryRun: boolean): DeleteOptions {
  const { gracePeriodSeconds: grace, preconditions } = body;
  if (grace !== undefined && grace !== null && !(Number.isSafeInteger(grace) && Number(grace) >= 0))
    throw badRequest(`invalid grace period: ${JSON.stringify(grace)}`);
  const { uid, resourceVersion } = isObject(preconditions) ? preconditions : {};
  return {
    dryRun: dryRun || (Array.isArray(body.dryRun) && body.dryRun.includes('All')),
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
