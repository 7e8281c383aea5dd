// Elements, and how things are written.

/** h makes an element: h("a", { class: "x", href, onclick }, "text", node, [more]). What is null, undefined or false is left out. */
export function h(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") e[name] = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.flat(Infinity).filter((c) => c !== undefined && c !== null && c !== false));
  return e;
}

const integers = new Intl.NumberFormat("en");
export const number = (n) => integers.format(n);
export const plural = (n, one, many = one + "s") => `${number(n)} ${n === 1 ? one : many}`;

/** bar is as long as a part of 1; the number stands beside it. */
export function bar(part) {
  const inner = h("span");
  inner.style.width = `${Math.max(0, Math.min(1, part)) * 100}%`;
  return h("span", { class: "bar", "aria-hidden": "true" }, inner);
}

const pad = (n) => String(n).padStart(2, "0");

/** instant is a time to the minute, in the time zone of whoever looks. A day's first moment in UTC is mostly meant as the day. */
export function instant(text) {
  if (/T00:00:00(\.0+)?Z$/.test(text)) return text.slice(0, text.indexOf("T"));
  const d = new Date(text);
  if (Number.isNaN(d.getTime())) return text;
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${pad(d.getHours())}:${pad(d.getMinutes())}`;
}

/** time is a <time> that tells all of it when pointed at. */
export const time = (text) => h("time", { datetime: text, title: text }, instant(text));

const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** since is how long ago that was. */
export function since(text) {
  const seconds = (new Date(text) - Date.now()) / 1000;
  for (const [unit, size] of units) if (Math.abs(seconds) >= size) return ago.format(Math.round(seconds / size), unit);
  return "just now";
}

export function bytes(n) {
  if (n < 1000) return `${n} B`;
  if (n < 1e6) return `${(n / 1e3).toFixed(0)} kB`;
  return `${(n / 1e6).toFixed(1)} MB`;
}

/** short is the beginning of a commit's id behind what all of them have in common. */
export const short = (id) => id.replace(/^bafyrei/, "").slice(0, 10);

/** say tells those who listen instead of looking. */
export function say(text) {
  document.querySelector("#said").textContent = text;
}

/** table has columns [{ name, numeric, sort }] and rows of cells; a cell is what h takes. */
export function table(label, columns, rows, attributes = {}) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", attributes,
      h("thead", {}, h("tr", {}, columns.map((c) => h("th", { scope: "col", class: c.numeric && "numeric" }, c.name)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, i) => h("td", { class: columns[i].numeric && "numeric" }, cell)))))));
}

/** empty says that there is nothing, and what to do. */
export const empty = (text, ...more) => h("p", { class: "empty" }, text, ...more);

/** plainly is the message without place and code, which are shown beside it. */
export const plainly = (error) => error.message.replace(/^\d+:\d+: /, "").replace(` (${error.code})`, "");

/** faultOf shows an error. */
export function faultOf(error) {
  return h("div", { class: "fault", role: "alert" },
    h("p", {}, plainly(error)),
    error.hint && h("p", { class: "hint" }, "Try: ", error.hint),
    error.code && h("p", { class: "quiet code" }, error.code));
}
