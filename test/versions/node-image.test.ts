import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nodeImageVersionDate, parseNodeImageName } from '../../src/versions/node-image/name.ts';
import { nodeImage } from '../../src/versions/node-image/node-image.ts';
import {
  expectAscending,
  expectEqual,
  expectIncomparable,
  expectTotalOrder,
  expectUnparsable,
} from './support/expect.ts';

describe('node image versions', () => {
  it('of Linux order by date, patch and SecurityPatch snapshot', () => {
    expectAscending(nodeImage, [
      '2021.01.06',
      '2022.12.31',
      '202301.10.0',
      '2023.01.25',
      '202410.27.0',
      '202410.27.0-2024.12.01',
      '202410.27.0-2025.01.02',
      '202410.27.1',
      '202410.27.10',
      '202602.13.5',
      '202607.09.0',
      '202608.20.0',
    ]);
    expectEqual(nodeImage, ['2023.01.10', '202301.10.0', '202301.10.00']);
  });

  it('of Windows order by update build revision, then date', () => {
    expectAscending(nodeImage, [
      '20348.999.220101',
      '20348.5499.260812',
      '20348.5499.260813',
      '20348.33296.230101',
    ]);
    expectIncomparable(nodeImage, '20348.5499.260812', '17763.8389.260210');
  });

  it('in full names order within a family', () => {
    expectAscending(nodeImage, [
      'AKSUbuntu-2204gen2containerd-2023.01.10',
      'AKSUbuntu-2204gen2containerd-202410.27.0',
      'AKSUbuntu:2204gen2containerd:202410.27.0-2024.12.01',
      'AKSUbuntu-2204gen2containerd-202607.09.0',
    ]);
    expectAscending(nodeImage, [
      'AKSWindows-2022-containerd-20348.5386.260714',
      'AKSWindows-windows-2022-containerd-20348.5499.260812',
    ]);
    expectEqual(nodeImage, ['AKSAzureContainerLinux-202606.01.0', 'AKSAzureContainerLinux-202606.01.0']);
  });

  it('of different families, systems or of an unknown family are incomparable', () => {
    const ubuntu = 'AKSUbuntu-2204gen2containerd-202607.09.0';
    expectIncomparable(nodeImage, ubuntu, 'AKSUbuntu-2204containerd-202607.09.0');
    expectIncomparable(nodeImage, ubuntu, 'AKSUbuntuEdgeZone-2204gen2containerd-202607.09.0');
    expectIncomparable(nodeImage, ubuntu, '202607.09.0');
    expectIncomparable(nodeImage, '202607.09.0', '20348.5499.260812');
    expectIncomparable(
      nodeImage,
      'AKSWindows-2022-containerd-20348.5499.260812',
      'AKSWindows-2022-containerd-gen2-20348.5499.260812',
    );
  });

  it('that do not exist are unparsable', () => {
    const malformed = [
      '',
      '202613.01.0',
      '202600.01.0',
      '202602.30.0',
      '202607.00.0',
      '2023.02.29',
      '202607.09',
      '202607.9.0',
      '2026.7.9',
      '20348.5499.261301',
      '20348.5499.260832',
      '2034.5499.260812',
      '20348.5499',
      '202607.09.0-2024.13.01',
      '202607.09.0-',
      '202607.09.0-202412.01.0',
      '2023.01.10-2024.12.01',
      '20348.5499.260812-2024.12.01',
      '202607.09.0.1',
      'v202607.09.0',
      '202607.09.1234567',
      'AKSUbuntu',
      'AKSUbuntu-2204gen2containerd',
      'AKSUbuntu-2204gen2containerd-202602.30.0',
      'GKE-cos-202607.09.0',
      'AKSUbuntu--202607.09.0',
      ' 202607.09.0',
      '202607.09.0\n',
      'latest',
    ];
    for (const version of malformed) expectUnparsable(nodeImage, version, '202607.09.0');
    expectEqual(nodeImage, ['2024.02.29', '202402.29.0']);
    assert.equal(nodeImage.compare(`AKS${'a'.repeat(1024)}`, '202607.09.0').ok, false);
  });

  it('have a total order within a family', () => {
    const two = (n: number) => String(n).padStart(2, '0');
    const live = fc.constantFrom('', '-2024.12.01', '-2025.01.01');
    expectTotalOrder(
      nodeImage,
      fc
        .tuple(fc.nat(2), fc.nat(3), fc.nat(12), live)
        .map(([m, d, patch, l]) => `2024${two(m + 1)}.${two(d + 1)}.${patch}${l}`),
    );
  });
});

describe('parseNodeImageName', () => {
  it('takes names apart', () => {
    const ubuntu = {
      gallery: 'AKSUbuntu',
      definition: '2204gen2containerd',
      family: 'AKSUbuntu-2204gen2containerd',
    };
    const names = [
      ['AKSUbuntu-2204gen2containerd-202607.09.0', { ...ubuntu, version: '202607.09.0', live: null }],
      ['AKSUbuntu:2204gen2containerd:202607.09.0', { ...ubuntu, version: '202607.09.0', live: null }],
      [
        'AKSUbuntu-2204gen2containerd-202410.27.0-2024.12.01',
        { ...ubuntu, version: '202410.27.0', live: '2024.12.01' },
      ],
      [
        'AKSUbuntu-1804-2021.01.06',
        {
          gallery: 'AKSUbuntu',
          definition: '1804',
          family: 'AKSUbuntu-1804',
          version: '2021.01.06',
          live: null,
        },
      ],
      [
        'AKSAzureContainerLinux-202606.01.0',
        {
          gallery: 'AKSAzureContainerLinux',
          definition: null,
          family: 'AKSAzureContainerLinux',
          version: '202606.01.0',
          live: null,
        },
      ],
      [
        'AKSWindows-23H2-gen2-25398.2330.260513',
        {
          gallery: 'AKSWindows',
          definition: '23H2-gen2',
          family: 'AKSWindows-23H2-gen2',
          version: '25398.2330.260513',
          live: null,
        },
      ],
      [
        'AKSWindows-windows-2022-containerd-20348.5499.260812',
        {
          gallery: 'AKSWindows',
          definition: '2022-containerd',
          family: 'AKSWindows-2022-containerd',
          version: '20348.5499.260812',
          live: null,
        },
      ],
    ] as const;
    for (const [name, expected] of names) assert.deepEqual(parseNodeImageName(name), expected, name);
  });

  it('does not read anything else', () => {
    for (const name of [
      '',
      '202607.09.0',
      'AKS-2204-202607.09.0',
      'aksubuntu-2204-202607.09.0',
      'AKSUbuntu-2204-202607.09',
    ]) {
      assert.equal(parseNodeImageName(name), null, name);
    }
  });
});

describe('nodeImageVersionDate', () => {
  it('gives the day an image was built on', () => {
    const dates = [
      ['202607.09.0', '2026-07-09'],
      ['2023.01.10', '2023-01-10'],
      ['20348.5499.260812', '2026-08-12'],
      ['202410.27.0-2024.12.01', '2024-10-27'],
      ['AKSUbuntu-2204gen2containerd-202410.27.0-2024.12.01', '2024-10-27'],
      ['AKSUbuntu-2204gen2containerd-202607.09.0', '2026-07-09'],
      ['202602.30.0', null],
      ['latest', null],
    ] as const;
    for (const [version, date] of dates) assert.equal(nodeImageVersionDate(version), date, version);
  });
});
