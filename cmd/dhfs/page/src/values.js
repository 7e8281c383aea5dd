// How values are shown.
import { h, number, time } from "./dom.js";

/** entityLink leads to an entity { id, kind, name }. */
export function entityLink(to, e) {
  return h("a", { class: "ref", href: to("entity", [String(e.id)]) }, nameOf(e));
}

/** nameOf is what an entity is called. */
export const nameOf = (e) => (e.kind === "_" || !e.kind ? `#${e.id}` : `${e.kind}/${ownName(e)}`);

/** ownName is an entity's name without its kind, as text: in the tree of files some characters are written as %XX. */
export function ownName(e) {
  try {
    return e.name === "%" ? "" : decodeURIComponent(e.name);
  } catch {
    return e.name; // bytes that are no text
  }
}

/** shownValue shows { value, type, entity } of the engine. */
export function shownValue(to, v) {
  if (v.entity) return entityLink(to, v.entity);
  switch (v.type) {
    case "instant":
      return time(v.value);
    case "keyword":
      return h("span", { class: "keyword" }, ":" + v.value);
    case "uri":
      if (/^https?:/.test(v.value)) return h("a", { href: v.value, rel: "noopener noreferrer", target: "_blank" }, v.value);
  }
  return plain(v.value);
}

/** plain shows what JSON can say. */
export function plain(v) {
  if (v === null) return h("span", { class: "quiet" }, "nil");
  if (typeof v === "string") return text(v);
  if (typeof v !== "object") return String(v);
  if (Array.isArray(v)) return h("ul", { class: "inner" }, v.map((x) => h("li", {}, plain(x))));
  return h("dl", { class: "inner" }, Object.entries(v).map(([key, x]) => h("div", {}, h("dt", {}, key), h("dd", {}, plain(x)))));
}

const instants = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** isInstant tells whether a text of a result is one. */
export const isInstant = (v) => typeof v === "string" && instants.test(v);

const longText = 280;

/** text shows a text, the rest of a long one on demand. */
function text(s) {
  if (isInstant(s)) return time(s);
  if (s === "") return h("span", { class: "quiet" }, "“”");
  if (s.length <= longText) return s.includes("\n") ? h("span", { class: "lines" }, s) : s;
  return h("details", { class: "long" }, h("summary", {}, s.slice(0, 120) + "…", h("span", { class: "quiet" }, ` ${number(s.length)} characters`)), h("div", { class: "lines" }, s));
}
