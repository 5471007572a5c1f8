/** The look of the report page, light or dark as the reader's system is. */
export const pageStyle = `
:root{--text:#1f1f1f;--muted:#5a5a5a;--line:#d0d0d0;--soft:#f0f0f0;--card:#fff;--good:#388a34;--care:#b58900;--bad:#c72e2e;--focus:#005fb8;
--kind-alloc:#1a85ff;--kind-map:#388a34;--kind-sg:#8a3ffc;--kind-resource:#b58900;--kind-api:#d18616;--kind-direct:#1b8a8a;--kind-reserved:#9a9a9a;--kind-msi:#6c7a99}
@media (prefers-color-scheme:dark){:root{--text:#ddd;--muted:#a5a5a5;--line:#444;--soft:#262626;--card:#1b1b1b;--good:#89d185;--care:#cca700;--bad:#f14c4c;--focus:#4daafc;
--kind-alloc:#3794ff;--kind-map:#89d185;--kind-sg:#b180d7;--kind-resource:#cca700;--kind-api:#d18616;--kind-direct:#4fb3b3;--kind-reserved:#777;--kind-msi:#8794b3}}
*{box-sizing:border-box}
body{margin:0;color:var(--text);background:var(--card);font:14px/1.5 system-ui,sans-serif}
main{max-width:1040px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:1.5rem;margin:0 0 12px;overflow-wrap:anywhere}h2{display:inline-block;font-size:1.15rem;margin:28px 0 8px}h3{margin:16px 0 4px}
.summary{display:flex;flex-wrap:wrap;gap:4px 22px;margin:0 0 8px;padding:0;list-style:none}
.note,.none,figcaption .note{color:var(--muted)}.stops{padding:8px 12px;border:1px solid var(--bad);border-left-width:5px}
code{padding:0 4px;background:var(--soft);overflow-wrap:anywhere}
.table{overflow-x:auto}table{width:100%;border-collapse:collapse}
th,td{padding:3px 12px 3px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}th{font-weight:600}
td{font:12px/1.5 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-line}
.findings td:nth-child(-n+2){white-space:nowrap}.findings td:last-child{min-width:13em}
figure{margin:10px 0 4px;overflow-x:auto}figcaption{margin-bottom:4px;font-weight:600;overflow-wrap:anywhere}figcaption .note{font-weight:400}
svg{max-width:100%;height:auto}.fix{margin:0 0 18px}summary{cursor:pointer}
@media print{details{display:block}}
`;
