/** The style sheet of the HTML report: light and dark, from a phone to a wide screen, no fonts to fetch. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2330; --soft: #5b6575; --line: #dfe3e9; --code: #eef1f5;
  --failure: #b3261e; --success: #1a7f4b; --neutral: #9a6700; --base: #a9b4c4; --head: #2f6fde;
  --t0: #bcd4f6; --t1: #c6e6c3; --t2: #f6d9b0; --t3: #e3cdf3; --t4: #f4c7cf; --t5: #bfe5e4; --t6: #e6e3b1; --t7: #d7dbe2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161d; --card: #1a2029; --text: #e4e8ee; --soft: #98a4b5; --line: #2d3644; --code: #262e3a;
    --failure: #ff8a80; --success: #5fd39a; --neutral: #e8b64c; --base: #5a687c; --head: #6ea2ff;
    --t0: #264a7d; --t1: #2c5a34; --t2: #6b4a1c; --t3: #523470; --t4: #6f2f3d; --t5: #1f5a5a; --t6: #57541f; --t7: #3a424f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
header { border-left: 5px solid var(--verdict); padding: .2rem 0 .2rem 1rem; margin-bottom: 1.2rem; }
.failure { --verdict: var(--failure); } .success { --verdict: var(--success); } .neutral { --verdict: var(--neutral); }
h1 { font-size: 1.35rem; line-height: 1.35; margin: 0; font-weight: 650; }
.commits { margin: .35rem 0 0; color: var(--soft); font-size: .9rem; }
section, details { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; margin: 0 0 1rem; }
h2, summary { font-size: 1.02rem; font-weight: 650; margin: 0 0 .7rem; }
summary { cursor: pointer; margin: 0; }
details[open] > summary { margin-bottom: .7rem; }
summary:focus-visible { outline: 2px solid var(--head); outline-offset: 3px; }
p { margin: .5rem 0; } ul { margin: .4rem 0; padding-left: 1.2rem; }
code { font: .86em/1.5 ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; background: var(--code); border-radius: 4px; padding: .1em .3em; }
pre { font: .8rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; background: var(--code); border-radius: 6px; padding: .7rem; margin: .5rem 0; white-space: pre-wrap; max-height: 26rem; overflow-y: auto; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
th { text-align: left; color: var(--soft); font-weight: 600; font-size: .82rem; padding: 0 .9rem .3rem 0; vertical-align: bottom; }
td { border-top: 1px solid var(--line); padding: .5rem .9rem .5rem 0; vertical-align: top; }
td:last-child, th:last-child { padding-right: 0; }
#summary th:first-child, #summary td:first-child { width: 10.5rem; color: var(--soft); font-weight: 600; }
#summary th { padding-bottom: .5rem; }
#consumers td:nth-child(1) { width: 23%; } #consumers td:nth-child(2) { width: 28%; } #consumers td:nth-child(4) { width: 22%; }
#consumers td:nth-child(1) code { background: none; padding: 0; font-weight: 650; }
figure { margin: 0 0 1.2rem; } figcaption { color: var(--soft); font-size: .88rem; margin-bottom: .3rem; }
.key::before { content: ""; display: inline-block; width: .75em; height: .75em; border-radius: 2px; margin: 0 .35em 0 .7em; background: var(--side); }
.key-base { --side: var(--base); } .key-head { --side: var(--head); }
svg text { fill: var(--text); font: 12px system-ui, sans-serif; }
.chart .label { font-weight: 650; font-size: 13px; } .chart .value { fill: var(--soft); font-variant-numeric: tabular-nums; paint-order: stroke; stroke: var(--card); stroke-width: 5px; }
.chart .tick { fill: var(--soft); font-size: 11px; } .chart .grid { stroke: var(--line); }
.chart .base { fill: var(--base); } .chart .head { fill: var(--head); }
.tree .frame { opacity: .45; } .tree .frame-name { font-weight: 650; } .tree .leaf-name { font-size: 11px; }
.t0 { fill: var(--t0); } .t1 { fill: var(--t1); } .t2 { fill: var(--t2); } .t3 { fill: var(--t3); }
.t4 { fill: var(--t4); } .t5 { fill: var(--t5); } .t6 { fill: var(--t6); } .t7 { fill: var(--t7); }
footer { color: var(--soft); font-size: .85rem; margin-top: 1.5rem; }
@media (max-width: 46rem) {
  main { padding: 1rem .7rem 2rem; } section, details { padding: .8rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; width: auto !important; }
  tr { border-top: 1px solid var(--line); padding: .45rem 0; } tbody tr:first-child { border-top: 0; }
  td { border: 0; padding: .12rem 0; }
  td:empty { display: none; }
  td:not(:first-child)::before { content: attr(data-label); display: block; color: var(--soft); font-size: .76rem; }
  #summary td::before { display: none; }
  .tree .wide { display: none; }
}
@media print { body { background: none; } section, details { break-inside: avoid; } }
`;
