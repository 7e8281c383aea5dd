// What this browser and the server have both done, of which only one can hold: every kind is told in words, with what can be done, and each of that is done.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Site, token } from "./site.mjs";

let site, page;

const schema = `[{:db/ident :person/email :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/value}
  {:db/ident :person/friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
  {:db/ident :person/tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}]`;

before(async () => {
  site = await Site.begin({ people: 60 });
  site.dhfs("tx", "people", schema);
  page = await site.open();
});

after(() => site?.end());

beforeEach(async () => {
  const now = await exchange();
  assert.deepEqual([now.pending, now.conflicts], [0, []], JSON.stringify(now));
});

const commit = (tx, by = "Ada") => page.evaluate(([tx, by]) => db.transact("here", tx, { by }), [tx, by]);
const atServer = (tx) => site.dhfs("tx", "people", tx, "--author", "Ben");
const exchange = (options = {}) => page.evaluate((options) => db.exchange("here", url, options).catch(({ code, message, hint, commit }) => ({ code, message, hint, commit })), { token, ...options });
const pending = () => page.evaluate(() => db.pending("here"));
const has = (id, attribute) => site.ask(`[:find (pull ?p [*]) . :where [?p :person/id ${id}]]`)?.["person/" + attribute];

/** each case: what is done here and there, what people are told, and what it comes to by each choice. They are done with people of their own. */
const cases = {
  "a value": {
    here: (a) => `[{:person/id ${a} :person/name "Ours"}]`, there: (a) => `[{:person/id ${a} :person/name "Theirs"}]`,
    says: (a) => `The :person/name of person/${a} was "Name ${a}". It became "Ours" here (Ada), and "Theirs" at the server (Ben).`,
    ours: ['it is "Ours"', (a) => [has(a, "name"), "Ours"]], theirs: ['it is "Theirs"', (a) => [has(a, "name"), "Theirs"]], value: ["it is something else", (a) => [has(a, "name"), "Both"], '"Both"'],
  },
  "a value that one side took away": {
    here: (a) => `[[:db/retract [:person/id ${a}] :person/age]]`, there: (a) => `[{:person/id ${a} :person/age 99}]`,
    says: (a) => `The :person/age of person/${a} was ${a}. It became nothing here (Ada), and 99 at the server (Ben).`,
    ours: ["it is nothing", (a) => [has(a, "age"), undefined]], theirs: ["it is 99", (a) => [has(a, "age"), 99]], value: ["it is something else", (a) => [has(a, "age"), 7], "7"],
  },
  "a unique value": {
    here: (a) => `[{:person/id ${a} :person/email "one${a}@example.org"}]`, there: (a, b) => `[{:person/id ${b} :person/email "one${a}@example.org"}]`,
    says: (a, b) => `Only one can have the :person/email "one${a}@example.org": person/${a}, who got it here (Ada), or person/${b}, who has it at the server (Ben).`,
    ours: [(a, b) => `person/${a} has it, and person/${b} loses it`, (a, b) => [[has(a, "email"), has(b, "email")], [`one${a}@example.org`, undefined]]],
    theirs: [(a, b) => `person/${b} keeps it, and person/${a} is without`, (a, b) => [[has(a, "email"), has(b, "email")], [undefined, `one${a}@example.org`]]],
  },
  "an entity that the server removed": {
    here: (a) => `[{:person/id ${a} :person/name "Still here"}]`, there: (a) => `[[:db/retractEntity [:person/id ${a}]]]`,
    says: (a) => `person/${a} was removed at the server (Ben); here (Ada) it was given, or named as, "Still here".`,
    ours: ["it is there again, with what was said here", (a) => [has(a, "name"), "Still here"]], theirs: ["it stays removed, and what was said of it here goes", (a) => [has(a, "name"), undefined]],
  },
  "an entity that was removed here": {
    here: (a) => `[[:db/retractEntity [:person/id ${a}]]]`, there: (a) => `[{:person/id ${a} :person/name "Still there"}]`,
    says: (a) => `person/${a} was removed here (Ada); at the server (Ben) it was given, or named as, "Still there".`,
    ours: ["it is removed", (a) => [has(a, "name"), undefined]], theirs: ["it stays, as the server has it", (a) => [has(a, "name"), "Still there"]],
  },
  "a ref to an entity that the server removed": {
    here: (a, b) => `[{:person/id ${a} :person/friend [[:person/id ${b}]]}]`, there: (a, b) => `[[:db/retractEntity [:person/id ${b}]]]`,
    says: (_, b) => `person/${b} was removed at the server (Ben); here (Ada) it was given, or named as, person/${b}.`,
    ours: ["it is there again, with what was said here", (a, b) => [[has(b, "name"), has(a, "friend")?.length], [`Name ${b}`, 1]]],
    theirs: ["it stays removed, and what was said of it here goes", (a, b) => [[has(b, "name"), has(a, "friend")], [undefined, undefined]]],
  },
  "the definition of an attribute": {
    here: (a) => `[{:db/ident :person/tag :db/doc "Ours ${a}"}]`, there: (a) => `[{:db/ident :person/tag :db/doc "Theirs ${a}"}]`,
    says: (a) => `The :db/doc of :person/tag was DOC. It became "Ours ${a}" here (Ada), and "Theirs ${a}" at the server (Ben).`,
    ours: [(a) => `it is "Ours ${a}"`, (a) => [doc(), `Ours ${a}`]], theirs: [(a) => `it is "Theirs ${a}"`, (a) => [doc(), `Theirs ${a}`]], value: ["it is something else", (a) => [doc(), "Agreed"], '"Agreed"'],
  },
  "a new attribute of two types": {
    here: (a) => `[{:db/ident :person/nick${a} :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]`,
    there: (a) => `[{:db/ident :person/nick${a} :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]`,
    says: (a) => `The :db/valueType of :person/nick${a} was nothing. It became :db.type/string here (Ada), and :db.type/long at the server (Ben).`,
    ours: ["it is :db.type/string", (a) => [type(`person/nick${a}`), "db.type/string"]], theirs: ["it is :db.type/long", (a) => [type(`person/nick${a}`), "db.type/long"]],
  },
};
const doc = () => site.ask("[:find ?d . :where [?a :db/ident :person/tag] [?a :db/doc ?d]]");
const type = (ident) => site.ask(`[:find ?n . :where [?a :db/ident :${ident}] [?a :db/valueType ?t] [?t :db/ident ?n]]`);

let next = 0;
for (const [name, c] of Object.entries(cases)) {
  test(name, async () => {
    for (const take of ["ours", "theirs", "value"].filter((way) => c[way])) {
      const [a, b] = [next++, next++];
      await commit(c.here(a, b));
      atServer(c.there(a, b));
      const head = site.head();
      const first = await exchange();
      assert.equal(first.conflicts?.length, 1, JSON.stringify(first));
      const [told] = first.conflicts;
      const says = told.says.replace(/was (nothing|"[^"]*")\. It became "Ours/, (all, was) => (c.says(a, b).includes("DOC") ? all.replace(was, "DOC") : all));
      assert.equal(says, c.says(a, b));
      const ways = ["ours", "theirs", "value"].filter((way) => c[way] || (way === "value" && told.conflict === "value"));
      assert.deepEqual(told.choices.map((x) => x.take), ways);
      for (const x of told.choices) if (c[x.take]) assert.equal(x.does, typeof c[x.take][0] === "function" ? c[x.take][0](a, b) : c[x.take][0]);
      assert.deepEqual([first.sent, site.head()], [0, head]); // it waits for whoever decides
      assert.deepEqual((await pending()).conflicts.map((x) => x.says), [told.says]);
      const done = await exchange({ decisions: [{ conflict: told.conflict, entity: told.entity.id, attribute: told.attribute, take, value: c[take][2] }] });
      assert.deepEqual([done.pending, done.conflicts, done.head], [0, [], site.head()], JSON.stringify(done));
      const [is, want] = c[take][1](a, b);
      assert.deepEqual(is, want, `${take} of ${a} and ${b}`);
    }
  });
}

test("an attribute of many values that the server has with one", async () => {
  const [a, b] = [next++, next++];
  atServer(`[{:person/id ${a} :person/tag ["old"]}]`);
  await exchange();
  await commit(`[{:person/id ${a} :person/tag ["new"]} {:person/id ${b} :person/tag ["first"]}]`);
  atServer("[{:db/ident :person/tag :db/cardinality :db.cardinality/one}]");
  const { conflicts } = await exchange();
  assert.deepEqual(conflicts.map((c) => [c.attribute, c.says]), [["person/tag", `The :person/tag of person/${a} was nothing. It became "new" here (Ada), and "old" at the server (Ben).`]]);
  const done = await exchange({ take: "ours" });
  assert.deepEqual([done.pending, has(a, "tag"), has(b, "tag")], [0, "new", "first"], JSON.stringify(done));
});

test("a transaction that the server cannot have any more is named, and can be dropped or amended", async () => {
  const [a, b, c] = [next++, next++, next++];
  for (const way of ["drop", "amend"]) {
    atServer(`[{:person/id ${a} :person/points 900001} {:person/id ${b} :person/points 900002}]`);
    await exchange();
    await commit(`[{:person/id ${c} :person/name "Before it, ${way}"}]`);
    const bad = await commit("[{:db/ident :person/points :db/unique :db.unique/value}]", "Eve");
    await commit(`[{:db/id "new" :person/id ${way === "drop" ? 5001 : 5002} :person/name "After it"} {:person/id ${c} :person/age 77}]`, "Cy");
    atServer(`[{:person/id ${a} :person/points 1000000} {:person/id ${b} :person/points 1000000}]`);
    const head = site.head();
    for (const told of [await exchange(), (await pending()).failed]) {
      assert.deepEqual([told.code, told.commit?.id, told.commit?.by, told.hint], ["transact/schema", bad.id, "Eve", "drop it, or amend it with another transaction"], JSON.stringify(told));
      assert.match(told.message, /1000000/);
    }
    const followed = await page.evaluate((token) => new Promise((done) => {
      const ending = new AbortController();
      void db.follow("here", url, (s) => (ending.abort(), done(s)), { token, signal: ending.signal });
    }), token);
    assert.deepEqual([followed.state, followed.error.commit.id, followed.pending], ["failed", bad.id, 3]);
    await page.reload();
    await site.load(page);
    const kept = await pending();
    assert.deepEqual(kept.commits.map((x) => x.by), ["Cy", "Eve", "Ada"]);
    assert.match(kept.commits[1].tx, /^\[\[:db\/add \d+ :db\/unique /);
    assert.equal(site.head(), head); // nothing of it was sent
    if (way === "drop") await page.evaluate((id) => db.drop("here", id), bad.id);
    else await page.evaluate(([id, tx]) => db.amend("here", id, tx, { message: "documented instead" }), [bad.id, '[{:db/ident :person/points :db/doc "not unique"} {:db/id "x" :person/id 6001 :person/name "One more"}]']);
    assert.deepEqual((await pending()).commits.map((x) => [x.by, x.message]), way === "drop" ? [["Cy", ""], ["Ada", ""]] : [["Cy", ""], ["Eve", "documented instead"], ["Ada", ""]]);
    const done = await exchange();
    assert.deepEqual([done.pending, done.conflicts, done.head], [0, [], site.head()], JSON.stringify(done));
    assert.deepEqual([has(c, "name"), has(c, "age"), has(way === "drop" ? 5001 : 5002, "name"), has(a, "points")], [`Before it, ${way}`, 77, "After it", 1000000]);
    if (way === "amend") assert.equal(has(6001, "name"), "One more");
    assert.equal(site.ask("[:find (count ?a) . :where [?a :db/ident :person/points] [?a :db/unique]]") ?? 0, 0);
  }
  site.dhfs("verify", "people", "--deep");
});

test("what others need is not dropped from below them", async () => {
  const a = next++;
  const needed = await commit('[{:db/ident :person/shoe :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]');
  const later = await commit(`[{:person/id ${a} :person/shoe 44}]`);
  const drop = (id) => page.evaluate((id) => db.drop("here", id).then((c) => c.id, ({ code, message, hint }) => ({ code, message, hint })), id);
  const told = await drop(needed.id);
  assert.ok(told.code && told.message.includes(later.id), JSON.stringify(told));
  assert.deepEqual((await pending()).commits.map((c) => c.id), [later.id, needed.id]); // as it was
  await drop(later.id);
  assert.equal(await drop(needed.id), site.head());
  assert.equal((await drop(needed.id)).code, "not-found");
  assert.equal((await drop(site.head())).code, "not-found"); // the server has it
});

test("what cannot be settled by a value says so", async () => {
  const refused = await exchange({ decisions: [{ conflict: "unique", entity: 1, attribute: "person/email", take: "value", value: "1" }] });
  assert.deepEqual([refused.code, refused.hint], ["usage", "take ours or theirs"]);
  assert.equal((await exchange({ decisions: [{ conflict: "value", entity: 1, attribute: "person/name", take: "value", value: "[" }] })).code, "edn/syntax");
});
