/** Text as both databases give it back: PostgreSQL has none with a zero in it, and none that is not well formed. */
export function storable<T>(value: T): T {
  if (typeof value !== 'string' || (value.isWellFormed() && !value.includes('\0'))) return value;
  return value.toWellFormed().replaceAll('\0', '\ufffd') as T;
}
