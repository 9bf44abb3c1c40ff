import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { NodewardError } from '../../src/base/errors.ts';
import { readXml } from '../../src/base/xml.ts';

const folder = mkdtempSync(join(tmpdir(), 'nodeward-xml-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function read(content: string | Uint8Array, maxBytes = 64 << 20): Promise<readonly string[]> {
  const path = join(folder, 'document.xml');
  writeFileSync(path, content);
  const events: string[] = [];
  await readXml(
    path,
    {
      open: (name, attributes) =>
        events.push(`<${[name, ...[...attributes].map(([key, value]) => `${key}=${value}`)].join(' ')}>`),
      close: (name, text) => events.push(`${text}</${name}>`),
    },
    { maxBytes },
  );
  return events;
}

function refuses(content: string | Uint8Array, pattern: RegExp, maxBytes?: number) {
  return assert.rejects(read(content, maxBytes), (thrown: NodewardError) => {
    assert.match(thrown.message, pattern);
    assert.ok(thrown.code === 'input-malformed' || thrown.code === 'input-too-large', thrown.code);
    return true;
  });
}

describe('readXml', () => {
  it('tells elements by local name, with attributes and their own text', async () => {
    const events = await read(
      '<?xml version="1.0"?><a xmlns:l="urn:x"><l:b l:id="1"> x &lt;<![CDATA[ & ]]><c/>y</l:b></a>',
    );
    assert.deepEqual(events, ['<a l=urn:x>', '<b id=1>', '<c>', '</c>', 'x < & y</b>', '</a>']);
  });

  it('puts characters together that are split between chunks', async () => {
    const text = 'ü€😀'.repeat(100_000);
    assert.equal((await read(`<a>${text}</a>`))[1], `${text}</a>`);
  });

  it('refuses document types, with entities or without', async () => {
    await refuses('<!DOCTYPE a><a/>', /document type/);
    const entities = Array.from(
      { length: 10 },
      (_, index) => `<!ENTITY e${index + 1} "${`&e${index};`.repeat(10)}">`,
    );
    await refuses(`<!DOCTYPE a [<!ENTITY e0 "lol">${entities.join('')}]><a>&e10;</a>`, /document type/);
    await refuses('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', /document type/);
    await refuses('<a>&e;</a>', /entity/);
  });

  it('refuses depth, size, text and attributes without end', async () => {
    await refuses('<a>'.repeat(100_000), /nested deeper/);
    await refuses(`<a>${'x'.repeat(20_000_000)}</a>`, /too much text/);
    await refuses(
      `<a ${Array.from({ length: 1000 }, (_, index) => `x${index}="1"`).join(' ')}/>`,
      /too many attributes/,
    );
    await refuses('<a/>', /larger than the limit/, 3);
  });

  it('refuses what is cut off, mismatched, empty, or not UTF-8, with its place', async () => {
    await refuses('<a><b></b>', /document\.xml:1:\d+: /);
    await refuses('<a></b>', /:1:/);
    await refuses('', /document\.xml/);
    await refuses(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), /./);
    await refuses(Buffer.from('<a>é', 'utf8').subarray(0, 4), /./);
  });

  it('says what cannot be opened', async () => {
    const handler = { open() {}, close() {} };
    await assert.rejects(readXml(join(folder, 'none'), handler, { maxBytes: 1 }), { code: 'file-not-found' });
    await assert.rejects(readXml(folder, handler, { maxBytes: 1 << 20 }), { code: 'file-unreadable' });
  });
});
