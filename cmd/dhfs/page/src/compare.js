// What is different between two commits.
import { empty, h, number, plural, short, time } from "./dom.js";
import { differences } from "./entity.js";
import { entityLink } from "./values.js";
import { go } from "./route.js";

const limit = 2000; // changes that are shown

export async function compare({ db, here, at, rev, to }) {
  const [branches, tags, log] = await Promise.all([db.branches(here), db.tags(here), db.log(here, { rev, limit: 50 })]);
  const from = at.from || (log.length > 1 ? `${rev}~1` : rev), until = at.to || rev;
  const options = h("datalist", { id: "revisions" },
    branches.map((b) => h("option", { value: b.name }, "branch")), tags.map((t) => h("option", { value: t.name }, "tag")),
    log.map((c) => h("option", { value: `t${c.t}` }, c.message || c.at)));
  const field = (name, label, value) => h("label", {}, h("span", {}, label), h("input", { name, value, list: "revisions", autocomplete: "off", spellcheck: "false" }));
  const form = h("form", { class: "filter", onsubmit: (e) => { e.preventDefault(); const f = e.target.elements; go(to("compare", [], { from: f.from.value, to: f.to.value })); } },
    field("from", "From", shown(from)), field("to", "To", shown(until)), options,
    h("button", {}, "Compare"),
    h("button", { type: "button", class: "plain", onclick: () => go(to("compare", [], { from: until, to: from })) }, "Swap"));
  return {
    title: "Compare",
    nodes: [
      h("h1", {}, "Compare"), form,
      h("p", { class: "quiet note" }, "A branch, a tag, t42, main~3, a day as 2026-11-01, or a commit."),
      ...(await found(db, here, to, from, until)),
    ],
  };
}

const end = (to, what, c) => h("div", {}, h("dt", { class: "quiet" }, what), h("dd", {}, h("a", { href: to("", [], { rev: c.id }) }, c.message || `t ${number(c.t)}`), h("span", { class: "quiet" }, ` t ${number(c.t)} · `, time(c.at), c.by && ` · ${c.by}`)));

/** shown is a revision as people read it: all of a commit's name that is needed. */
const shown = (rev) => (/^bafyrei/.test(rev) ? short(rev) : rev);

async function found(db, here, to, from, until) {
  const [d, [before], [after]] = await Promise.all([db.diff(here, from, until, { limit }), db.log(here, { rev: from, limit: 1 }), db.log(here, { rev: until, limit: 1 })]);
  const ends = h("dl", { class: "ends" }, end(to, "From", before), end(to, "To", after));
  const counts = Object.values(d.counts);
  const added = counts.reduce((n, c) => n + c.added, 0), retracted = counts.reduce((n, c) => n + c.retracted, 0);
  if (added + retracted === 0) return [ends, empty("The same facts in both.")];
  const groups = Map.groupBy(d.datoms, (x) => x.e);
  const names = new Map();
  const ids = [...groups.keys()];
  for (const [rev, wanted] of [[until, ids], [from, ids]]) {
    for (const e of await db.called(here, wanted, { rev })) if (!names.has(e.id) || names.get(e.id).kind === "_") names.set(e.id, e);
  }
  const then = (view, parts, more = {}) => to(view, parts, { ...more, rev: until });
  return [
    ends,
    h("p", { class: "summary" }, h("ins", {}, `+${number(added)}`), " added, ", h("del", {}, `−${number(retracted)}`), " retracted, in ", plural(groups.size, "entity", "entities"), d.more && ` (the first ${number(d.datoms.length)} changes are shown)`),
    h("ul", { class: "sums" }, Object.entries(d.counts).sort().map(([ident, c]) => h("li", {}, h("span", { class: "attribute" }, ":" + ident), c.added > 0 && h("ins", {}, `+${number(c.added)}`), c.retracted > 0 && h("del", {}, `−${number(c.retracted)}`)))),
    h("ol", { class: "diff" }, [...groups].map(([e, all]) => h("li", {},
      h("h2", {}, entityLink(then, names.get(e))),
      differences(then, all.map((x) => ({ attribute: x.a, value: x.v, added: x.added })))))),
  ];
}
