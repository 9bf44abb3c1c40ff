/**
 * The GUID at `at` in the text form of RFC 9562, lower case. The first three fields are little-endian, as Microsoft's
 * formats write them.
 */
export function guidAt(view: DataView, at: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const bytes = Array.from({ length: 8 }, (_, index) => hex(view.getUint8(at + 8 + index), 2)).join('');
  const fields = [hex(view.getUint32(at, true), 8), hex(view.getUint16(at + 4, true), 4)];
  return [...fields, hex(view.getUint16(at + 6, true), 4), bytes.slice(0, 4), bytes.slice(4)].join('-');
}
