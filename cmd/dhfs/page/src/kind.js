// Entities of a kind, as a table.
import { empty, h, number, plural, table } from "./dom.js";
import { ownName, shownValue } from "./values.js";
import { go } from "./route.js";

const page = 50;

/** kindName is what people call a kind; "_" has those without a key. */
export const kindName = (kind) => (kind === "_" ? "without a key" : kind);

export async function kind({ db, here, parts, at, rev, to }) {
  const { kinds } = await db.stat(here, { rev });
  if (parts[0] === undefined && kinds.length > 0) parts = [[...kinds].sort((a, b) => (a.kind === "_") - (b.kind === "_") || b.count - a.count)[0].kind];
  if (kinds.length === 0) return { title: "Entities", nodes: [h("h1", {}, "Entities"), empty("There are no entities here.")] };
  const chosen = parts[0];
  const from = Number(at.from ?? 0), prefix = at.name ?? "";
  const [found, attributes] = await Promise.all([db.table(here, chosen, { rev, prefix, offset: from, limit: page }), db.attributes(here, { rev })]);
  const { key, columns } = columnsOf(chosen, found.entities, attributes.map((a) => a.ident));
  const name = (e) => h("a", { class: "ref", href: to("entity", [String(e.id)]) }, e.kind === "_" ? `#${e.id}` : ownName(e));
  return {
    title: kindName(chosen),
    nodes: [
      h("h1", {}, "Entities"),
      h("div", { class: "side" },
        h("nav", { "aria-label": "Kinds" }, h("ul", {}, kinds.map((k) => h("li", {}, h("a", { href: to("kind", [k.kind]), "aria-current": k.kind === chosen && "true" }, kindName(k.kind), h("span", { class: "numeric" }, number(k.count))))))),
        h("section", {},
          h("form", { class: "filter", role: "search", onsubmit: (e) => { e.preventDefault(); go(to("kind", [chosen], { name: e.target.elements.name.value })); } },
            h("label", {}, h("span", {}, "Name begins with"), h("input", { name: "name", value: prefix, autocomplete: "off", spellcheck: "false" })),
            h("button", {}, "Find")),
          found.entities.length === 0
            ? empty(prefix ? `No ${kindName(chosen)} has a name that begins with “${prefix}”.` : "None.")
            : table(kindName(chosen), [{ name: key }, ...columns.map((c) => ({ name: c.name, numeric: c.numeric }))],
              found.entities.map((e) => [name(e), ...columns.map((c) => several(to, e.facts[c.ident] ?? []))])),
          pages(found, from, (offset) => to("kind", [chosen], { name: prefix, from: offset || "" })))),
    ],
  };
}

/** columnsOf are the attributes that these entities have, in the order of the schema; key is the one that is the name. */
function columnsOf(kind, entities, order) {
  const all = new Map();
  for (const e of entities) for (const [ident, values] of Object.entries(e.facts)) {
    const c = all.get(ident) ?? { ident, name: ident.startsWith(kind + "/") ? ident.slice(kind.length + 1) : ident, numeric: true };
    c.numeric &&= values.every((v) => typeof v.value === "number" && !v.entity);
    c.named = (c.named ?? true) && values.length === 1 && String(values[0].value) === ownName(e);
    all.set(ident, c);
  }
  const sorted = [...all.values()].sort((a, b) => order.indexOf(a.ident) - order.indexOf(b.ident));
  return { key: sorted.find((c) => c.named)?.name ?? "Entity", columns: sorted.filter((c) => !c.named) };
}

const several = (to, values) => values.map((v, i) => [i > 0 && ", ", shownValue(to, v)]);

function pages(found, from, to) {
  const end = from + found.entities.length;
  return h("p", { class: "pages" },
    from > 0 && h("a", { href: to(Math.max(0, from - page)), rel: "prev" }, "Previous"),
    h("span", { class: "quiet" }, found.count === 0 ? "" : end - from === found.count ? plural(found.count, "entity", "entities") : `${number(from + 1)}–${number(end)} of ${number(found.count)}`),
    end < found.count && h("a", { href: to(end), rel: "next" }, "Next"));
}
