// The page that dhfs serve shows: DHFS is a binary that has it. SCREENSHOTS=DIR keeps what it looks like.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./chromium.mjs";
import { workplace } from "./served.mjs";

const people = 20_000;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const work = workplace("page");
const asked = []; // all requests
const complaints = []; // of the browser: what its policy refused, what was thrown
let browser, page, origin;

const schema = `[{:db/ident :person/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity :db/doc "As on the passport"}
  {:db/ident :person/friends :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
  {:db/ident :person/born :db/valueType :db.type/instant :db/cardinality :db.cardinality/one}
  {:db/ident :person/height :db/valueType :db.type/double :db/cardinality :db.cardinality/one}
  {:db/ident :person/about :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
  {:db/ident :note/text :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]`;

before(async () => {
  const rows = Array.from({ length: people }, (_, i) => `${i},Name ${i},${i % 90},City ${i % 100},${1950 + (i % 50)}-0${1 + (i % 9)}-15`);
  writeFileSync(join(work.dir, "people.csv"), ["id,name,age,city,since", ...rows].join("\n") + "\n");
  work.run("import", "-q", "people", "people.csv", "--as", "person", "--key", "id");
  work.run("init", "circle");
  work.run("tx", "circle", schema, "-m", "schema");
  work.run("tx", "circle", `[{:db/id "a" :person/name "Ada" :person/born #inst "1815-12-10" :person/height 1.65 :person/friends ["b"] :person/about "${"Wrote the first program. ".repeat(40)}"}
    {:db/id "b" :person/name "Babbage" :person/born #inst "1791-12-26" :person/height 1.75} {:note/text "a note without a key"}]`, "-m", "the first two");
  work.run("tx", "circle", '[{:person/name "Ada" :person/height 1.7} {:person/name "Grace <b>Hopper</b>" :person/friends [[:person/name "Ada"] [:person/name "Babbage"]]}]', "-m", "Ada grew");
  work.run("branch", "circle", "draft");
  work.run("tx", "circle@draft", '[[:db/retract [:person/name "Ada"] :person/height]]', "-m", "nobody knows");
  work.run("tag", "circle", "first", "main~1");
  origin = await work.serve(["circle", "people"]);
  browser = await launch();
  browser.context.on("request", (r) => asked.push(r.url()));
  page = await open();
});

after(async () => {
  await browser?.end();
  await work.end();
});

async function open() {
  const page = await browser.context.newPage();
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("console", (m) => m.type() === "error" && !/Failed to load resource|ERR_CONNECTION_REFUSED/.test(m.text()) && complaints.push(m.text()));
  await page.setViewportSize({ width: 1200, height: 800 });
  return page;
}

/** visit shows a view, and waits until it is there. */
async function visit(hash, heading, p = page) {
  await p.evaluate(() => document.querySelector("main h1")?.remove()).catch(() => {});
  const url = `${origin}/${hash}`;
  if (p.url() === url) await p.reload();
  else await p.goto(url);
  await p.locator("main h1").filter({ hasText: heading }).waitFor();
}

const text = (selector, p = page) => p.locator(selector).allInnerTexts();
const cells = async (selector = "main table") => page.locator(`${selector} tbody tr`).evaluateAll((rows) => rows.map((tr) => [...tr.cells].map((td) => td.innerText)));

/** ask puts a query into the editor and runs it by the keyboard. */
async function ask(query) {
  await page.locator(".editor .cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(query);
  await page.evaluate(() => document.querySelector(".result").replaceChildren());
  await page.keyboard.press("Control+Enter");
  await page.locator(".result > *").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".result .wait"));
}

test("all databases, and what is in one of them", async () => {
  await visit("#/", "Databases");
  assert.deepEqual(await text(".cards strong"), ["circle", "people"]);
  await page.locator(".cards a", { hasText: "people" }).click();
  await page.locator("main h1", { hasText: "people" }).waitFor();
  const figures = Object.fromEntries((await text(".figures > div")).map((t) => t.split("\n")));
  assert.equal(figures.Entities, "20,000");
  assert.deepEqual(await text(".bars li a"), ["person"]);
  await page.locator(".bars a").click();
  await page.locator(".pages").waitFor();
  assert.match((await text(".pages"))[0], /1–50 of 20,000/);
  await page.getByLabel("Name begins with").fill("1999");
  await page.keyboard.press("Enter");
  await page.locator(".pages", { hasText: "11 entities" }).waitFor();
  assert.deepEqual((await cells())[0].slice(0, 4), ["1999", "Name 1999", "19", "City 99"]);
});

test("a query, its errors, its table", async () => {
  await visit("#/people/query", "Query");
  await ask("[:find ?n ?a\n :where [?p :person/city \"City 88\"]\n        [?p :person/name ?n] [?p :person/age ?a]]");
  assert.match((await text(".told"))[0], /^200 rows in/);
  const sorts = async () => (await cells(".result table")).map((r) => Number(r[1]));
  await page.getByRole("button", { name: "?a" }).click();
  assert.deepEqual(await sorts(), [...(await sorts())].sort((a, b) => a - b));
  assert.equal(await page.locator("th[aria-sort=ascending]").innerText(), "?a");
  await page.getByRole("button", { name: "?a" }).click();
  assert.deepEqual(await sorts(), [...(await sorts())].sort((a, b) => b - a));

  await ask("[:find ?n\n :where [?p :person/nmae ?n]]");
  assert.deepEqual(await text(".fault .where"), ["Line 2, column 13"]);
  assert.match((await text(".fault .hint"))[0], /:person\/name/);
  assert.equal(await page.locator(".editor .cm-lintRange-error").innerText(), ":person/nmae");
});
