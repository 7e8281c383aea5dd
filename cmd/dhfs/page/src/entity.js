// One entity: what it says, who points at it, what happened to it.
import { empty, h, number, plural, short, time } from "./dom.js";
import { go } from "./route.js";
import { entityLink, nameOf, ownName, shownValue } from "./values.js";

export async function entity({ db, here, parts: [id, tab = ""], at, rev, to, writes }) {
  const found = await db.entity(here, id, { rev, limit: Number(at.most ?? 100) });
  const e = String(found.id);
  return {
    title: nameOf(found),
    nodes: [
      h("p", { class: "crumbs" }, h("a", { href: to("kind", [found.kind]) }, found.kind === "_" ? "Entities" : found.kind)),
      h("h1", {}, found.kind === "_" ? `#${found.id}` : ownName(found), " ", h("span", { class: "quiet id" }, `#${found.id}`)),
      h("nav", { class: "tabs", "aria-label": "Of this entity" },
        h("a", { href: to("entity", [e]), "aria-current": tab === "" && "page" }, "Facts"),
        h("a", { href: to("entity", [e, "history"]), "aria-current": tab === "history" && "page" }, "History"),
        writes && h("button", { type: "button", class: "plain", onclick: () => edit(db, here, rev, to, found) }, "Edit")),
      ...(tab === "history" ? await past(db, here, rev, to, e) : facts(to, found)),
    ],
  };
}

function facts(to, found) {
  return [
    h("section", {}, h("h2", { class: "unseen" }, "Facts"),
      found.attributes.length === 0
        ? empty("Nothing is known of it at this revision. ", h("a", { href: to("entity", [String(found.id), "history"]) }, "Its history"), " may tell.")
        : h("dl", { class: "facts" }, found.attributes.map((f) => h("div", {},
          h("dt", {}, attributeName(found.kind, f.attribute)),
          h("dd", {}, f.values.length === 1 ? shownValue(to, f.values[0]) : h("ul", {}, f.values.map((v) => h("li", {}, shownValue(to, v)))),
            f.count > f.values.length && more(to, found, f.count)))))),
    h("section", {}, h("h2", {}, "Points here"),
      found.back.length === 0
        ? h("p", { class: "quiet" }, "Nothing points at it.")
        : found.back.map((b) => h("details", { class: "back", open: found.back.length < 4 },
          h("summary", {}, h("span", { class: "attribute" }, ":" + b.attribute), h("span", { class: "quiet" }, number(b.count))),
          h("ul", { class: "links" }, b.entities.map((e) => h("li", {}, entityLink(to, e)))),
          b.count > b.entities.length && more(to, found, b.count)))),
  ];
}

/** edit writes what it says as a transaction, to be changed. What stays as it is adds nothing. */
async function edit(db, here, rev, to, found) {
  const { text } = await db.query("[:find ?op ?e ?ident ?v :in $ ?op ?e :where [?e ?a ?v] [?a :db/ident ?ident] :order-by [?ident]]", { $: { name: here, rev } }, { args: [":db/add", String(found.id)], limit: 200, format: "edn" });
  go(to("transact", [], { tx: `; ${nameOf(found)}: change values; :db/retract takes one away\n${text.trim()}` }));
}

const more = (to, found, count) => h("a", { class: "more", href: to("entity", [String(found.id)], { most: Math.min(count, 5000) }) }, `All ${number(count)}`);

/** attributeName leaves out the kind, which stands above. */
function attributeName(kind, ident) {
  const [space, ...rest] = ident.split("/");
  return space === kind ? h("span", { class: "attribute", title: ":" + ident }, rest.join("/")) : h("span", { class: "attribute" }, ":" + ident);
}

async function past(db, here, rev, to, e) {
  const { count, changes } = await db.history(here, e, { rev, limit: 1000 });
  if (count === 0) return [empty("No change is known.")];
  const moments = Map.groupBy(changes, (c) => c.t);
  return [
    h("h2", { class: "unseen" }, "History"),
    h("p", { class: "quiet" }, `${plural(count, "change")} in ${plural(moments.size, "transaction")}`, count > changes.length && `, of which the newest ${number(changes.length)} are shown`),
    h("ol", { class: "timeline" }, [...moments].map(([t, all]) => h("li", {},
      h("div", { class: "moment" },
        h("strong", {}, all[0].message || `t ${t}`),
        h("span", { class: "quiet" }, `t ${number(t)}`, all[0].by && ` · ${all[0].by}`, " · ", time(all[0].at),
          all[0].commit && [" · ", h("a", { href: to("entity", [e], { rev: all[0].commit }) }, "as of then", h("span", { class: "unseen" }, ` ${short(all[0].commit)}`))])),
      differences(to, all.map((c) => ({ attribute: c.attribute, value: c.value, added: c.added })))))),
  ];
}

/** differences shows what came and went, one line an attribute. */
export function differences(to, changes) {
  return h("dl", { class: "changes" }, [...Map.groupBy(changes, (c) => c.attribute)].map(([attribute, all]) => h("div", {},
    h("dt", { class: "attribute" }, ":" + attribute),
    h("dd", {}, all.filter((c) => !c.added).map((c) => h("del", {}, h("span", { class: "sign" }, "−"), shownValue(to, c.value))), all.filter((c) => c.added).map((c) => h("ins", {}, h("span", { class: "sign" }, "+"), shownValue(to, c.value)))))));
}
