import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isRemote } from '../../../../src/evidence/disk/sources/http/url.ts';
import { openSource } from '../../../../src/evidence/disk/sources/open.ts';
import { lacking, noMounts, run, workFolder } from '../../../support/tools.ts';

const folder = workFolder();
const CONTENT = randomBytes(2 ** 20 + 100);

function fileOf(name: string, content: Uint8Array = CONTENT): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const openFiles = () => readdirSync('/proc/self/fd').length;

describe('file source', () => {
  it('gives the bytes of a file, also through a link', async () => {
    const path = fileOf('disk.raw');
    symlinkSync(path, join(folder, 'link'));
    for (const name of [path, join(folder, 'link')]) {
      const before = openFiles();
      const { source, counters, close } = await openSource(name);
      assert.deepEqual([source.name, source.size], [name, CONTENT.length]);
      for (const [offset, length] of [
        [0, 512],
        [100_000, 100],
        [10_000, 900_000],
        [CONTENT.length - 9, 9],
      ] as const)
        assert.equal(
          Buffer.compare(await source.read(offset, length), CONTENT.subarray(offset, offset + length)),
          0,
        );
      const { requests, bytes } = counters();
      assert.ok(requests >= 4 && requests <= 8 && bytes < 1_000_000, `${requests} requests, ${bytes} bytes`);
      await close();
      await close();
      assert.equal(openFiles(), before);
      await assert.rejects(source.read(0, 100), { code: 'file-unreadable', message: /closed/ });
    }
  });

  it('finds the size of a block device', { skip: noMounts() }, async () => {
    for (const size of [512, 513 * 512, 3 * 2 ** 20]) {
      const path = fileOf(`device-${size}`, CONTENT.subarray(0, Math.min(size, CONTENT.length)));
      truncateSync(path, size);
      const device = run('losetup', ['--find', '--show', '--read-only', path]).trim();
      try {
        const { source, close } = await openSource(device);
        assert.equal(source.size, size);
        const bytes = await source.read(size - 512, 512);
        const expected = Buffer.concat([CONTENT, Buffer.alloc(3 * 2 ** 20)]).subarray(size - 512, size);
        assert.equal(Buffer.compare(bytes, expected), 0);
        await close();
      } finally {
        run('losetup', ['--detach', device]);
      }
    }
  });

  it('refuses what is no disk, and leaves nothing open', { skip: lacking('mkfifo') }, async () => {
    mkdirSync(join(folder, 'directory'));
    run('mkfifo', [join(folder, 'pipe')]);
    const before = openFiles();
    const refused: [string, string][] = [
      [join(folder, 'missing'), 'file-not-found'],
      [join(folder, 'directory'), 'file-unreadable'],
      [join(folder, 'pipe'), 'file-unreadable'],
      ['/dev/zero', 'file-unreadable'],
      [fileOf('empty', new Uint8Array(0)), 'disk-damaged'],
    ];
    for (const [path, code] of refused) await assert.rejects(openSource(path), { code });
    assert.equal(openFiles(), before);
  });

  it('ends with disk-changed where the file is written to', async () => {
    const path = fileOf('changing.raw');
    const { source, close } = await openSource(path);
    await source.read(0, 100);
    appendFileSync(path, 'more');
    await assert.rejects(source.read(500_000, 100), { code: 'disk-changed' });
    await close();
    const other = await openSource(path);
    truncateSync(path, 1000);
    await assert.rejects(other.source.read(500_000, 100), { code: 'disk-changed', message: /shorter/ });
    await other.close();
  });

  it('keeps to its limits, and ends when it is interrupted', async () => {
    const path = fileOf('limits.raw');
    const controller = new AbortController();
    const { source, close } = await openSource(path, {
      limits: { maxRequests: 1 },
      signal: controller.signal,
    });
    await source.read(0, 100);
    await assert.rejects(source.read(500_000, 100), { code: 'limit-reached' });
    controller.abort();
    await assert.rejects(source.read(500_000, 100), { code: 'interrupted' });
    await close();
  });

  it('tells URLs from paths', () => {
    assert.deepEqual(['https://a/b', 'HTTP://a', 'http', '/https://a', 'disk.raw', 'ftp://a'].map(isRemote), [
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
