// How blocks come to a page: all of them, with an interruption, or one by one when they are wanted; and never others than were asked for.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { proxy } from "./proxy.mjs";
import { Site, token } from "./site.mjs";

const people = 20_000; // 100,000 datoms

let site, between, page;

before(async () => {
  site = await Site.begin({ people });
  between = await proxy(site.url);
  page = await site.open({ url: between.url });
});

after(async () => {
  between?.close();
  await site?.end();
});

const reload = async () => {
  await page.reload();
  await site.load(page, between.url);
};

// stored counts the blocks of a replica, without the engine.
const stored = (name) => page.evaluate((name) => new Promise((done, failed) => {
  const r = indexedDB.open("dhfs:" + name);
  r.onerror = () => failed(r.error);
  r.onsuccess = () => {
    const count = r.result.transaction("blocks").objectStore("blocks").count();
    count.onsuccess = () => (r.result.close(), done(count.result));
  };
}), name);

const sync = (name, options = {}) => page.evaluate(([name, options]) => db.sync(name, url, options).catch(({ code, message }) => ({ code, message })), [name, options]);
const names = (name) => page.evaluate(async (name) => (await db.query("[:find (count ?p) . :where [?p :person/name]]", name)).rows[0][0], name);

test("a clone that a reload interrupts goes on where it was", async () => {
  between.slow = (path) => (path.endsWith("/many") ? 400 : 0);
  await page.evaluate(() => new Promise((enough) => void db.sync("here", url, { onProgress: (s) => s.blocks >= 300 && enough() })));
  await reload();
  between.slow = null;
  const [before, bytes] = [await stored("here"), between.bytes];
  between.reset();
  const sent = await sync("here");
  const all = await stored("here");
  console.log(`${before} of ${all} blocks were there, ${bytes} bytes came before and ${between.bytes} after`);
  assert.ok(before >= 300 && before < all);
  assert.equal(before + sent.blocks, all);
  assert.ok(between.bytes < sent.bytes * 1.1 + 10_000, `${between.bytes} bytes for ${sent.blocks} blocks of ${sent.bytes}`);
  assert.equal(await names("here"), people);
  between.reset();
  assert.equal((await sync("here")).blocks, 0);
  assert.deepEqual(between.requests, ["GET /people/refs.json"]);
});

test("a block that was tampered with is refused, and the next time the right one comes", async () => {
  const flip = (bytes) => ((bytes[bytes.length >> 1] ^= 1), bytes);
  between.tamper = (path, bytes) => (path.endsWith("/many") && bytes.length > 100_000 ? flip(bytes) : bytes);
  const refused = await sync("careful");
  assert.equal(refused.code, "corrupt", refused.message);
  assert.match(refused.message, /does not hash to its name/);
  between.tamper = null;
  await sync("careful");
  assert.equal(await stored("careful"), await stored("here"));
  assert.equal(await names("careful"), people);

  site.dhfs("tx", "people", '[{:person/id 7 :person/name "Somebody Else"}]');
  between.tamper = (path, bytes) => (path.endsWith("/since") ? flip(bytes) : bytes);
  const [name, head] = await page.evaluate(async () => [await db.pull("careful", "[:person/name]", "[:person/id 7]"), (await db.log("careful", { limit: 1 }))[0].id]);
  assert.equal((await sync("careful")).code, "corrupt");
  between.tamper = null;
  assert.deepEqual(await page.evaluate(async () => [await db.pull("careful", "[:person/name]", "[:person/id 7]"), (await db.log("careful", { limit: 1 }))[0].id]), [name, head]);
  const sent = await sync("careful");
  assert.equal(sent.transactions, 1);
  assert.equal((await page.evaluate(() => db.pull("careful", "[:person/name]", "[:person/id 7]")))["person/name"], "Somebody Else");
  await page.evaluate(() => db.remove("careful"));
});

const byKey = (name, id) => page.evaluate(([name, id]) => db.query("[:find ?n ?c :in $ ?id :where [?p :person/id ?id] [?p :person/name ?n] [?p :person/city ?c]]", name, { args: [String(id)] }).then((r) => r.rows, ({ code, message }) => ({ code, message })), [name, id]);

test("a partial replica fetches what is wanted, and keeps it", async () => {
  between.reset();
  assert.equal((await sync("part", { partial: true })).blocks, 0);
  assert.deepEqual(await byKey("part", 12_345), [["Name 12345", "City 45"]]);
  const [first, bytes] = [between.requests.length, between.bytes];
  const kept = await stored("part");
  console.log(`a point query over 100,000 datoms: ${first} requests, ${bytes} bytes, ${kept} blocks`);
  assert.ok(first <= 30 && bytes < 64_000 && kept <= 30, `${first} requests, ${bytes} bytes, ${kept} blocks`);
  between.reset();
  assert.deepEqual(await byKey("part", 12_345), [["Name 12345", "City 45"]]);
  await reload();
  assert.deepEqual(await byKey("part", 12_345), [["Name 12345", "City 45"]]);
  assert.deepEqual(between.requests, []);
  assert.equal(await names("part"), people); // all of an attribute, 68 blocks
  console.log(`all of an attribute: ${between.requests.length} requests`);
  assert.ok(between.requests.length <= 34, `${between.requests.length} requests for an attribute`);
});

test("a partial replica follows, commits and sends", async () => {
  site.dhfs("tx", "people", '[{:person/id 12345 :person/name "Moved on"}]');
  assert.equal((await byKey("part", 12_345))[0][0], "Name 12345");
  between.reset();
  await sync("part");
  assert.equal((await byKey("part", 12_345))[0][0], "Moved on");
  assert.ok(between.bytes < 40_000, `${between.bytes} bytes for one datom`);
  await page.evaluate(() => db.transact("part", '[{:person/id 12345 :person/city "From a part"}]', { by: "page" }));
  site.dhfs("tx", "people", '[{:person/id 12346 :person/city "From the server"}]');
  const done = await page.evaluate((token) => db.exchange("part", url, { token }), token);
  assert.deepEqual([done.sent, done.pending, done.head], [2, 0, site.head()]);
  assert.deepEqual([await byKey("part", 12_345), await byKey("part", 12_346)], [[["Moved on", "From a part"]], [["Name 12346", "From the server"]]]);
  site.dhfs("verify", "people");
});

// open is a database's store, and body what is done with it, in the page.
const inStore = (name, body) => page.evaluate(([name, body]) => new Promise((done, failed) => {
  const r = indexedDB.open("dhfs:" + name);
  r.onerror = () => failed(r.error);
  r.onsuccess = () => {
    const tx = r.result.transaction(["blocks", "meta"], "readwrite");
    const answer = new Function("tx", body)(tx);
    tx.oncomplete = () => (r.result.close(), done(answer.result));
    tx.onabort = () => failed(tx.error);
  };
}), [name, body]);

test("a partial replica becomes a whole one: only what is missing travels, also after an interruption and beside another tab", async () => {
  const other = await site.open({ url: between.url });
  await other.evaluate(() => db.pull("part", "[:person/name]", "[:person/id 1]")); // takes it to be a partial one
  await page.evaluate(() => db.transact("part", '[{:person/id 12347 :person/city "Not yet sent"}]', { by: "page" }));
  assert.equal(await page.evaluate(() => db.partialOf("part")), between.url);
  await inStore("part", "return tx.objectStore('blocks').put(new Uint8Array([0x82, 1, 2]), new Uint8Array([1, 0x71, 0x12, 0x20, ...new Array(32).fill(7)]).buffer)"); // of something that no ref leads to any more
  const [first, all] = [await stored("part"), await stored("here")];
  between.slow = (path) => (path.endsWith("/many") ? 300 : 0);
  await page.evaluate(() => new Promise((enough) => void db.complete("part", { onProgress: (s) => s.blocks >= 200 && enough() })));
  await reload();
  between.slow = null;
  const before = await stored("part");
  assert.ok(before >= first + 200 && before < all, `${first}, ${before} of about ${all} blocks`);
  assert.equal(await page.evaluate(() => db.partialOf("part")), between.url);
  between.reset();
  const sent = await page.evaluate(() => db.complete("part"));
  const after = await stored("part");
  console.log(`${first} of ${after} blocks were there, ${before} after an interruption; then ${sent.blocks} of ${sent.bytes} bytes came in ${between.bytes} bytes, ${between.requests.length} requests`);
  assert.equal(before + sent.blocks - 1, after); // the one that no ref leads to is gone
  assert.ok(between.bytes < sent.bytes * 1.1 + 10_000, `${between.bytes} bytes for ${sent.blocks} blocks of ${sent.bytes}`);
  assert.deepEqual(await page.evaluate(async () => [await db.partialOf("part"), await db.complete("part")]), [null, { blocks: 0, bytes: 0, transactions: 0 }]);
  assert.equal(await inStore("part", "return tx.objectStore('meta').get('from')"), undefined);

  site.dhfs("tx", "people", '[{:person/id 12348 :person/name "For a whole one"}]');
  await other.evaluate(() => db.exchange("part", url)); // what that tab knew is no longer so
  assert.equal(await other.evaluate(() => db.partialOf("part")), null);
  const done = await page.evaluate((token) => db.exchange("part", url, { token }), token);
  assert.deepEqual([done.pending, done.head], [0, site.head()]);
  between.reset();
  between.lose = () => true; // without the server all of it can be asked
  for (const p of [page, other]) assert.deepEqual(await p.evaluate(async () => [(await db.query("[:find (count ?p) . :where [?p :person/points ?v]]", "part")).rows[0][0], (await db.stat("part", { rev: "t1" })).t, (await db.pull("part", "[:person/name]", "[:person/id 12348]"))["person/name"]]), [people, 1, "For a whole one"]);
  between.lose = null;
  assert.deepEqual(between.requests, []);
  site.dhfs("verify", "people");
  await other.close();
});

test("many changes travel as what was done, not as the nodes that it made", async () => {
  site.dhfs("tx", "people", `[${Array.from({ length: 300 }, (_, i) => `{:person/id ${i * 61} :person/points ${i + 1_000_000}}`).join(" ")}]`);
  for (let i = 0; i < 3; i++) site.dhfs("tx", "people", `[{:person/id ${i} :person/city "Moved"}]`);
  between.reset();
  const sent = await sync("here");
  console.log(`${sent.transactions} transactions: ${between.bytes} bytes`);
  assert.ok(sent.transactions >= 4 && between.bytes < 40_000, `${between.bytes} bytes for ${sent.transactions} transactions`);
  const root = Object.fromEntries(JSON.parse(site.dhfs("stat", "people", "--format", "json")).map((r) => [r.what, r.value])).root;
  assert.equal((await page.evaluate(() => db.stat("here"))).root, root);
});

test("without the server a partial replica answers what it can, and names what is missing", async () => {
  await sync("small", { partial: true });
  await byKey("small", 12_345);
  await site.stopServer();
  between.close();
  await reload();
  assert.deepEqual(await byKey("small", 12_345), [["Moved on", "From a part"]]);
  const missing = await page.evaluate(() => db.query("[:find ?v :where [_ :person/points ?v]]", "small").catch(({ code, message }) => ({ code, message })));
  assert.equal(missing.code, "unavailable", JSON.stringify(missing));
  assert.match(missing.message, /block bafyrei\w{20}.* is not in the partial replica small/);
});
