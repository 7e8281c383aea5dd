// Ask: the editor, and what comes of it.
import { empty, faultOf, h, number, plainly, plural, say, table } from "./dom.js";
import { link, note } from "./route.js";
import { examples } from "./examples.js";
import { sourcesOf } from "./sources.js";
import { sortable } from "./sortable.js";
import { chart, chartable } from "./chartable.js";
import { columnsOf } from "./columns.js";
import { keep, kept } from "./kept.js";

const limit = 10_000; // rows that are brought into the page
const editing = () => import("./editor.js");

export async function query(place) {
  const { db, here, name, rev, at, to } = place;
  const [{ editor }, attributes, words] = await Promise.all([editing(), db.attributes(here, { rev }), db.words()]);
  const offered = examples(attributes);
  const given = at.q ?? kept("query", name) ?? offered[0].query;

  const out = h("section", { class: "result", "aria-label": "Result" });
  const box = h("div", { class: "editor" });
  const sources = sourcesOf(place);
  const button = h("button", { type: "button", class: "main", onclick: run }, "Run", h("kbd", { "aria-hidden": "true" }, /Mac|iP/.test(navigator.platform) ? "⌘↵" : "Ctrl ↵"));
  const pick = h("select", { "aria-label": "Examples", onchange: (e) => { edit.text = offered[e.target.value].query; e.target.value = ""; run(); } },
    h("option", { value: "" }, "Examples"), offered.map((x, i) => h("option", { value: i }, x.title)));
  const edit = editor(box, { text: given, label: "Query in Datalog", attributes: () => attributes, words, run, changed: () => sources.read(edit.text) });
  let turn = 0;

  async function run() {
    const mine = ++turn, text = edit.text;
    edit.clear();
    keep("query", name, text);
    note(link(name, "query", [], { rev, q: text, ...sources.noted() }));
    const wait = setTimeout(() => mine === turn && out.replaceChildren(h("p", { class: "quiet wait" }, "Asking…")), 150);
    try {
      await sources.read(text);
      const asked = { text, options: { ...sources.arguments(), limit, timeout: 60_000 }, sources: sources.databases() };
      const result = await db.query(text, asked.sources, asked.options);
      if (mine === turn) put(result, asked);
    } catch (error) {
      if (mine === turn) refuse(error);
    } finally {
      clearTimeout(wait);
    }
  }

  function refuse(error) {
    if (error.line) edit.mark(error.line, error.column ?? 1, plainly(error));
    const fault = faultOf(error);
    if (error.line) fault.prepend(h("button", { type: "button", class: "where", onclick: () => edit.go(error.line, error.column ?? 1) }, `Line ${error.line}, column ${error.column}`));
    out.replaceChildren(fault);
  }

  function put(result, asked) {
    const columns = columnsOf(asked.text, result, attributes);
    const ways = { Table: () => rowsOf(to, columns, result), ...(chartable(columns) && { Chart: () => chart(columns, result.rows) }), Plan: () => planOf(result) };
    const body = h("div");
    let end;
    const tabs = Object.keys(ways).map((way) => h("button", { type: "button", "aria-pressed": "false", onclick: () => choose(way) }, way));
    const choose = (way) => {
      end?.();
      end = undefined;
      tabs.forEach((t) => t.setAttribute("aria-pressed", String(t.textContent === way)));
      const made = ways[way]();
      body.replaceChildren(made.node ?? made);
      end = made.draw?.();
    };
    const told = `${plural(result.count, "row")} in ${result.took < 10 ? result.took.toFixed(1) : number(Math.round(result.took))} ms`;
    out.replaceChildren(
      h("div", { class: "line" }, h("div", { class: "choice", role: "group", "aria-label": "Show as" }, tabs), h("span", { class: "quiet told" }, told, result.count > result.rows.length && `, the first ${number(result.rows.length)} are here`),
        h("span", { class: "space" }), result.count > 0 && h("button", { type: "button", class: "plain", onclick: () => download(asked) }, "Download CSV")),
      ...result.warnings.map((w) => h("p", { class: "warning" }, w)), body);
    choose("Table");
    say(told);
  }

  async function download({ text, options, sources }) {
    try {
      const { text: csv } = await db.query(text, sources, { ...options, limit: 0, format: "csv" });
      const url = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
      h("a", { href: url, download: `${name}.csv` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      refuse(error);
    }
  }

  sources.read(given).then(() => at.q && run());
  return {
    title: "Query", live: false,
    nodes: [
      h("h1", {}, "Query"), box,
      h("div", { class: "line asking" }, button, pick, sources.node), out,
    ],
  };
}

function rowsOf(to, columns, result) {
  if (result.count === 0) return empty("No rows. Nothing in this database fits all clauses.");
  return sortable("Result", columns, result.rows, (v, i) => columns[i].show(v, to));
}

function planOf(result) {
  const columns = [{ name: "Step" }, { name: "Index" }, { name: "Expected", numeric: true }, { name: "Rows in", numeric: true }, { name: "Rows out", numeric: true }, { name: "ms", numeric: true }];
  return h("div", {},
    result.kept && h("p", { class: "quiet" }, "The answer was known from before: nothing that it depends on has changed. What it took then:"),
    result.steps.length > 0 && table("Plan", columns, result.steps.map((s) => [
      h("code", { class: `level level${Math.min(s.level, 4)}` }, s.clause), s.index, s.estimated < 0 ? "" : number(Math.round(s.estimated)), number(s.in), number(s.out), s.took.toFixed(2)])),
    h("p", { class: "quiet" }, `${plural(result.scanned, "datom")} looked at, ${plural(result.blocks, "block")} read.`),
    h("details", {}, h("summary", {}, "As text"), h("pre", {}, result.plan)));
}
