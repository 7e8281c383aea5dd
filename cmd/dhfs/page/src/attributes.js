// The schema, with how much there is of each attribute.
import { empty, h, number, plural } from "./dom.js";
import { sortable } from "./sortable.js";

export async function attributes({ db, here, rev, to }) {
  const all = await db.attributes(here, { rev });
  all.sort((a, b) => (a.ident < b.ident ? -1 : 1));
  const documented = all.some((a) => a.doc);
  const columns = [{ name: "Attribute" }, { name: "Type" }, { name: "Cardinality" }, { name: "Unique" }, { name: "Facts", numeric: true }, documented && { name: "Meaning" }].filter(Boolean);
  const rows = all.map((a) => [a.ident, a.type || "any", a.cardinality, a.unique, a.count, a.doc].slice(0, columns.length));
  const cell = (v, column) => (column === 0 ? h("a", { class: "attribute", href: to("query", [], { q: `[:find ?e ?v\n :where [?e :${v} ?v]]` }) }, ":" + v) : column === 4 ? number(v) : v);
  return {
    title: "Attributes",
    nodes: [
      h("h1", {}, "Attributes"),
      all.length === 0
        ? empty("This database has no attributes yet.")
        : h("div", {}, h("p", { class: "quiet" }, `${plural(all.length, "attribute")}. Each leads to a query for its values.`), sortable("Attributes", columns, rows, cell)),
    ],
  };
}
