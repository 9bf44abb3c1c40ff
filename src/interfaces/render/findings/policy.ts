import type { PolicyEntry } from '../../../model/findings-report.ts';
import type { PageForm } from './page.ts';

/** What is decided for the whole fleet. */
export const POLICY: PageForm<PolicyEntry> = {
  name: 'policy',
  nouns: null,
  csvColumns: ['key', 'value', 'help'],
  csv: ({ key, value, help }) => [key, value, help],
  columns: () => [
    { title: 'KEY', text: ({ key }) => key },
    { title: 'VALUE', text: ({ value }) => value, right: true, style: () => 'bold' },
    { title: 'MEANS', text: ({ help }) => help, wraps: 30 },
  ],
};
