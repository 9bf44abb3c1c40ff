import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type SaxesAttributeNS, SaxesParser } from 'saxes';
import { NodewardError, reasonOf } from './errors.ts';
import { fileError, tooLarge } from './files.ts';

/** What a reader of an XML document is told, in document order. Names are local: `linux-def:evr` → `evr`. */
export interface XmlHandler {
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  /** The end of an element with the text directly inside of it, trimmed. */
  close(name: string, text: string): void;
}

/** What bounds a document. */
export interface XmlOptions {
  readonly maxBytes: number;
  readonly signal?: AbortSignal | null;
}

const MAX_DEPTH = 64;
const MAX_TEXT = 1 << 20;
const MAX_ATTRIBUTES = 64;

/**
 * Reads an XML file as a stream. Document types are refused, and with them every entity but XML's own five, so
 * nothing can expand and nothing outside of the file is ever read.
 * @throws NodewardError file-not-found, file-unreadable, input-too-large, input-malformed with line and column
 */
export async function readXml(path: string, handler: XmlHandler, options: XmlOptions): Promise<void> {
  const { size } = await stat(path).catch((thrown: unknown) => {
    throw fileError(thrown, path);
  });
  if (size > options.maxBytes) throw tooLarge(path, options.maxBytes);
  const parser = new Reader(path, handler);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
      options.signal?.throwIfAborted();
      parser.write(decoder.decode(chunk as Buffer, { stream: true }));
    }
    parser.write(decoder.decode());
    parser.end();
  } catch (thrown) {
    options.signal?.throwIfAborted();
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EISDIR')
      throw fileError(thrown, path);
    if (thrown instanceof NodewardError) throw thrown;
    const detail = `${path} is not valid XML in UTF-8: ${reasonOf(thrown)}`;
    throw new NodewardError('input-malformed', detail, { cause: thrown, place: path });
  }
}

/**
 * Reads an XML document that is in memory; `name` is what errors call it.
 * @throws NodewardError input-malformed with line and column, or what the handler throws
 */
export function readXmlText(name: string, text: string, handler: XmlHandler): void {
  const parser = new Reader(name, handler);
  parser.write(text);
  parser.end();
}

class Reader {
  readonly #parser = new SaxesParser({ xmlns: true, position: true });
  readonly #path: string;
  readonly #texts: string[] = [];

  constructor(path: string, handler: XmlHandler) {
    this.#path = path;
    const parser = this.#parser;
    parser.on('error', (error) => {
      throw this.#malformed(error.message.replace(/^\d+:\d+: /, ''));
    });
    parser.on('doctype', () => {
      throw this.#malformed('it has a document type, which is refused');
    });
    parser.on('opentag', (tag) => {
      if (this.#texts.length >= MAX_DEPTH)
        throw this.#malformed(`it is nested deeper than ${MAX_DEPTH} elements`);
      this.#texts.push('');
      handler.open(tag.local, this.#attributes(tag.attributes));
    });
    parser.on('closetag', (tag) => handler.close(tag.local, (this.#texts.pop() ?? '').trim()));
    parser.on('text', (text) => this.#append(text));
    parser.on('cdata', (text) => this.#append(text));
  }

  write(text: string): void {
    this.#parser.write(text);
  }

  end(): void {
    this.#parser.close();
  }

  #append(text: string): void {
    const last = this.#texts.length - 1;
    const before = this.#texts[last];
    if (before === undefined) return;
    if (before.length + text.length > MAX_TEXT) throw this.#malformed('an element holds too much text');
    this.#texts[last] = before + text;
  }

  #attributes(attributes: Record<string, SaxesAttributeNS>): ReadonlyMap<string, string> {
    const entries = Object.values(attributes);
    if (entries.length > MAX_ATTRIBUTES) throw this.#malformed('an element has too many attributes');
    return new Map(entries.map(({ local, value }) => [local, value]));
  }

  #malformed(detail: string): NodewardError {
    const place = `${this.#path}:${this.#parser.line}:${this.#parser.column}`;
    return new NodewardError('input-malformed', `${place}: ${detail}`, { place });
  }
}
