import type { FleetReport } from '../../../model/findings-report.ts';
import type { FleetContext } from '../fleet/types.ts';
import { instantWords } from '../fleet/words.ts';
import { sandboxHints } from '../hints.ts';
import { Html, html } from './html/markup.ts';
import {
  auditSection,
  cveSection,
  exemptionSection,
  policySection,
  recommendationSection,
  rollupSection,
  wordsSection,
} from './html/sections.ts';
import { STYLE } from './html/style.ts';
import { summary } from './html/summary.ts';

const SECTIONS: readonly (readonly [string, string])[] = [
  ['summary', 'Summary'],
  ['scopes', 'Subscriptions and clusters'],
  ['recommendations', 'Recommendations'],
  ['cves', 'Vulnerabilities'],
  ['exemptions', 'Exemptions'],
  ['policy', 'Policy'],
  ['audit', 'Audit log'],
  ['words', 'What the words mean'],
];

/** A report as one page of HTML that needs nothing else: no script, no font, no image from elsewhere. */
export function reportHtml(report: FleetReport, { version, sandbox }: FleetContext): string {
  const title = `Vulnerabilities on Kubernetes nodes: ${report.scopeName === 'all' ? 'the whole fleet' : report.scopeName}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="generator" content="Nodeward ${version}">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="soft">As of ${instantWords(report.at)}, ${computed(report)}. Made by Nodeward ${version}.</p>
${sandbox ? html`<p class="note"><strong>Sandbox</strong>: the clusters of this report are simulated; nothing here is real but the node images and the CVEs.</p>` : null}
${report.currency.behind === null ? null : html`<p class="note">${report.currency.behind}</p>`}
<nav aria-label="Sections"><ul>${SECTIONS.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${summary(report)}
${rollupSection(report)}
${recommendationSection(report)}
${cveSection(report)}
${exemptionSection(report)}
${policySection(report)}
${auditSection(report)}
${wordsSection()}
</main>
<footer><p>Nodeward says what was found and what is not known. What could not be assessed is named as such, and is not safe because nothing is listed for it.</p></footer>
</body>
</html>
`.text;
  return sandbox ? hinted(page) : page;
}

/** Commands that somebody copies from the report of a sandbox must not reach what is real. */
function hinted(page: string): string {
  return page.replaceAll(/<code>(nodeward [^<]*)<\/code>/g, (_, command: string) =>
    sandboxHints(`\`${command}\``).replace(/`([^`]*)`/, '<code>$1</code>'),
  );
}

function computed({ currency: { at } }: FleetReport): string {
  return at === null ? 'and findings were never computed' : `findings computed ${instantWords(at)}`;
}
