// What is committed while the server is away: kept, sent once, joined with what the server has by then, conflicts shown.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { proxy } from "./proxy.mjs";
import { Site, token } from "./site.mjs";

let site, page, between;

before(async () => {
  site = await Site.begin({ people: 200 });
  between = await proxy(site.url);
  page = await site.open({ url: between.url });
  await page.evaluate(() => db.exchange("here", url));
});

after(async () => {
  between?.close();
  await site?.end();
});

const reload = async (page) => {
  await page.reload();
  await site.load(page, between.url);
};
const commit = (page, tx, by = "page") => page.evaluate(([tx, by]) => db.transact("here", tx, { by }), [tx, by]);
const pending = (page) => page.evaluate(() => db.pending("here"));
const exchange = (page, options = {}) => page.evaluate((options) => db.exchange("here", url, options).catch(({ code, message }) => ({ code, message })), { token, ...options });
const onServer = (attribute, id) => site.ask(`[:find ?v . :where [?p :person/id ${id}] [?p :person/${attribute} ?v]]`);
const log = () => site.dhfs("log", "people", "--format", "jsonl").trim().split("\n").map((l) => JSON.parse(l));

test("what is committed without the server is kept over a reload, and applied to what the server has by then", async () => {
  await site.stopServer();
  const made = await commit(page, '[{:db/id "new" :person/id 1000 :person/name "Made offline"}]');
  await commit(page, '[{:person/id 7 :person/name "Changed offline"}]');
  await commit(page, '[[:db/retract [:person/id 3] :person/age 3]]');
  assert.equal((await exchange(page)).code, "unavailable");
  await reload(page);
  assert.deepEqual((await pending(page)).commits.map((c) => [c.by, c.added, c.retracted]), [["page", 1, 1], ["page", 2, 1], ["page", 3, 0]]);
  site.dhfs("tx", "people", '[{:person/id 2000 :person/name "Made at the server"} {:person/id 7 :person/city "Elsewhere"}]');
  const there = log()[0];
  await site.startServer();

  const done = await exchange(page);
  assert.deepEqual([done.sent, done.pending, done.conflicts], [4, 0, []]); // and what joins both
  assert.equal(site.head(), done.head);
  assert.deepEqual(await pending(page), { commits: [], conflicts: [] });
  assert.deepEqual([onServer("name", 1000), onServer("name", 7), onServer("city", 7), onServer("age", 3), onServer("name", 2000)], ["Made offline", "Changed offline", "Elsewhere", null, "Made at the server"]);
  assert.equal(log()[1].commit, there.commit); // the line of commits at the server goes on
  site.dhfs("verify", "people", "--deep");

  // Both had given the same id; the page is told what became of its own.
  const now = done.renumbered[made.tempids.new];
  assert.equal(site.ask("[:find ?p . :where [?p :person/id 1000]]"), now);
  assert.equal((await page.evaluate(() => db.entity("here", "person/1000"))).id, now);
  assert.deepEqual((await exchange(page)).sent, 0);
  assert.equal(site.head(), done.head);
});

test("a lost answer has nothing sent twice", async () => {
  for (const other of [false, true]) {
    const { id } = await commit(page, `[{:person/id 8 :person/name "Once ${other}"}]`);
    if (other) site.dhfs("tx", "people", '[{:person/id 9 :person/name "Meanwhile"}]'); // a commit that joins is to be sent
    const before = log().length;
    let away = false; // from the moment on at which the server has it
    between.lose = (path) => (away ||= path.endsWith("/commit"));
    assert.equal((await exchange(page)).code, "unavailable");
    between.lose = null;
    await reload(page);
    assert.equal((await pending(page)).commits.length, other ? 2 : 1);
    const done = await exchange(page);
    assert.deepEqual([done.sent, done.pending], [0, 0]); // it was there already
    assert.equal(log().length, before + 1);
    if (!other) assert.equal(site.head(), id);
    assert.equal(onServer("name", 8), `Once ${other}`);
  }
  const { id } = await commit(page, '[{:person/id 8 :person/name "Name 8"}]');
  between.lose = (path) => path.endsWith("/commit");
  assert.equal((await exchange(page)).sent, 1); // the ref tells that it arrived
  between.lose = null;
  assert.equal(site.head(), id);
});

test("a conflict has both values and both authors, and waits until it is decided", async () => {
  for (const [take, options] of [["ours", { take: "ours" }], ["theirs", {}]]) {
    await commit(page, '[{:person/id 10 :person/name "Ours"} {:person/id 11 :person/city "Only here"}]', "Ada");
    site.dhfs("tx", "people", '[{:person/id 10 :person/name "Theirs"}]', "--author", "Ben");
    const head = site.head();
    const first = await exchange(page);
    const told = ({ conflict, entity, attribute, base, ours, theirs, oursBy, theirsBy }) => [conflict, `${entity.kind}/${entity.name}`, attribute, base[0].value, ours[0].value, theirs[0].value, oursBy.by, theirsBy.by];
    const want = [["value", "person/10", "person/name", "Name 10", "Ours", "Theirs", "Ada", "Ben"]];
    assert.deepEqual(first.conflicts.map(told), want);
    assert.deepEqual([first.sent, first.pending, site.head()], [0, 1, head]);
    await reload(page);
    const kept = await pending(page);
    assert.deepEqual([kept.commits.map((c) => c.by), kept.conflicts.map(told)], [["Ada"], want]);
    assert.equal((await exchange(page, { take: "mine" })).code, "usage");
    if (!options.take) options.decisions = kept.conflicts.map((c) => ({ conflict: c.conflict, entity: c.entity.id, attribute: c.attribute, take }));
    const done = await exchange(page, options);
    assert.deepEqual([done.sent, done.pending, done.conflicts], [2, 0, []]);
    assert.deepEqual([site.head(), onServer("name", 10), onServer("city", 11)], [done.head, take === "ours" ? "Ours" : "Theirs", "Only here"]);
    const past = site.dhfs("log", "people", "person/10", "--format", "tsv");
    if (take === "ours") assert.match(past, /Theirs/); // nothing of it is lost
    site.dhfs("tx", "people", '[{:person/id 10 :person/name "Name 10"}]');
    await exchange(page);
  }
});

test("of two tabs one sends", async () => {
  await site.stopServer();
  const other = await site.open({ url: between.url });
  const before = log().length;
  await Promise.all([commit(page, '[{:person/id 12 :person/name "One tab"}]'), commit(other, '[{:person/id 13 :person/name "Another tab"}]')]);
  assert.deepEqual([(await pending(page)).commits.length, (await pending(other)).commits.length], [2, 2]);
  await site.startServer();
  between.reset();
  const done = await Promise.all([exchange(page), exchange(other)]);
  assert.deepEqual(done.map((d) => d.sent).sort(), [0, 2]);
  assert.equal(between.count("/commit"), 1);
  assert.equal(log().length, before + 2);
  assert.deepEqual([onServer("name", 12), onServer("name", 13)], ["One tab", "Another tab"]);
  await other.close();
});

test("without a token nothing is sent, and nothing is lost", async () => {
  await commit(page, '[{:person/id 14 :person/name "Unsent"}]');
  site.dhfs("tx", "people", '[{:person/id 15 :person/name "News"}]');
  const without = await exchange(page, { token: "" });
  assert.deepEqual([without.sent, without.pending], [0, 2]);
  assert.equal((await exchange(page, { token: "wrong" })).code, "permission");
  assert.equal((await page.evaluate(() => db.pull("here", "[:person/name]", "[:person/id 15]")))["person/name"], "News");
  assert.equal((await exchange(page)).pending, 0);
  assert.equal(onServer("name", 14), "Unsent");
  site.dhfs("verify", "people", "--deep");
});
