// What a browser does to a page: no room, a database that is gone, a window that keeps nothing; and what the page must not feel.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Site } from "./site.mjs";

const people = 5000;

let site, page, cdp;

before(async () => {
  // A browser that keeps nothing refuses even to look at indexedDB.
  const files = { "closed.js": { text: 'Object.defineProperty(self, "indexedDB", { get() { throw new DOMException("no", "SecurityError"); } }); importScripts("worker.js");' } };
  site = await Site.begin({ people, files });
  page = await site.open();
  cdp = await site.browser.context.newCDPSession(page);
});

after(() => site?.end());

const sync = (page, name = "here") => page.evaluate((name) => db.sync(name, url).catch(({ code, message }) => ({ code, message })), name);
const count = (page, name = "here") => page.evaluate((name) => db.query("[:find (count ?p) . :where [?p :person/id]]", name).then((r) => r.rows[0][0], ({ code, message }) => ({ code, message })), name);

// The browser remembers for half a minute how much room there was, so this comes first.
test("without room nothing is lost, and when there is room it goes on", async () => {
  await cdp.send("Storage.overrideQuotaForOrigin", { origin: site.files.origin, quotaSize: 100_000 });
  const refused = await sync(page);
  assert.equal(refused.code, "quota", refused.message);
  assert.equal((await count(page)).code, "not-found"); // no branch before all of it is there
  await cdp.send("Storage.overrideQuotaForOrigin", { origin: site.files.origin });
  assert.ok((await sync(page)).blocks > 0);
  assert.equal(await count(page), people);
});

test("a database that the browser cleared is told to be gone, and fetched again", async () => {
  await page.evaluate(async () => {
    globalThis.states = [];
    await db.follow("here", url, (s) => states.push(s.state));
  });
  await page.waitForFunction(() => states.includes("synced"));
  await cdp.send("Storage.clearDataForOrigin", { origin: site.files.origin, storageTypes: "indexeddb" });
  const gone = await count(page);
  assert.deepEqual([gone.code, /was removed/.test(gone.message)], ["removed", true], gone.message);
  site.dhfs("tx", "people", '[{:person/id 7 :person/name "Somebody Else"}]');
  await page.waitForFunction(() => states.at(-1) === "removed", null, { timeout: 10_000 });
  assert.deepEqual(await page.evaluate(() => db.names()), []); // it does not come back by itself
  assert.ok((await sync(page)).blocks > 0);
  assert.equal(await count(page), people);
});

// Chromium tells nothing to a transaction that begins while it clears, which a follower may be in or not.
test("who follows is not left waiting by a database that is cleared", async () => {
  for (let n = 0; n < 8; n++) {
    const own = await site.open();
    await sync(own);
    await own.evaluate(async () => {
      globalThis.states = [];
      await db.follow("here", url, (s) => states.push(s.state));
    });
    await own.waitForFunction(() => states.includes("synced"));
    await cdp.send("Storage.clearDataForOrigin", { origin: site.files.origin, storageTypes: "indexeddb" });
    site.dhfs("tx", "people", `[{:person/id 7 :person/name "Else ${n}"}]`);
    await own.waitForFunction(() => states.at(-1) === "removed", null, { timeout: 10_000 });
    await own.close();
  }
  assert.equal((await count(page)).code, "removed");
  assert.ok((await sync(page)).blocks > 0);
  assert.equal(await count(page), people);
});

test("a private window has a replica as long as it is open, and where nothing may be kept that is said", async () => {
  await site.browser.inPrivate(async (context) => {
    const own = await site.open({ context });
    await sync(own);
    await own.evaluate(() => db.transact("here", '[{:person/id 1 :person/name "Secret"}]'));
    await own.reload();
    await site.load(own);
    assert.equal((await own.evaluate(() => db.pull("here", "[:person/name]", "[:person/id 1]")))["person/name"], "Secret");
    await own.close();
    const later = await context.browser().newContext();
    assert.deepEqual(await (await site.open({ context: later })).evaluate(() => db.names()), []);
  });
  const closed = await page.evaluate(async () => {
    const { Dhfs } = await import("/dhfs.js");
    return new Dhfs("/closed.js").sync("here", url).catch(({ code, message }) => ({ code, message }));
  });
  assert.deepEqual([closed.code, /private window/.test(closed.message)], ["unavailable", true], closed.message);
});

test("a page lives while a query takes its time", async () => {
  const { took, code, longest, ticks } = await page.evaluate(async () => {
    let last = performance.now(), longest = 0, ticks = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      [longest, last, ticks] = [Math.max(longest, now - last), now, ticks + 1];
    }, 10);
    const began = performance.now();
    const code = await db.query('[:find (count ?a) . :where [?a :person/points ?x] [?b :person/age ?y] [(< ?y 20)] [(str ?x "-" ?y) ?s] [(.contains ?s "777-8")]]', "here", { timeout: 1500 }).then(() => "done", ({ code }) => code);
    clearInterval(timer);
    return { took: performance.now() - began, code, longest, ticks };
  });
  console.log(`a query of ${Math.round(took)} ms (${code}): the page did ${ticks} other things, and waited ${Math.round(longest)} ms at most`);
  assert.ok(took > 500 && ticks > 20 && longest < took / 3, `${took} ms, ${ticks} ticks, ${longest} ms`);
});

test("the engine is fetched once, however often a page is loaded and in however many tabs", async () => {
  const before = site.files.asked.filter((name) => name === "dhfs.wasm").length;
  await page.reload();
  await site.load(page);
  const other = await site.open();
  assert.equal(await count(other), people);
  assert.equal(await count(page), people);
  assert.equal(site.files.asked.filter((name) => name === "dhfs.wasm").length, before);
});
