import type { Digest, Line, Section } from './digest.ts';

/** A digest as plain text, in lines of any length. */
export function textOf({ title, warnings, sections, more, next }: Digest): string {
  return [
    title,
    ...warnings,
    ...sections.map(sectionText),
    ...(more === null ? [] : [more]),
    ['Look closer:', ...next.map((command) => `  ${command}`)].join('\n'),
    '',
  ].join('\n\n');
}

function sectionText({ title, lines, more }: Section): string {
  const rows = lines.map((line) => `  ${lineWords(line)}`);
  return [title, ...rows, ...(more === null ? [] : [`  ${more}`])].join('\n');
}

function lineWords({ pool, owner, what, cves }: Line): string {
  const who = owner === null ? pool : `${pool} (${owner})`;
  return [who, what, cves].filter((each) => each !== '').join(': ');
}

/** Colours with a contrast of at least 4.5 on white; the border says how urgent a section is. */
const ACCENTS = {
  'new-kev': '#a4262c',
  'new-critical': '#a4262c',
  overdue: '#8a5100',
  'fix-available': '#0b6a0b',
};

const FONT =
  "font-family:'Segoe UI',Helvetica,Arial,sans-serif;font-size:14px;line-height:20px;color:#242424";
const MONO = "font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace;font-size:13px";

/** A digest as HTML that mail programs show: styles in the elements, nothing from elsewhere. */
export function htmlOf({ title, warnings, sections, more, next }: Digest): string {
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title></head>
<body style="margin:0;padding:0;background:#ffffff">
<div style="max-width:760px;margin:0 auto;padding:24px 16px;${FONT}">
<h1 style="margin:0 0 4px;font-size:20px;line-height:28px;font-weight:600">${escaped(title)}</h1>
${warnings.map((each) => `<p style="margin:8px 0;padding:8px 12px;background:#fff4ce">${escaped(each)}</p>`).join('\n')}
${sections.map(sectionHtml).join('\n')}
${more === null ? '' : `<p style="margin:16px 0">${escaped(more)}</p>`}
<h2 style="margin:24px 0 8px;font-size:14px;font-weight:600">Look closer</h2>
<pre style="margin:0;padding:12px;background:#f5f5f5;white-space:pre-wrap;${MONO}">${next.map(escaped).join('\n')}</pre>
<p style="margin:24px 0 0;color:#616161;font-size:12px">Sent by Nodeward. Each of these is told once.</p>
</div>
</body>
</html>
`;
}

function sectionHtml({ kind, title, lines, more }: Section): string {
  const rows = lines.map(rowHtml).join('\n');
  return `<h2 style="margin:24px 0 8px;padding-left:8px;border-left:4px solid ${ACCENTS[kind]};font-size:16px;font-weight:600">${escaped(title)}</h2>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;${FONT}">
${rows}
</table>
${more === null ? '' : `<p style="margin:8px 0 0;color:#616161">${escaped(more)}</p>`}`;
}

function rowHtml({ pool, owner, what, cves }: Line): string {
  const who = owner === null ? '' : `<br><span style="color:#616161">${escaped(owner)}</span>`;
  const about = what === '' ? '' : `${escaped(what)}<br>`;
  return `<tr><td valign="top" width="36%" style="padding:6px 12px 6px 0;border-top:1px solid #e0e0e0;word-break:break-word"><strong>${escaped(pool)}</strong>${who}</td>
<td valign="top" style="padding:6px 0;border-top:1px solid #e0e0e0;word-break:break-word">${about}<span style="color:#424242">${unbroken(escaped(cves))}</span></td></tr>`;
}

/** Identifiers are not broken at their hyphens. */
function unbroken(html: string): string {
  return html.replaceAll(/CVE-\d{4}-\d+/g, '<span style="white-space:nowrap">$&</span>');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
