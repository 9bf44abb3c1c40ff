import { randomUUID } from 'node:crypto';

/** What a storage service answers a request that fails: status, error code, message. */
const ERRORS = {
  unauthenticated: [
    403,
    'AuthenticationFailed',
    'Server failed to authenticate the request. Make sure the value of the Authorization header is formed correctly including the signature.',
  ],
  'read-only': [
    403,
    'AuthorizationPermissionMismatch',
    'This request is not authorized to perform this operation using this permission.',
  ],
  'condition-not-met': [
    412,
    'ConditionNotMet',
    'The condition specified using HTTP conditional header(s) is not met.',
  ],
  'invalid-range': [
    416,
    'InvalidRange',
    'The range specified is invalid for the current size of the resource.',
  ],
  'invalid-header': [
    400,
    'InvalidHeaderValue',
    'The value for one of the HTTP headers is not in the correct format.',
  ],
  'unknown-parameter': [
    400,
    'InvalidQueryParameterValue',
    'Value for one of the query parameters specified in the request URI is invalid.',
  ],
  internal: [500, 'InternalError', 'Server encountered an internal error. Please try again after some time.'],
} as const satisfies Readonly<Record<string, readonly [number, string, string]>>;

/** A failure of the storage service. */
export type BlobErrorKind = keyof typeof ERRORS;

/** An answer of the storage service: `body` is what is sent, in parts where it is long. */
export interface BlobAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | AsyncIterable<Buffer> | null;
}

/** The answer for a failure: XML, with its code in a header too. */
export function blobError(
  kind: BlobErrorKind,
  { now, headers = {} }: { readonly now: number; readonly headers?: Readonly<Record<string, string>> },
): BlobAnswer {
  const [status, code, message] = ERRORS[kind];
  const request = randomUUID();
  const text = `${message}\nRequestId:${request}\nTime:${new Date(now).toISOString()}`;
  const xml = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`;
  return {
    status,
    headers: {
      'content-type': 'application/xml',
      'x-ms-error-code': code,
      'x-ms-request-id': request,
      'x-ms-version': '2021-12-02',
      ...headers,
    },
    body: Buffer.from(xml),
  };
}
