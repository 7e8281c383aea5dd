// What was made here and is not at the server yet: what it is, what of it was refused, what is to be decided.
import { faultOf, h, number, plainly, plural, time } from "./dom.js";
import { changes } from "./commits.js";
import { conflictsOf } from "./conflicts.js";
import { setToken, token } from "./kept.js";
import { onState, state, sync } from "./replica.js";

/** waiting is a node that keeps itself current; amend is called with a commit that is to be another. */
export function waiting(place, amend) {
  const { db, here, name, rev, to, writes } = place;
  const node = h("section", { class: "waiting", "aria-label": "Not at the server yet" });
  const secret = h("input", { name: "token", type: "password", autocomplete: "current-password", required: true }); // what is typed into it stays
  let drawn, turn = 0;
  const end = onState(refresh);
  addEventListener("moved", refresh);

  async function refresh() {
    if (drawn !== undefined && !node.isConnected) {
      end();
      return removeEventListener("moved", refresh);
    }
    if (state.state === "syncing") return; // what comes of it is told soon
    const mine = ++turn;
    try {
      const [all, branches] = await Promise.all([db.pending(here, { branch: rev }), db.branches(here)]);
      const others = branches.filter((b) => b.name !== rev && b.unsent > 0).map((b) => [b.name, b.unsent]);
      const now = JSON.stringify([all, others, state.state, state.error, token()]);
      if (mine !== turn || now === drawn) return; // what is being typed stays
      drawn = now;
      const typing = document.activeElement === secret;
      node.replaceChildren(...parts(all, others).filter(Boolean));
      if (typing) secret.focus();
    } catch (error) {
      if (mine === turn) node.replaceChildren(faultOf(error));
    }
  }

  function parts({ commits, conflicts, failed }, others) {
    const refused = failed?.commit?.id;
    const error = state.state === "failed" && !state.error.commit && state.error.code !== "permission" ? state.error : undefined;
    return [
      h("h2", {}, commits.length === 0 ? "Nothing waits to be sent" : `${plural(commits.length, "commit")} not at the server yet`),
      state.state === "offline" && h("p", { class: "quiet" }, "The server does not answer. What is made here is kept in this browser, and sent when it does."),
      error && faultOf(error),
      commits.length > 0 && writes && (!token() || state.error?.code === "permission") && asking(),
      conflicts.length > 0 && conflictsOf(to, conflicts, (decisions) => sync(name, { branch: rev, decisions })),
      failed && !refused && faultOf(failed),
      commits.length > 0 && h("ol", { class: "timeline" }, commits.map((c) => one(c, c.id === refused && failed))),
      others.length > 0 && h("p", {}, "On other branches: ", others.map(([branch, n], i) => [i > 0 && ", ", h("a", { href: to("transact", [], { rev: branch }) }, branch), ` (${number(n)})`])),
    ];
  }

  function asking() {
    const said = state.error?.code === "permission" ? "The server does not take this token." : "The server takes changes from who has its token.";
    return h("form", { class: "filter", onsubmit: (e) => { e.preventDefault(); setToken(secret.value); secret.value = ""; sync(name); } },
      h("p", { class: "says" }, said), h("label", {}, h("span", {}, "Token"), secret), h("button", {}, "Send"));
  }

  function one(c, refused) {
    const told = h("div");
    const which = h("span", { class: "unseen" }, ` t ${number(c.t)}`);
    const drop = async () => {
      try {
        await db.drop(here, c.id, { branch: rev });
        sync(name);
      } catch (error) {
        told.replaceChildren(faultOf(error));
      }
    };
    return h("li", { class: refused && "refused" },
      h("div", { class: "moment" }, h("strong", {}, c.message || `t ${number(c.t)}`), changes(c), h("span", { class: "quiet" }, `t ${number(c.t)}`, c.by && ` · ${c.by}`, " · ", time(c.at), c.tx === "" && " · merge")),
      refused && h("div", { class: "fault", role: "alert" }, h("p", {}, h("strong", {}, "Refused. "), plainly(refused).replace(/^commit \w+, made here, /, "It ")), h("p", { class: "hint" }, "Drop it, or amend it with another transaction."), h("p", { class: "quiet code" }, refused.code)),
      c.tx !== "" && h("details", { open: Boolean(refused) }, h("summary", {}, "What it does"), h("pre", {}, c.tx)),
      told,
      c.tx !== "" && h("p", { class: "actions" }, h("button", { type: "button", onclick: () => amend(c) }, "Amend", which), h("button", { type: "button", onclick: drop }, "Drop", which.cloneNode(true))));
  }

  refresh();
  return node;
}
