// What the columns of a result are.
import { number, h } from "./dom.js";
import { isInstant, plain } from "./values.js";

/** columnsOf tells of each column: { name, numeric, instant, entity, show }. */
export function columnsOf(query, { columns, rows }, attributes) {
  return columns.map((name, i) => {
    const values = rows.map((r) => r[i]).filter((v) => v !== null);
    const all = (is) => values.length > 0 && values.every(is);
    const isNumber = all((v) => typeof v === "number");
    const entity = isNumber && isEntity(query, name, attributes);
    const numeric = isNumber && !entity;
    return {
      name, numeric, entity, instant: all(isInstant),
      plain: all((v) => typeof v !== "object"),
      show: (v, to) => (v === null ? plain(v) : entity ? h("a", { class: "ref", href: to("entity", [String(v)]) }, `#${v}`) : numeric ? numberText(v) : plain(v)),
    };
  });
}

const numberText = (v) => (Number.isInteger(v) && Math.abs(v) < 1e15 && Math.abs(v) >= 10_000 ? number(v) : String(v));

/** isEntity tells whether a variable stands for entities: in front of an attribute, or behind a ref. */
function isEntity(query, name, attributes) {
  if (!/^\?[\w\-]+$/.test(name)) return false;
  const v = name.replace(/[?]/g, "\\?") + "(?![\\w\\-])";
  if (new RegExp(`\\[\\s*(?:\\$[\\w\\-]*\\s+)?${v}\\s+[:_?]`).test(query)) return true;
  const before = new RegExp(`:([\\w.\\-/*+!?]+)\\s+${v}`).exec(query);
  return before !== null && attributes.some((a) => a.ident === before[1] && a.type === "ref");
}
