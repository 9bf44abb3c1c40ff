/** Readable on a screen and on paper, in black and white too; colours have a contrast of at least 4.5 to 1. */
export const STYLE = `
:root { --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #fff; --tint: #f6f8fa;
  --critical: #8e1519; --high: #b3420a; --medium: #7d5a00; --low: #0a5a8c; --negligible: #57606a; --good: #116329; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main, header, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p { margin: .4rem 0; max-width: 60rem; }
code { font: .9em ui-monospace, "Cascadia Mono", Consolas, monospace; background: var(--tint); padding: 0 .2em; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: 1rem 0 0; list-style: none; }
a { color: #0a4f9e; }
.soft { color: var(--soft); }
.note { border-left: 4px solid var(--medium); background: #fff8e5; padding: .5rem .9rem; margin: .75rem 0; }
.alarm { border-left-color: var(--critical); background: #fff0ee; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.tiles li { border: 1px solid var(--line); border-radius: 6px; padding: .7rem .9rem; background: var(--tint); }
.tiles strong { display: block; font-size: 1.75rem; line-height: 1.15; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: .9rem; }
.bar { display: flex; height: 1.1rem; border-radius: 4px; overflow: hidden; margin: .5rem 0 .35rem; background: var(--tint); }
.bar i { display: block; min-width: 2px; }
.legend { display: flex; flex-wrap: wrap; gap: .15rem 1.25rem; padding: 0; margin: 0; list-style: none; font-size: .95rem; }
.legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: 2px; margin-right: .35rem; }
.bg-critical { background: var(--critical); } .bg-high { background: var(--high); } .bg-medium { background: #b98900; }
.bg-low { background: var(--low); } .bg-negligible { background: #8c959f; } .bg-unknown { background: #c4cbd2; }
.critical, .bad { color: var(--critical); font-weight: 600; } .high { color: var(--high); font-weight: 600; }
.medium, .warn { color: var(--medium); } .low { color: var(--low); } .negligible, .unknown { color: var(--negligible); }
.good { color: var(--good); }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; line-height: 1.35; }
caption { text-align: left; color: var(--soft); padding: 0 0 .4rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
thead th { background: var(--tint); border-bottom: 2px solid var(--line); white-space: nowrap; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td ul { margin: 0; padding-left: 1rem; }
.nowrap { white-space: nowrap; }
summary { cursor: pointer; color: #0a4f9e; margin: .75rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; max-width: 60rem; }
dt { font-weight: 600; } dd { margin: 0; }
svg { display: block; }
footer { padding: 2rem 1.5rem 3rem; color: var(--soft); font-size: .88rem; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  body { font-size: 10pt; } main, header, footer { max-width: none; padding: 0; } nav { display: none; }
  .scroll { overflow: visible; } table { font-size: 7.5pt; } thead th { white-space: normal; } th, td { padding: .25rem .4rem; }
  .tiles { grid-template-columns: repeat(7, 1fr); } .tiles strong { font-size: 14pt; }
  thead { display: table-header-group; } tr, .tiles li, .note { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; } .tiles li, .bar, .bar i, .legend i, thead th, .note { print-color-adjust: exact; }
  a { color: inherit; text-decoration: none; }
}
`;
