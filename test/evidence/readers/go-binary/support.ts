import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileInode } from '../../../../src/evidence/filesystem/types.ts';
import { findTool } from '../../../support/tools.ts';

/** Bytes as a file. */
export function memoryFile(bytes: Uint8Array, mode = 0o755): FileInode {
  return {
    kind: 'file',
    id: 1,
    size: bytes.length,
    mode,
    prefetch() {},
    read: async (offset, length) => bytes.subarray(offset, Math.min(bytes.length, offset + length)),
  };
}

/** How an ELF file is laid out. */
export interface Layout {
  readonly bits?: 32 | 64;
  readonly little?: boolean;
  /** Whether it has section headers; without them only the segment says where the data is. */
  readonly sections?: boolean;
  /** `e_type`: 2 for a program, 1 for an object file. */
  readonly type?: number;
}

/** Where the data segment of a made program begins, in the file and in memory. */
export const DATA_OFFSET = 0x200;
export const DATA_ADDRESS = 0x400200;

/** An ELF program whose data segment holds build information at its start, and optionally a `.rodata`. */
export function elfProgram(data: Buffer, layout: Layout = {}, rodata: Buffer = Buffer.alloc(0)): Buffer {
  const { bits = 64, little = true, sections = true, type = 2 } = layout;
  const wide = bits === 64;
  const names = Buffer.from('\0.go.buildinfo\0.rodata\0.shstrtab\0');
  const rodataAt = align(DATA_OFFSET + data.length, 32);
  const namesAt = rodataAt + rodata.length;
  const headersAt = align(namesAt + names.length, 8);
  const file = Buffer.alloc(headersAt + (sections ? 4 * (wide ? 64 : 40) : 0));
  const write = writer(file, wide, little);
  file.write('\x7fELF', 0, 'latin1');
  file.set([wide ? 2 : 1, little ? 1 : 2, 1], 4);
  write.half(16, type);
  write.native(wide ? 32 : 28, 64);
  write.half(wide ? 54 : 42, wide ? 56 : 32);
  write.half(wide ? 56 : 44, 1);
  write.word(64, 1);
  write.word(64 + (wide ? 4 : 24), 6);
  write.native(64 + (wide ? 8 : 4), DATA_OFFSET);
  write.native(64 + (wide ? 16 : 8), DATA_ADDRESS);
  write.native(64 + (wide ? 32 : 16), data.length);
  data.copy(file, DATA_OFFSET);
  rodata.copy(file, rodataAt);
  names.copy(file, namesAt);
  if (!sections) return file;
  write.native(wide ? 40 : 32, headersAt);
  write.half(wide ? 58 : 46, wide ? 64 : 40);
  write.half(wide ? 60 : 48, 4);
  write.half(wide ? 62 : 50, 3);
  const section = (index: number, name: number, [offset, size]: readonly [number, number]): void => {
    const at = headersAt + index * (wide ? 64 : 40);
    write.word(at, name);
    write.word(at + 4, 1);
    write.native(at + (wide ? 24 : 16), offset);
    write.native(at + (wide ? 32 : 20), size);
  };
  section(1, 1, [DATA_OFFSET, data.length]);
  section(2, 15, [rodataAt, rodata.length]);
  section(3, 23, [namesAt, names.length]);
  return file;
}

function align(at: number, by: number): number {
  return Math.ceil(at / by) * by;
}

function writer(file: Buffer, wide: boolean, little: boolean) {
  return {
    half: (at: number, value: number) =>
      little ? file.writeUInt16LE(value, at) : file.writeUInt16BE(value, at),
    word: (at: number, value: number) =>
      little ? file.writeUInt32LE(value, at) : file.writeUInt32BE(value, at),
    native: (at: number, value: number) => {
      if (!wide) return little ? file.writeUInt32LE(value, at) : file.writeUInt32BE(value, at);
      return little ? file.writeBigUInt64LE(BigInt(value), at) : file.writeBigUInt64BE(BigInt(value), at);
    },
  };
}

const START = Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex');
const END = Buffer.from('f932433186182072008242104116d8f2', 'hex');

/** Module information between its marks, as the go command gives it to the linker. */
export function marked(text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : Buffer.concat([START, Buffer.from(text), END]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) return Buffer.from(bytes);
  }
}

/** Build information as Go writes it since 1.18. */
export function inlineInfo(goVersion: string, modInfo: string): Buffer {
  const header = Buffer.alloc(32);
  header.write('\xff Go buildinf:\x08\x02', 0, 'latin1');
  const version = Buffer.from(goVersion);
  const info = marked(modInfo);
  return Buffer.concat([header, varint(version.length), version, varint(info.length), info]);
}

/** Build information as Go wrote it before 1.18: pointers to string headers, which follow. */
export function pointedInfo(goVersion: string, modInfo: string, layout: Layout = {}): Buffer {
  const { bits = 64, little = true } = layout;
  const size = bits / 8;
  const texts = [Buffer.from(goVersion), marked(modInfo)];
  const data = Buffer.alloc(32 + 4 * size + texts.reduce((sum, { length }) => sum + length, 0));
  const write = writer(data, bits === 64, little);
  data.write('\xff Go buildinf:', 0, 'latin1');
  data.set([size, little ? 0 : 1], 14);
  let at = 32 + 4 * size;
  for (const [index, text] of texts.entries()) {
    const header = 32 + index * 2 * size;
    write.native(16 + index * size, DATA_ADDRESS + header);
    write.native(header, DATA_ADDRESS + at);
    write.native(header + size, text.length);
    text.copy(data, at);
    at += text.length;
  }
  return data;
}

/** A section with texts as Go's linker lays them out: aligned, ended, sorted by size, behind other constants. */
export function linkedSection(texts: readonly string[], before = Buffer.alloc(0)): Buffer {
  const parts: Buffer[] = [before];
  let length = before.length;
  for (const text of [...texts].sort((a, b) => a.length - b.length)) {
    const bytes = Buffer.from(`${text}\0`);
    const pad = align(length, bytes.length >= 8 ? 8 : 4) - length;
    parts.push(Buffer.alloc(pad), bytes);
    length += pad + bytes.length;
  }
  parts.push(Buffer.alloc(64));
  return Buffer.concat(parts);
}

/** Files below a folder, by path. */
export function writeTree(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: 0o755 });
  }
}

/** Runs the go command in a folder, without a network. */
export function go(
  folder: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  return execFileSync(findTool('go') ?? 'go', words, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '', CGO_ENABLED: '0', ...env },
  });
}
