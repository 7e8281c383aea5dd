// The page that dhfs serve shows: DHFS is a binary that has it. SCREENSHOTS=DIR keeps what it looks like.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./chromium.mjs";
import { workplace } from "./served.mjs";
import { accessible, openPage, shooter, visit as visitPage } from "./view.mjs";

const people = 20_000;
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

const open = () => openPage(browser.context, complaints);
const visit = (hash, heading, p = page) => visitPage(p, `${origin}/${hash}`, heading);

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
  const ages = async () => (await cells(".result table")).map((r) => Number(r[1]));
  for (const [sort, sign] of [["ascending", 1], ["descending", -1]]) {
    await page.getByRole("button", { name: "?a" }).click();
    assert.deepEqual(await ages(), (await ages()).sort((a, b) => sign * (a - b)));
    assert.equal(await page.locator(`th[aria-sort=${sort}]`).innerText(), "?a");
  }

  await ask("[:find ?n\n :where [?p :person/nmae ?n]]");
  assert.deepEqual(await text(".fault .where"), ["Line 2, column 13"]);
  assert.match((await text(".fault .hint"))[0], /:person\/name/);
  assert.equal(await page.locator(".editor .cm-lintRange-error").innerText(), ":person/nmae");

  await ask("[:find ?p :where [?p :person/age 200]]");
  assert.match((await text(".result .empty"))[0], /No rows/);
  await ask("[:find ?i ?n :where [?p :person/id ?i] [?p :person/name ?n]]");
  assert.match((await text(".told"))[0], /^20,000 rows .* first 10,000 are here/);
  assert.equal((await cells(".result table")).length, 200);
  await page.getByRole("button", { name: /Show more/ }).click();
  assert.equal((await cells(".result table")).length, 1200);
});

test("all of a result as CSV, though not all of it is shown", async () => {
  const wait = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const file = await wait;
  const lines = readFileSync(await file.path(), "utf8").trim().split("\n");
  assert.equal(file.suggestedFilename(), "people.csv");
  assert.equal(lines.length, people + 1);
  assert.ok(lines.includes("19999,Name 19999"), lines[1]);
});

test("charts: bars by category, a line over time; the plan", async () => {
  await ask("[:find ?city (count ?p) :where [?p :person/city ?city] [?p :person/age ?a] [(< ?a 10)]]");
  await page.getByRole("button", { name: "Chart" }).click();
  assert.equal((await text(".bars.wide li")).length, 60);
  assert.match((await text(".chart"))[0], /largest 60 of 100/);
  await ask("[:find ?since (count ?p) :where [?p :person/since ?since]]");
  await page.getByRole("button", { name: "Chart" }).click();
  await page.locator(".plot canvas").waitFor();
  assert.match(await page.locator(".plot p").textContent(), /\(count \?p\) over \?since: 450 points/);
  const inked = await page.locator(".plot canvas").evaluate((c) => new Set(new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size);
  assert.ok(inked > 3, "the chart is empty");
  await page.getByRole("button", { name: "Plan" }).click();
  assert.match((await cells(".result table"))[0][0], /\[\?p :person\/since \?since\]/);
});

test("attributes are completed, with their types", async () => {
  await visit("#/circle/query", "Query");
  await page.locator(".editor .cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("[:find ?n :where [?p :per");
  await page.locator(".cm-tooltip-autocomplete li").first().waitFor();
  assert.deepEqual(await text(".cm-tooltip-autocomplete .cm-completionLabel"), [":person/about", ":person/born", ":person/friends", ":person/height", ":person/name"]);
  assert.deepEqual(await text(".cm-tooltip-autocomplete .cm-completionDetail"), ["string", "instant", "ref · many", "double", "string · identity"]);
  await page.keyboard.type("son/n");
  await page.locator(".cm-tooltip-autocomplete li[aria-selected]", { hasText: ":person/name" }).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type(" ?n");
  assert.equal(await page.locator(".editor .cm-content").innerText(), "[:find ?n :where [?p :person/name ?n]]");
  await page.keyboard.press("Control+Enter");
  await page.locator(".told", { hasText: "3 rows" }).waitFor();
  assert.ok((await text(".result td")).includes("Grace <b>Hopper</b>"));
});

test("what can be called is completed with the engine's own names", async () => {
  const type = async (text) => {
    await page.locator(".editor .cm-content").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
  };
  const offers = (only) => page.waitForFunction((only) => [...document.querySelectorAll("main *")].some((e) => {
    const all = [...(e.shadowRoot?.querySelectorAll(".cm-tooltip-autocomplete li") ?? [])];
    return all.length === 1 && all[0].textContent.replace(/\s+/g, " ").trim() === only;
  }), only);
  await type('[:find ?n :where [?p :person/name ?n] [(starts-w');
  await offers("starts-with?2");
  await page.waitForTimeout(200); // what is offered is not taken in the first moments, when a line may have been meant to end
  await page.keyboard.press("Enter");
  await page.keyboard.type(' ?n "Gr');
  await page.keyboard.press("Control+Enter");
  await page.locator(".told", { hasText: "1 row" }).waitFor();
  await type("[:find (count-d");
  await offers("count-distinctin :find");
  await type("[:find ?n :where (not-j");
  await offers("not-joinclause");
  await type("[:find ?n :order");
  await offers(":order-by");
});

test("other revisions and arguments of a query; its link asks again", async () => {
  const query = "[:find ?n ?old ?new\n :in $ $then ?least\n :where [?p :person/name ?n] [?p :person/height ?new]\n        [$then ?q :person/name ?n] [$then ?q :person/height ?old] [(not= ?old ?new)] [(> ?new ?least)]]";
  await ask("[:find ?x :in ?x]");
  await page.locator(".editor .cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(query);
  await page.getByLabel("$then").fill("t2");
  await page.getByLabel("?least").fill("1.0");
  await page.getByRole("button", { name: "Run" }).click();
  await page.locator(".told", { hasText: "1 row" }).waitFor();
  assert.deepEqual(await cells(".result table"), [["Ada", "1.65", "1.7"]]);
  const other = await open();
  await other.goto(page.url());
  await other.locator(".told", { hasText: "1 row" }).waitFor();
  await other.close();
});

test("an entity, its links both ways, its history", async () => {
  await visit("#/circle/kind/person", "Entities");
  await page.locator("td a", { hasText: "Ada" }).first().click();
  await page.locator("main h1", { hasText: "Ada" }).waitFor();
  const facts = Object.fromEntries(await page.locator(".facts > div").evaluateAll((all) => all.map((d) => [d.querySelector("dt").innerText, d.querySelector("dd").innerText])));
  assert.equal(facts.height, "1.7");
  assert.equal(facts.friends, "person/Babbage");
  assert.equal(facts.born, "1815-12-10");
  assert.deepEqual(await text(".back summary .attribute"), [":person/friends"]);
  await page.locator(".back a", { hasText: "person/Grace <b>Hopper</b>" }).click();
  await page.locator("main h1", { hasText: "Grace <b>Hopper</b>" }).waitFor();
  await page.goBack();
  await page.locator("main h1", { hasText: "Ada" }).waitFor();
  await page.getByRole("link", { name: "History" }).click();
  await page.locator(".timeline").waitFor();
  assert.deepEqual(await text(".moment strong"), ["Ada grew", "the first two"]);
  assert.deepEqual(await text(".timeline li:first-child .changes dd > *"), ["−1.65", "+1.7"]);
  await page.getByRole("link", { name: /as of then/ }).last().click();
  await page.locator(".facts", { hasText: "1.65" }).waitFor();
});

test("attributes with counts; branches, tags and commits; what is different", async () => {
  await visit("#/circle/attributes", "Attributes");
  assert.deepEqual((await cells()).find((r) => r[0] === ":person/name"), [":person/name", "string", "one", "identity", "3", "As on the passport"]);
  await visit("#/circle", "circle");
  assert.deepEqual((await cells()).map((r) => [r[0], r[1], r[5]]), [["draft", "branch", "nobody knows"], ["main", "branch", "Ada grew"], ["first", "tag", "the first two"]]);
  await page.getByLabel("Branch, tag or commit").selectOption("draft");
  await page.waitForURL(/rev=draft/);
  await page.getByRole("link", { name: "Commits", exact: true }).click();
  await page.locator(".timeline").waitFor();
  assert.deepEqual(await text(".moment strong"), ["nobody knows", "Ada grew", "the first two", "schema", "The beginning"]);
  await page.getByRole("link", { name: "nobody knows" }).click();
  await page.locator(".diff").waitFor();
  assert.deepEqual(await text(".diff h2"), ["person/Ada"]);
  assert.deepEqual(await text(".diff .changes dd > *"), ["−1.7"]);
  await page.getByLabel("From").fill("first");
  await page.getByLabel("To").fill("main");
  await page.keyboard.press("Enter");
  await page.locator(".summary", { hasText: "in 2 entities" }).waitFor();
  assert.match((await text(".sums"))[0], /:person\/height\s*\+1\s*−1/);
  await page.getByRole("button", { name: "Swap" }).click();
  await page.waitForURL(/from=main/);
  await page.locator(".ends div:first-child", { hasText: "Ada grew" }).waitFor();
  await visit("#/circle/compare?from=main&to=main", "Compare");
  assert.match((await text(".empty"))[0], /same facts/);
});

test("what is not there is told", async () => {
  for (const [hash, says] of [["#/nothing", /no database nothing/], ["#/circle/nothing", /no view/], ["#/circle/entity/person%2FNobody", /not found/], ["#/circle?rev=nothing", /not a branch/], ["#/circle/compare?from=main&to=t99", /t99/]]) {
    await visit(hash, "This does not work");
    assert.match((await text(".fault"))[0], says, hash);
  }
});

const all = {
  home: ["#/", "Databases"], overview: ["#/circle", "circle"], entities: ["#/people/kind/person", "Entities"], entity: ["#/circle/entity/person%2FAda", "Ada"],
  history: ["#/circle/entity/person%2FAda/history", "Ada"], attributes: ["#/circle/attributes", "Attributes"], commits: ["#/circle/commits?rev=draft", "Commits"],
  compare: ["#/circle/compare?from=first&to=main", "Compare"], query: ["#/people/query?q=" + encodeURIComponent("[:find ?c (count ?p)\n :where [?p :person/city ?c]]"), "Query"],
  fault: ["#/people/query?q=" + encodeURIComponent("[:find ?c\n :where [?p :person/cty ?c]]"), "Query"],
};

test("every view is accessible, dark and light, and fits a phone", async () => {
  for (const [name, [hash, heading]] of Object.entries(all)) {
    await visit(hash, heading);
    if (hash.includes("?q=")) await page.locator(".told, .fault").first().waitFor();
    await accessible(page, name, shooter(page));
  }
  await page.getByLabel("Colours").selectOption("light");
  assert.match(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), /rgb\(2/);
  await page.getByLabel("Colours").selectOption("auto");
});

test("all of it can be done by the keyboard", async () => {
  await visit("#/circle", "circle");
  const focused = () => page.evaluate(() => document.activeElement === document.body ? "" : (document.activeElement.innerText ?? ""));
  /** tab goes on until something is reached, which has to be seen to have the focus. */
  async function tab(wanted) {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      if ((await focused()).trim().startsWith(wanted) && (await page.evaluate(() => document.activeElement.matches("a, button")))) {
        assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none", `${wanted} does not show that it has the focus`);
        return page.keyboard.press("Enter");
      }
    }
    throw new Error(`${wanted} is not reached`);
  }
  await page.evaluate(() => document.activeElement.blur());
  await tab("Skip to the content");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await tab("person");
  await page.locator("main h1", { hasText: "Entities" }).waitFor();
  await tab("Ada");
  await page.locator("main h1", { hasText: "Ada" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "main"); // a new view begins at its beginning
  await tab("History");
  await page.locator(".timeline").waitFor();
  await visit("#/circle/query", "Query");
  await page.locator(".editor .cm-content").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("[:find ?name :where [_ :person/name ?name]]");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab"); // leaves the editor
  assert.match(await focused(), /^Run/);
  await page.keyboard.press("Enter");
  await page.locator(".told").waitFor();
  await tab("?name");
  assert.equal(await page.locator("th[aria-sort]").count(), 1);
});

test("a change on the server appears by itself", async () => {
  await visit("#/circle/commits", "Commits");
  await page.locator(".status.current").waitFor();
  work.run("tx", "circle", '[{:note/text "one more"}]', "-m", "from elsewhere");
  const began = Date.now();
  await page.locator(".moment strong", { hasText: "from elsewhere" }).waitFor();
  console.log(`seen after ${Date.now() - began} ms`);
  assert.ok(Date.now() - began < 2000, "it took more than 2 s");
});

test("nothing was asked elsewhere, and the browser refused nothing", () => {
  const elsewhere = asked.filter((url) => !url.startsWith(origin + "/") && !/^(blob|data):/.test(url));
  assert.deepEqual(elsewhere, []);
  assert.deepEqual(complaints, []);
});

test("with the server stopped the page opens and answers", async () => {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await work.stop();
  const later = await open();
  await visit("#/people/query?q=" + encodeURIComponent("[:find (count ?p) . :where [?p :person/id]]"), "Query", later);
  await later.locator(".told", { hasText: "1 row" }).waitFor();
  assert.deepEqual(await text(".result td", later), ["20,000"]);
  await later.locator(".status.offline").waitFor();
  await visit("#/circle/commits", "Commits", later);
  assert.equal((await text(".moment strong", later))[0], "from elsewhere");
  await work.serve(["circle", "people"], origin);
  work.run("tx", "circle", '[{:note/text "and back"}]', "-m", "it is back");
  await later.locator(".moment strong", { hasText: "it is back" }).waitFor();
  await later.close();
});

test("what moves while a view is being made is in it", async () => {
  const other = await open();
  await other.addInitScript(() => {
    const ids = new Set(), { postMessage } = Worker.prototype;
    globalThis.answers = { hold: "", held: [], all: [] };
    Worker.prototype.postMessage = function (asked, ...more) {
      if (asked.method && asked.method === answers.hold) ids.add(asked.id);
      return postMessage.call(this, asked, ...more);
    };
    Object.defineProperty(Worker.prototype, "onmessage", {
      set(hear) {
        this.addEventListener("message", (e) => {
          answers.all.push(String(e.data.value));
          if (ids.has(e.data.id)) answers.held.push(() => hear(e));
          else hear(e);
        });
      },
    });
  });
  await visit("#/circle/query", "Query", other);
  await other.evaluate(() => {
    answers.hold = "log";
    location.hash = "#/circle/commits";
  });
  await other.waitForFunction(() => answers.held.length === 1); // it has been read, and is not shown yet
  work.run("tx", "circle", '[{:note/text "meanwhile"}]', "-m", "meanwhile");
  const { id } = JSON.parse(work.run("log", "circle", "-n", "1", "--format", "jsonl"));
  await other.waitForFunction((id) => answers.all.some((a) => a.includes(id)), id);
  await other.waitForTimeout(300); // the page was told
  await other.evaluate(() => {
    answers.hold = "";
    for (const go of answers.held) go();
  });
  await other.locator(".moment strong", { hasText: "meanwhile" }).waitFor();
  await other.close();
});

test("another database of the same name is fetched anew", async () => {
  await work.stop();
  rmSync(join(work.dir, "circle"), { recursive: true });
  work.run("init", "circle", "--schema", "read");
  work.run("tx", "circle", '[{:stone/name "granite"}]', "-m", "stones");
  await work.serve(["circle", "people"], origin);
  await visit("#/circle/commits", "Commits");
  await page.locator(".moment strong", { hasText: "stones" }).waitFor();
  assert.deepEqual(await text(".moment strong"), ["stones", "The beginning"]);
});

test("of a large database only what is looked at is fetched", async () => {
  const other = await launch();
  try {
    const page = await other.context.newPage();
    await page.route("**/people/totals.json", (r) => r.fulfill({ json: { blocks: 1e6, bytes: 1e9 } }));
    let bytes = 0;
    page.on("response", async (r) => r.url().includes("/people/") && !r.url().includes("events") && (bytes += (await r.body().catch(() => "")).length));
    await visit("#/people/kind/person", "Entities", page);
    assert.match((await text(".pages", page))[0], /1–50 of 20,000/);
    console.log(`${bytes} bytes were fetched`);
    assert.ok(bytes > 1000 && bytes < 1e6, `${bytes} bytes were fetched, of 3.6 MB in all`);
    await visit("#/people", "people", page);
    await page.getByRole("button", { name: "Fetch all of it" }).click();
    await page.locator(".partly", { hasText: "All of it is in this browser" }).waitFor();
    await page.context().setOffline(true);
    await visit("#/people/query?q=" + encodeURIComponent("[:find (count-distinct ?s) . :where [?p :person/since ?s]]"), "Query", page);
    await page.locator(".told", { hasText: "1 row" }).waitFor();
    assert.deepEqual(await text(".result td", page), ["450"]);
    await visit("#/people", "people", page);
    assert.equal(await page.getByRole("button", { name: "Fetch all of it" }).count(), 0);
  } finally {
    await other.end();
  }
});

test("who does not want to wait for all of it fetches only what is looked at", async () => {
  const other = await launch();
  try {
    const page = await openPage(other.context, complaints);
    let slow = true;
    await other.context.route("**/people/**", (r) => (slow && r.request().method() === "POST") || r.continue()); // what is not answered is under way
    await page.goto(`${origin}/#/people`);
    await page.getByText("The first time all of it travels").waitFor();
    const part = page.getByRole("button", { name: "Fetch only what I look at" });
    await part.waitFor();
    slow = false;
    await part.click();
    await page.getByRole("button", { name: "Fetch all of it" }).waitFor();
    assert.deepEqual(Object.fromEntries((await text(".figures > div", page)).map((t) => t.split("\n"))).Entities, "20,000");
    assert.deepEqual(complaints, []);
  } finally {
    await other.end();
  }
});
