import { describe, it } from 'node:test';
import fc from 'fast-check';
import { kubernetes } from '../../src/versions/kubernetes/kubernetes.ts';
import {
  expectAscending,
  expectEqual,
  expectIncomparable,
  expectTotalOrder,
  expectUnparsable,
} from './support/expect.ts';

describe('Kubernetes versions', () => {
  it('order by minor, patch and prerelease', () => {
    expectAscending(kubernetes, [
      '1.9.11',
      '1.30.14',
      '1.30.100-akslts',
      'v1.30.101-akslts',
      '1.34.0~alpha.1-ubuntu24.04u2',
      '1.34.0~beta.0',
      '1.34.0-rc.1',
      '1.34.0~rc.2-1.azl3',
      '1.34.0',
      '1.34.8-ubuntu22.04u1',
      '1.34.10-1.azl3',
      '1.35.5-1.azl3',
      'v1.36.3',
    ]);
  });

  it('are the same whoever packaged them', () => {
    expectEqual(kubernetes, [
      '1.34.8',
      'v1.34.8',
      '1.34.8-ubuntu22.04u1',
      '1.34.8-ubuntu24.04u5',
      '1.34.8-1.azl3',
      'v1.34.8-1-azlinux3',
      '1.34.8-gke.1234000',
      '1.34.8-eks-1a2b3c4',
      '1.34.8+k3s1',
    ]);
    expectEqual(kubernetes, [
      '1.34.0~beta.0',
      '1.34.0-beta.0',
      'v1.34.0-beta.0',
      '1.34.0~beta.0-ubuntu22.04u2',
    ]);
    expectEqual(kubernetes, ['v1.31.100-1-azlinux3', '1.31.100-akslts']);
  });

  it('that are aliases order against other minor versions only', () => {
    expectAscending(kubernetes, ['1.32.9', '1.33', '1.34', '1.35.0-beta.0', '1.36']);
    expectEqual(kubernetes, ['1.33', 'v1.33']);
    expectIncomparable(kubernetes, '1.33', '1.33.5');
    expectIncomparable(kubernetes, '1.33', '1.33.0');
    expectIncomparable(kubernetes, 'v1.33', '1.33.5-ubuntu22.04u1');
  });

  it('that are no Kubernetes versions are unparsable', () => {
    for (const version of [
      '',
      '1',
      'v1',
      '1.33.',
      '1.33.x',
      'latest',
      '1.33.5.6',
      '1.033.5',
      '1.34.0~foo',
      '1.33.5-',
    ]) {
      expectUnparsable(kubernetes, version, '1.33.5');
    }
  });

  it('have a total order among patch versions', () => {
    const suffix = fc.constantFrom(
      '',
      '~beta.0',
      '-beta.1',
      '-rc.1',
      '-ubuntu22.04u1',
      '-1.azl3',
      '-akslts',
      '~rc.1-1.azl3',
    );
    expectTotalOrder(
      kubernetes,
      fc.tuple(fc.nat(2), fc.nat(120), suffix).map(([minor, patch, s]) => `1.${minor}.${patch}${s}`),
    );
  });
});
