/** The page's looks: paper and ink, one accent, figures of equal width. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#f8f7f4;--card:#fff;--ink:#1c2125;--soft:#626b71;--rule:#e6e3dc;--ground:#bdb9af;--first:#1f6f8b;--second:#b4522b;--third:#6a6f2c;--mark:#fbe3d6}
@media(prefers-color-scheme:dark){:root{--paper:#121517;--card:#191d20;--ink:#e7e4de;--soft:#979fa4;--rule:#282e32;--ground:#4a5257;--first:#6fc1db;--second:#ea9a75;--third:#c2c772;--mark:#5a3422}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 ui-sans-serif,system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased}
main{max-width:1120px;margin:0 auto;padding:44px 28px 56px}
header{margin-bottom:28px}
h1{font-size:28px;line-height:1.2;font-weight:650;letter-spacing:-.015em;margin:0 0 6px}
header p{margin:0;color:var(--soft);overflow-wrap:anywhere}
h2{font-size:15px;font-weight:600;margin:0 0 2px}
h2+p{margin:0 0 12px;color:var(--soft);font-size:13px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(158px,1fr));gap:1px;background:var(--rule);border:1px solid var(--rule);border-radius:8px;overflow:hidden;margin-bottom:24px}
.figures div{background:var(--card);padding:16px 18px 15px}
.figures b{display:block;font-size:23px;line-height:1.25;font-weight:600;letter-spacing:-.015em;white-space:nowrap}
.figures b small{font-size:14px;font-weight:500;color:var(--soft);letter-spacing:0}
.figures span{color:var(--soft);font-size:13px}
.figures .bad b{color:var(--second)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:24px}
.pair,section{margin-bottom:24px}
.pair>section,.column section:last-child{margin-bottom:0}
.column{min-width:0}
section{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:18px 20px 16px;min-width:0}
svg{width:100%;height:auto;display:block;overflow:visible}
svg text{font-size:11.5px;fill:var(--soft);font-variant-numeric:tabular-nums}
svg .strong{fill:var(--ink)}
svg .rule{stroke:var(--rule)}svg .ground{stroke:var(--ground)}
svg .line{fill:none;stroke-width:1.3;stroke-linejoin:round;stroke:currentColor}
svg .area{fill:currentColor;fill-opacity:.2}
svg .bar{fill:currentColor;fill-opacity:.72}
svg .bar:hover{fill-opacity:1}
svg .mark{stroke:var(--second);stroke-dasharray:2 3}
.first{color:var(--first)}.second{color:var(--second)}.third{color:var(--third)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;background:currentColor;margin:0 5px 0 10px;vertical-align:-1px}
.key.light{opacity:.3}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:14px}
th{color:var(--soft);font-size:13px;font-weight:400}
th,td{padding:5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
tr:last-child td{border-bottom:0}
th+th,td+td{padding-left:18px}
.n{text-align:right;white-space:nowrap}
.soft{color:var(--soft)}
.note{color:var(--soft);font-size:13px;margin:10px 0 0}
.share{width:34%;vertical-align:middle}
.share i{display:block;height:6px;border-radius:3px;background:var(--first);opacity:.65;min-width:1px}
.two{columns:2;column-gap:36px}
.two table{break-inside:avoid}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:0;font-size:14px}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
code{font:12.5px/1.5 ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
mark{background:var(--mark);color:inherit;outline:1px solid var(--second);border-radius:2px}
footer{color:var(--soft);font-size:13px;margin-top:28px}
@media(max-width:640px){main{padding:24px 14px}.two{columns:1}.share{display:none}}
@media print{body{background:none}section,.figures{break-inside:avoid}}
`;
