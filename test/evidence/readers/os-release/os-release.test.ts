import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { osReleaseReader } from '../../../../src/evidence/readers/os-release/os-release.ts';
import { workFolder } from '../../../support/tools.ts';
import { found, problemsOf, readRoot, writeRoot } from '../helpers.ts';

const work = workFolder();
let count = 0;
const newRoot = (files: Readonly<Record<string, string | Uint8Array>>): string =>
  writeRoot(join(work, `root-${++count}`), { 'etc/hostname': 'node\n', ...files });
const readText = (text: string | Uint8Array) =>
  readRoot(osReleaseReader, newRoot({ 'etc/os-release': text }));

describe('systems', () => {
  const CASES: readonly (readonly [text: string, id: string, versionId: string, prettyName: string])[] = [
    [
      'NAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nPRETTY_NAME="Ubuntu 22.04.4 LTS"\n',
      'ubuntu',
      '22.04',
      'Ubuntu 22.04.4 LTS',
    ],
    [
      'ID=azurelinux\nVERSION_ID="3.0"\nPRETTY_NAME="Microsoft Azure Linux 3.0"\n',
      'azurelinux',
      '3.0',
      'Microsoft Azure Linux 3.0',
    ],
    [
      'ID=mariner\nVERSION_ID="2.0"\nPRETTY_NAME="CBL-Mariner/Linux"\n',
      'mariner',
      '2.0',
      'CBL-Mariner/Linux',
    ],
    ['ID="almalinux"\nVERSION_ID="9.4"\n', 'almalinux', '9.4', 'almalinux 9.4'],
    ["ID='rhel'\nVERSION_ID='8.10'\n", 'rhel', '8.10', 'rhel 8.10'],
    ['ID="amzn"\nVERSION_ID="2023"\nPRETTY_NAME="Amazon Linux 2023"\n', 'amzn', '2023', 'Amazon Linux 2023'],
    [
      'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n',
      'alpine',
      '3.20.3',
      'Alpine Linux v3.20',
    ],
    ['ID=flatcar\r\nVERSION_ID=3815.2.5\r\n', 'flatcar', '3815.2.5', 'flatcar 3815.2.5'],
    [
      'PRETTY_NAME="Debian GNU/Linux trixie/sid"\nVERSION_CODENAME=trixie\nID=debian\n',
      'debian',
      '',
      'Debian GNU/Linux trixie/sid',
    ],
    ['# a comment\n\n  ID=arch\nBUILD_ID=rolling\n', 'arch', '', 'arch'],
    ['\ufeffID=debian\nVERSION_ID="12"\n', 'debian', '12', 'debian 12'],
    [
      'ID=x\nVERSION_ID=1\nPRETTY_NAME="a \\"quoted\\" \\$name \\\\ \\`"\n',
      'x',
      '1',
      'a "quoted" $name \\ `',
    ],
    ['ID=x\nVERSION_ID=1\nVERSION_ID=2\n', 'x', '2', 'x 2'],
  ];
  for (const [text, id, versionId, prettyName] of CASES)
    test(`${id} ${versionId}`, async () => {
      assert.deepEqual(found(await readText(text)).os, { id, versionId, prettyName, variantId: null });
    });

  test('the variant is told', async () => {
    const os = found(await readText('ID=flatcar\nVERSION_ID=1\nVARIANT_ID=azurecontainerlinux\n')).os;
    assert.equal(os?.variantId, 'azurecontainerlinux');
  });
});

describe('places', () => {
  const TEXT = 'ID=debian\nVERSION_ID="12"\n';

  test('a link to usr/lib is followed, an absolute one from the root of the tree', async () => {
    const root = newRoot({ 'usr/lib/os-release': TEXT });
    symlinkSync('/usr/lib/os-release', join(root, 'etc/os-release'));
    assert.equal(found(await readRoot(osReleaseReader, root)).os?.id, 'debian');
  });

  test('etc comes before usr/lib; usr/lib alone is enough', async () => {
    const both = newRoot({ 'etc/os-release': TEXT, 'usr/lib/os-release': 'ID=other\n' });
    assert.equal(found(await readRoot(osReleaseReader, both)).os?.id, 'debian');
    assert.equal(
      found(await readRoot(osReleaseReader, newRoot({ 'usr/lib/os-release': TEXT }))).os?.id,
      'debian',
    );
  });

  test('neither is absent, also behind a link that leads nowhere', async () => {
    const root = newRoot({});
    symlinkSync('../usr/lib/os-release', join(root, 'etc/os-release'));
    assert.deepEqual(await readRoot(osReleaseReader, root), { status: 'absent' });
  });

  test('where the first is empty the second counts, and the first is told', async () => {
    const outcome = await readRoot(
      osReleaseReader,
      newRoot({ 'etc/os-release': '', 'usr/lib/os-release': TEXT }),
    );
    assert.equal(outcome.status, 'partial');
    assert.deepEqual(problemsOf(outcome), [{ place: 'etc/os-release', why: 'it is empty' }]);
  });

  test('a folder in its place is a failure', async () => {
    const root = newRoot({});
    mkdirSync(join(root, 'etc/os-release'));
    assert.equal((await readRoot(osReleaseReader, root)).status, 'failed');
  });
});

describe('files that are not whole', () => {
  for (const text of ['', '\0'.repeat(300), 'NAME=x\n', 'ID=\n', 'x'.repeat(70_000)])
    test(`failed: ${JSON.stringify(text.slice(0, 20))}`, async () => {
      const outcome = await readText(text);
      assert.equal(outcome.status, 'failed');
      assert.ok(problemsOf(outcome).length > 0);
    });

  const DOUBTFUL = [
    'ID=debian\nVERSION_ID="1',
    'ID=debian\ngarbage\n',
    'ID=deb',
    'VERSION_ID=1\nID=Two Words\nID=x\n',
    'ID=UP\n',
    'ID=a\n\0\0\0',
  ];
  for (const text of DOUBTFUL)
    test(`partial: ${JSON.stringify(text)}`, async () => {
      assert.equal((await readText(text)).status, 'partial');
    });

  test('a file cut off anywhere never names another release', async () => {
    const whole =
      'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\nVERSION=12\nID=debian\nHOME_URL="https://www.debian.org/"\n';
    for (let end = 0; end < whole.length; end++) {
      const outcome = await readText(whole.slice(0, end));
      if (outcome.status === 'ok')
        assert.deepEqual([outcome.found.os?.id, outcome.found.os?.versionId], ['debian', '12']);
    }
  });

  test('any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        assert.notEqual((await readText(bytes)).status, 'absent');
      }),
      { numRuns: 200 },
    );
  });
});
