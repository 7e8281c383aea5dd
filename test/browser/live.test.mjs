// A page that follows a server: what changes there appears here, what is committed here arrives there.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Site, token } from "./site.mjs";

let site, page;

before(async () => {
  site = await Site.begin({ people: 200 });
  page = await site.open();
});

after(() => site?.end());

// name asks a page for the name of a person.
const name = (page, id) => page.evaluate(async (id) => (await db.query("[:find ?n . :in $ ?id :where [?p :person/id ?id] [?p :person/name ?n]]", "here", { args: [String(id)] })).rows[0]?.[0], id);

// follow has a page follow the server; states are what it is told.
const follow = (page, options = {}) => page.evaluate(async (options) => {
  globalThis.states = [];
  globalThis.ending = new AbortController();
  await db.follow("here", url, (s) => states.push({ ...s, now: Date.now() }), { ...options, signal: ending.signal });
}, options);

// until waits until the page was told of something, and returns when that was.
const until = async (page, what) => {
  const found = await page.waitForFunction((what) => states.find((s) => Object.entries(what).every(([k, v]) => s[k] === v)), what, { polling: 20, timeout: 20_000 });
  return (await found.jsonValue()).now;
};

test("a change at the server is here within two seconds", async () => {
  await follow(page);
  await until(page, { state: "synced", head: site.head() });
  for (const n of [1, 2, 3]) {
    site.dhfs("tx", "people", `[{:person/id 7 :person/name "Changed ${n}"}]`); // another process, not through the server
    const since = Date.now();
    const took = (await until(page, { state: "synced", head: site.head() })) - since;
    console.log(`change ${n} was here after ${took} ms`);
    assert.ok(took <= 2000, `${took} ms`);
    assert.equal(await name(page, 7), `Changed ${n}`);
  }
});

test("a server that was away is found again", async () => {
  await site.stopServer();
  await until(page, { state: "offline" });
  site.dhfs("tx", "people", '[{:person/id 8 :person/name "While it was away"}]');
  assert.equal(await name(page, 8), "Name 8");
  await site.startServer();
  await until(page, { state: "synced", head: site.head() });
  assert.equal(await name(page, 8), "While it was away");
  const failed = await page.evaluate(() => states.filter((s) => s.error).map((s) => [s.error.code, s.pending, s.conflicts, s.renumbered]));
  assert.deepEqual(failed, [["unavailable", 0, [], {}]]);
});

test("what is committed here is sent at once, and other tabs see it", async () => {
  await page.evaluate(() => ending.abort());
  await follow(page, { token });
  const other = await site.open();
  await follow(other, { token });
  await until(other, { state: "synced" });
  const { id } = await page.evaluate(() => db.transact("here", '[{:person/id 9 :person/name "From a page"}]', { by: "page" }));
  await until(page, { state: "synced", head: id, pending: 0 });
  await until(other, { state: "synced", head: id, pending: 0 });
  assert.equal(site.head(), id);
  assert.equal(await name(other, 9), "From a page");
  const sent = await Promise.all([page, other].map((p) => p.evaluate(() => states.reduce((n, s) => n + s.sent, 0))));
  assert.equal(sent[0] + sent[1], 1, `sent ${sent}`);
  await other.close();
});

test("a server that is not there is waited for", async () => {
  const states = await page.evaluate(() => new Promise((done) => {
    const states = [], ending = new AbortController();
    void db.follow("elsewhere", "http://127.0.0.1:9/nothing", (s) => (states.push(s), ending.abort(), done(states)), { signal: ending.signal });
  }));
  assert.deepEqual(states.map((s) => [s.state, s.error.code, s.conflicts, s.renumbered]), [["offline", "unavailable", [], {}]]);
  const names = await page.evaluate(async () => { // while a database is looked for, the browser lists it
    const end = Date.now() + 5000;
    for (;;) {
      const names = await db.names();
      if (names.length === 1 || Date.now() > end) return names;
      await new Promise((done) => setTimeout(done, 50));
    }
  });
  assert.deepEqual(names, ["here"]);
});

test("nothing comes after the end", async () => {
  const before = await page.evaluate(() => (ending.abort(), states.length));
  site.dhfs("tx", "people", '[{:person/id 7 :person/name "Unheard of"}]');
  await page.waitForTimeout(1500);
  assert.equal(await page.evaluate(() => states.length), before);
  assert.notEqual(await name(page, 7), "Unheard of");
});
