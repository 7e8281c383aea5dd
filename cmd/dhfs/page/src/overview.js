// What is in a database.
import { bar, empty, faultOf, h, number, say, short, since, table, time } from "./dom.js";
import { fetchAll, fetchingAll, fetchPart } from "./replica.js";
import { kindName } from "./kind.js";
import { changes, commitLink } from "./commits.js";

export async function overview({ db, here, name, rev, to }) {
  const [stat, branches, tags, log] = await Promise.all([db.stat(here, { rev }), db.branches(here), db.tags(here), db.log(here, { rev, limit: 6 })]);
  const partial = await db.partialOf(here); // asked last: where it is partial still, a fetch that is under way has not ended
  const most = Math.max(1, ...stat.kinds.map((k) => k.count));
  return {
    title: "Overview",
    nodes: [
      h("h1", {}, name),
      partial && partly(name),
      h("dl", { class: "figures" },
        figure("Facts", number(stat.datoms)),
        figure("In history", number(stat.history - stat.datoms)),
        figure("Entities", number(stat.kinds.reduce((n, k) => n + k.count, 0))),
        figure("Transaction", `t ${number(stat.t)}`),
        figure("Newest commit", h("span", { title: stat.at }, since(stat.at)))),
      h("div", { class: "two" },
        h("section", {},
          h("h2", {}, "Entities by kind"),
          stat.kinds.length === 0
            ? empty("No entities yet. ", h("code", {}, `dhfs import ${name} FILE.csv`), " brings some.")
            : h("ul", { class: "bars" }, stat.kinds.map((k) => h("li", {},
              h("a", { href: to("kind", [k.kind]) }, kindName(k.kind)),
              h("span", { class: "numeric" }, number(k.count)),
              bar(k.count / most))))),
        h("section", {},
          h("h2", {}, "Latest commits"),
          h("ol", { class: "brief" }, log.map((c) => h("li", {},
            commitLink(to, c),
            changes(c),
            h("span", { class: "quiet who" }, [c.by, since(c.at)].filter(Boolean).join(", "))))),
          h("p", {}, h("a", { href: to("commits") }, "All commits")))),
      h("section", {},
        h("h2", {}, "Branches and tags"),
        table("Branches and tags", [{ name: "Name" }, { name: "" }, { name: "t", numeric: true }, { name: "Commit" }, { name: "Time" }, { name: "Message" }],
          [...branches.map((b) => [b, "branch"]), ...tags.map((t) => [t, "tag"])].map(([r, what]) =>
            [h("a", { href: to("", [], { rev: r.name }) }, r.name), h("span", { class: "quiet" }, what), number(r.t), h("code", {}, short(r.id)), time(r.at), r.message]))),
      !partial && whole(name, branches),
      h("p", { class: "quiet root" }, "Commit ", h("code", {}, stat.commit), " · root ", h("code", {}, stat.root)),
    ].filter(Boolean),
  };
}

/** partly says that the replica is a partial one, and offers to fetch the rest. It tells of a fetch that an earlier drawing of the view began, too. */
function partly(name) {
  const told = h("p", { class: "partly" }, "Only what was looked at is in this browser, and the rest is fetched when it is asked for. ");
  const button = h("button", { type: "button", onclick: () => tell(fetchAll(name)) }, "Fetch all of it");
  const tell = async (fetched) => {
    button.disabled = true;
    try {
      await fetched;
      told.replaceChildren("All of it is in this browser, and works without the server.");
      if (told.isConnected) say(told.textContent);
    } catch (error) {
      button.disabled = false;
      told.replaceChildren(faultOf(error), button);
    }
  };
  told.append(button);
  const under = fetchingAll(name);
  if (under) tell(under);
  return told;
}

/** whole offers to keep less. */
function whole(name, branches) {
  const unsent = branches.some((b) => b.unsent > 0); // it would be lost
  return !unsent && h("p", { class: "partly" }, "All of it is in this browser. ", h("button", { type: "button", onclick: async () => {
    await fetchPart(name);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } }, "Keep only what I look at"));
}

const figure = (what, value) => h("div", {}, h("dt", {}, what), h("dd", {}, value));
