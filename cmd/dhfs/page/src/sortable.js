// A table that is sorted by the heading that is pressed.
import { h, number, say } from "./dom.js";

const first = 200, then = 1000; // rows that are put into the page at once

/** sortable has columns [{ name, numeric }] and rows of values; cell(value, column) is what is shown of one. */
export function sortable(label, columns, rows, cell) {
  let order = rows, by = -1, down = false, put = 0;
  const body = h("tbody");
  const rest = h("button", { type: "button", class: "more", onclick: () => more(then) });
  const heads = columns.map((c, i) => h("th", { scope: "col", class: c.numeric && "numeric" }, h("button", { type: "button", onclick: () => sort(i) }, c.name, h("span", { class: "arrow", "aria-hidden": "true" }))));

  function more(n) {
    for (const row of order.slice(put, put + n)) body.append(h("tr", {}, row.map((v, i) => h("td", { class: columns[i].numeric && "numeric" }, cell(v, i)))));
    put = Math.min(order.length, put + n);
    rest.hidden = put === order.length;
    rest.textContent = `Show more (${number(order.length - put)} left)`;
  }

  function sort(i) {
    [by, down] = [i, by === i && !down];
    order = [...rows].sort((a, b) => compare(a[i], b[i]) * (down ? -1 : 1));
    heads.forEach((th, j) => (j === i ? th.setAttribute("aria-sort", down ? "descending" : "ascending") : th.removeAttribute("aria-sort")));
    body.replaceChildren();
    put = 0;
    more(first);
    say(`Sorted by ${columns[i].name}, ${down ? "descending" : "ascending"}`);
  }

  more(first);
  return h("div", {}, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, h("table", {}, h("thead", {}, h("tr", {}, heads)), body)), rest);
}

const texts = new Intl.Collator("en", { numeric: true });

/** compare orders values of a column: numbers by size, texts as people do, nothing last. */
export function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (a === null || b === null) return (a === null) - (b === null);
  const [x, y] = [a, b].map((v) => (typeof v === "object" ? JSON.stringify(v) : String(v)));
  return texts.compare(x, y);
}
