// A page with a replica: DHFS is the command line's binary, WASM the folder that scripts/wasm-build.sh has made.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";
import { launch, serve } from "./chromium.mjs";

const people = 20_000;
const token = "a token of this test";
const dir = mkdtempSync(join(tmpdir(), "dhfs-replica-"));
const env = { ...process.env, DHFS_TOKEN: token, DHFS_AUTHOR: "tester", HOME: dir };
const dhfs = (...args) => execFileSync(process.env.DHFS, args, { cwd: dir, env, encoding: "utf8" });
const head = () => JSON.parse(dhfs("log", "people", "--format", "jsonl").split("\n")[0]).commit;

let server, url, files, browser, page;

// startServer serves the database, and yields its URL.
async function startServer() {
  server = spawn(process.env.DHFS, ["serve", "people", "--listen", "127.0.0.1:0", "--allow-origin", "*"], { cwd: dir, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for await (const part of server.stdout) {
    said += part;
    const found = /http:\/\/\S+/.exec(said);
    if (found) return found[0];
  }
  throw new Error("dhfs serve said " + said);
}

function stopServer() {
  return new Promise((done) => {
    server.once("exit", done);
    server.kill();
  });
}

// open opens one more tab.
async function open() {
  const page = await browser.context.newPage();
  page.on("pageerror", (e) => console.error("page:", e));
  await page.goto(files.origin);
  await page.evaluate(async (url) => {
    const { Dhfs } = await import("/dhfs.js");
    Object.assign(globalThis, { db: new Dhfs(), url });
  }, url);
  return page;
}

before(async () => {
  const rows = Array.from({ length: people }, (_, i) => `${i},Name ${i},${i % 90},City ${i % 100},${i * 3}`);
  writeFileSync(join(dir, "people.csv"), ["id,name,age,city,points", ...rows].join("\n") + "\n");
  dhfs("import", "-q", "people", "people.csv", "--as", "person", "--key", "id");
  url = await startServer();
  const served = Object.fromEntries(readdirSync(process.env.WASM).map((name) => [name, join(process.env.WASM, name)]));
  files = await serve({ ...served, "index.html": { text: "<!doctype html><title>replica</title>" } });
  browser = await launch();
  page = await open();
});

after(async () => {
  await browser?.end();
  files?.close();
  server?.kill();
  rmSync(dir, { recursive: true, force: true });
});

test("the first sync brings all, and tells how far it is", async () => {
  const { sent, told } = await page.evaluate(async () => {
    const told = [];
    const sent = await db.sync("here", url, { onProgress: (s) => told.push(s.bytes) });
    return { sent, told };
  });
  assert.equal(sent.refs.find((r) => r.name === "heads/main").commit, head());
  assert.ok(told.length > 1 && told.every((bytes, i) => i === 0 || bytes >= told[i - 1]), `told ${told}`);
  console.log(`${people} people: ${sent.blocks} blocks, ${sent.bytes} bytes`);
});

test("the engine is small", async () => {
  // What brotli makes of it in seconds; what it makes in minutes, which is at most 3 MB, is an eighth less.
  const packed = brotliCompressSync(readFileSync(join(process.env.WASM, "dhfs.wasm")), { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 } });
  assert.ok(packed.length <= 3.4e6, `${packed.length} bytes`);
});

test("queries are answered here", async () => {
  const oldest = '[:find (count ?p) . :where [?p :person/age 89]]';
  const city = '[:find ?n ?a :in $ ?c :where [?p :person/city ?c] [?p :person/name ?n] [?p :person/age ?a] [(> ?a 85)] :order-by ?n]';
  const { first, warm, count } = await page.evaluate(async ([oldest, city]) => {
    const args = { args: ['"City 88"'] };
    const first = await db.query(city, "here", args);
    const warm = [];
    for (let i = 0; i < 15; i++) warm.push((await db.query(city, { $: { name: "here" } }, args)).took);
    return { first, warm: warm.sort((a, b) => a - b), count: await db.query(oldest, "here") };
  }, [oldest, city]);
  const native = JSON.parse(dhfs("query", "people", city, '"City 88"', "--format", "json"));
  assert.deepEqual(first.rows, native.map((r) => (Array.isArray(r) ? r : Object.values(r))));
  assert.equal(count.rows[0][0], Math.floor(people / 90));
  console.log(`cold ${first.took} ms, warm ${warm[7]} ms`);
  assert.ok(warm[7] <= 20, `a warm query took ${warm[7]} ms`);
});

test("pull, log and what is wrong with a query", async () => {
  const seen = await page.evaluate(async () => ({
    pulled: await db.pull("here", "[:person/name :person/points]", "[:person/id 7]"),
    log: await db.log("here", { limit: 2 }),
    before: await db.query("[:find ?e :where [?e :person/id]]", { $: { name: "here", rev: "t0" } }).catch(({ code }) => code),
    fault: await db.query("[:find ?x\n :where [?y :person/name]]", "here").catch(({ code, line, column, message }) => ({ code, line, column, message })),
    unknown: await db.query("[:find ?x :where [?x]]", "nowhere").catch(({ code }) => code),
  }));
  assert.deepEqual(Object.values(seen.pulled), ["Name 7", 21]);
  assert.equal(seen.log[0].id, head());
  assert.equal(seen.before, "query/unknown-attribute");
  assert.ok(seen.fault.code.startsWith("query/") && seen.fault.line >= 1 && seen.fault.column >= 1, JSON.stringify(seen.fault));
  assert.equal(seen.unknown, "not-found");
});

test("afterwards only what changed travels, and other tabs are told", async () => {
  const other = await open();
  await other.evaluate(() => {
    globalThis.moved = new Promise((resolve) => (globalThis.ready = db.watch("here", resolve)));
    return globalThis.ready;
  });
  dhfs("tx", "people", '[{:person/id 7 :person/name "Somebody Else"}]');
  const sent = await page.evaluate(() => db.sync("here", url));
  assert.ok(sent.blocks > 0 && sent.bytes < 4096, `${sent.bytes} bytes travelled for one datom`);
  await other.evaluate(() => globalThis.moved);
  const names = await other.evaluate(() => db.query('[:find ?then ?now :in $ $then :where [$then ?p :person/id 7] [$then ?p :person/name ?then] [?p :person/name ?now]]',
    { $: { name: "here" }, $then: { name: "here", rev: "main~1" } }));
  assert.deepEqual(names.rows, [["Name 7", "Somebody Else"]]);
  await other.close();
});

test("what is committed here has the same roots there", async () => {
  const { made, refused, pushed } = await page.evaluate(async (token) => {
    const made = await db.transact("here", '[{:person/id 20000 :person/name "From a page"} [:db/retract [:person/id 3] :person/age 3]]', { by: "page", message: "offline" });
    const refused = await db.sync("here", url, { push: true }).catch(({ code }) => code);
    return { made, refused, pushed: await db.sync("here", url, { push: true, token }) };
  }, token);
  assert.equal(refused, "permission"); // without the token
  assert.equal(pushed.refs.find((r) => r.name === "heads/main").commit, made.id);
  assert.equal(head(), made.id);
  dhfs("verify", "people", "--deep"); // makes every tree again from the log
  assert.equal(dhfs("query", "people", '[:find ?n . :where [?p :person/id 20000] [?p :person/name ?n]]', "--format", "tsv").trim().split("\n").pop(), "From a page");
});

test("without the server it goes on", async () => {
  await stopServer();
  const { count, code } = await page.evaluate(async () => ({
    count: (await db.query("[:find (count ?p) . :where [?p :person/id]]", "here")).rows[0][0],
    code: await db.sync("here", url).catch(({ code }) => code),
  }));
  assert.equal(count, people + 1);
  assert.equal(code, "unavailable");
  await page.reload();
  const after = await open();
  assert.deepEqual(await after.evaluate(() => db.names()), ["here"]);
  assert.equal(await after.evaluate(async () => (await db.query("[:find (count ?p) . :where [?p :person/id]]", "here")).rows[0][0]), people + 1);
});
