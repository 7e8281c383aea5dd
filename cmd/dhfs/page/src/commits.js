// The commits of a branch, newest first.
import { empty, h, number, short, time } from "./dom.js";

const page = 100;

/** changes tells how much a commit added and took away. */
export const changes = (c) => h("span", { class: "delta" },
  c.added > 0 && h("ins", {}, `+${number(c.added)}`, h("span", { class: "unseen" }, " added")),
  c.retracted > 0 && h("del", {}, `−${number(c.retracted)}`, h("span", { class: "unseen" }, " retracted")));

/** commitLink leads to what a commit did. */
export function commitLink(to, c) {
  const what = c.message || (c.parents.length > 0 ? `t ${number(c.t)}` : "The beginning");
  return c.parents.length > 0 ? h("a", { href: to("compare", [], { rev: undefined, from: c.parents[0], to: c.id }) }, what) : h("span", {}, what);
}

export async function commits({ db, here, rev, to }) {
  const list = h("ol", { class: "timeline" });
  const rest = h("button", { type: "button", class: "more", onclick: more }, "Older commits");
  let oldest = rev, seen = 0;

  async function more() {
    const got = await db.log(here, { rev: oldest, limit: page + 1 + (seen > 0) });
    const fresh = seen > 0 ? got.slice(1) : got;
    for (const [day, all] of Map.groupBy(fresh.slice(0, page), (c) => new Date(c.at).toDateString())) list.append(...ofDay(day, all));
    seen += Math.min(fresh.length, page);
    oldest = fresh[Math.min(fresh.length, page) - 1]?.id;
    rest.hidden = fresh.length <= page;
  }

  function ofDay(day, all) {
    const known = list.querySelector(`[data-day="${day}"]`);
    const items = all.map(one);
    if (known) return items;
    const d = new Date(all[0].at);
    return [h("li", { class: "day", "data-day": day }, d.toLocaleDateString("en", { weekday: "long", year: "numeric", month: "long", day: "numeric" })), ...items];
  }

  function one(c) {
    return h("li", {},
      h("div", { class: "moment" },
        h("strong", {}, commitLink(to, c)),
        changes(c),
        h("span", { class: "quiet" }, `t ${number(c.t)}`, c.by && ` · ${c.by}`, " · ", time(c.at), " · ", h("code", {}, short(c.id)), c.parents.length > 1 && " · merge")),
      h("p", { class: "actions" },
        h("a", { href: to("", [], { rev: c.id }) }, "look at it", h("span", { class: "unseen" }, ` as of t ${c.t}`)),
        h("a", { href: to("compare", [], { rev: undefined, from: c.id, to: rev }) }, `compare with ${rev.length > 24 ? short(rev) : rev}`, h("span", { class: "unseen" }, ` from t ${c.t}`))));
  }

  await more();
  return { title: "Commits", nodes: [h("h1", {}, "Commits"), seen === 0 ? empty("There are no commits.") : list, rest] };
}
