/** The outcome of a step that can fail in an expected way: a value, or the reason there is none. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** A successful outcome. */
export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** A failed outcome. */
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });
