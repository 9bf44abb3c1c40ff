/** What became of a request to a Kubernetes API that did not work. */
export class KubernetesError extends Error {
  readonly kind: 'unreachable' | 'refused' | 'malformed';
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /** Whether the connection broke in a way that a new one may not. */
  readonly stale: boolean;

  constructor(
    kind: KubernetesError['kind'],
    message: string,
    more: {
      readonly status?: number;
      readonly retryAfterMs?: number | null;
      readonly stale?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'KubernetesError';
    this.kind = kind;
    this.status = more.status ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.stale = more.stale ?? false;
  }
}

/** Whether the server has forgotten the version that was asked for. */
export function isExpired(thrown: unknown): boolean {
  return thrown instanceof KubernetesError && thrown.status === 410;
}
