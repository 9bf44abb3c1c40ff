import { createHash } from 'node:crypto';
import type { Random } from '../../ports.ts';

/** 32 hexadecimal digits that depend on a name alone. */
export function hexOf(name: string): string {
  return createHash('md5').update(name).digest('hex');
}

/** A guid that depends on a name alone. */
export function guidOf(name: string): string {
  const hex = hexOf(name);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** The letters that Kubernetes makes the ends of generated names of. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** The five letters at the end of a generated name. */
export function suffixOf(name: string): string {
  const hex = hexOf(name);
  const digits = [0, 2, 4, 6, 8].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return digits.map((digit) => LETTERS[digit % LETTERS.length]).join('');
}

/** The same from random numbers. */
export function randomSuffix(random: Random): string {
  return Array.from({ length: 5 }, () => random.pick([...LETTERS])).join('');
}
