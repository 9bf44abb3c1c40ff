import type { NodeListing } from '../../../src/inventory/index.ts';

export const KUBECONFIG = { id: 'kubeconfig', provider: 'kubernetes', name: 'kubeconfig' } as const;
export const code = (wanted: string) => (thrown: unknown) => (thrown as { code?: string }).code === wanted;
export const problem = { code: 'unreachable', detail: 'It does not answer.', remedy: 'Look.' } as const;
export const unreachable = (scope: string, more: Partial<NodeListing> = {}): NodeListing => ({
  kind: 'all',
  nodes: [],
  removed: [],
  pools: [],
  complete: false,
  cursor: null,
  problems: [{ scope, ...problem }],
  ...more,
});
