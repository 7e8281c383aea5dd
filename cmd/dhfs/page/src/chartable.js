// A column of numbers over time, over numbers, or by category.
import { bar, h, number } from "./dom.js";
import { compare } from "./sortable.js";

const most = 60; // bars

/** chartable tells whether there is something to draw. */
export const chartable = (columns) => columns.some((c) => c.numeric) && columns.filter((c) => c.plain).length > 1;

/** chart is { node, draw }: draw once the node is in the page; it returns what ends the drawing. */
export function chart(columns, rows) {
  const place = columns.map((c, i) => ({ ...c, i }));
  const numbers = place.filter((c) => c.numeric);
  const bases = place.filter((c) => c.plain);
  let y = numbers.at(-1), x = bases.find((c) => c.instant && c.i !== y.i) ?? bases.find((c) => !c.numeric && c.i !== y.i) ?? bases.find((c) => c.i !== y.i);
  const box = h("div", { class: "plot" });
  let end;
  const pick = (label, among, chosen, set) => h("label", {}, h("span", {}, label), h("select", { onchange: (e) => { set(place[e.target.value]); redraw(); } }, among.map((c) => h("option", { value: c.i, selected: c.i === chosen.i }, c.name))));
  const node = h("div", { class: "chart" },
    h("div", { class: "line" }, pick("Of", numbers, y, (c) => (y = c)), pick("over", bases, x, (c) => (x = c))), box);

  async function redraw() {
    end?.();
    end = undefined;
    box.replaceChildren();
    if (x.instant || x.numeric) await lines();
    else box.append(bars(rows, x, y));
  }

  async function lines() {
    const points = rows.filter((r) => r[x.i] !== null && r[y.i] !== null).map((r) => [x.instant ? Date.parse(r[x.i]) / 1000 : r[x.i], r[y.i]]).sort((a, b) => a[0] - b[0]);
    const ys = points.map((p) => p[1]);
    box.append(h("p", { class: "unseen" }, `${y.name} over ${x.name}: ${number(points.length)} points, from ${Math.min(...ys)} to ${Math.max(...ys)}. The table has them all.`));
    const { plot } = await import("./chart.js");
    end = plot(box, { name: x.name, time: x.instant, values: points.map((p) => p[0]) }, [{ name: y.name, values: ys }]);
  }

  return { node, draw: () => (redraw(), () => end?.()) };
}

/** bars are sums by category, longest first, as a list that can be read too. */
function bars(rows, x, y) {
  const sums = new Map();
  for (const r of rows) if (r[y.i] !== null) sums.set(String(r[x.i]), (sums.get(String(r[x.i])) ?? 0) + r[y.i]);
  const all = [...sums].sort((a, b) => compare(b[1], a[1]));
  const top = all.slice(0, most);
  const largest = Math.max(...top.map(([, n]) => Math.abs(n)), 0) || 1;
  return h("div", {},
    sums.size < rows.length && h("p", { class: "quiet" }, `Sums of ${y.name} by ${x.name}.`),
    h("ul", { class: "bars wide" }, top.map(([category, n]) => h("li", { class: n < 0 && "negative" },
      h("span", {}, category), h("span", { class: "numeric" }, number(Math.round(n * 100) / 100)), bar(Math.abs(n) / largest)))),
    all.length > top.length && h("p", { class: "quiet" }, `The largest ${top.length} of ${number(all.length)}.`));
}
