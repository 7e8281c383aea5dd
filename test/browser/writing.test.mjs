// Transactions made on the page that dhfs serve shows: kept while the server is away, sent, refused, in conflict. DHFS is a binary that has the page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./chromium.mjs";
import { workplace } from "./served.mjs";
import { accessible, openPage, shooter, visit as visitPage } from "./view.mjs";

const token = "a token of this test";
const work = workplace("writing", { DHFS_TOKEN: token });
const complaints = [];
let browser, page, origin;

const schema = `[{:db/ident :person/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
  {:db/ident :person/height :db/valueType :db.type/double :db/cardinality :db.cardinality/one}
  {:db/ident :person/email :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
  {:db/ident :person/friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}]`;

before(async () => {
  work.run("init", "people");
  work.run("tx", "people", schema, "-m", "schema");
  work.run("tx", "people", '[{:person/name "Ada" :person/height 1.65 :person/friend [{:person/name "Babbage" :person/height 1.75}]} {:person/name "Grace" :person/email "grace@example.org"}]', "-m", "three people");
  work.run("branch", "people", "draft");
  origin = await work.serve(["people"]);
  browser = await launch();
  page = await openPage(browser.context, complaints);
  await visit("#/people/transact", "Transact");
});

after(async () => {
  await browser?.end();
  await work.end();
});

const visit = (hash, heading, p = page) => visitPage(p, `${origin}/${hash}`, heading);
const stop = async () => {
  await page.locator(".status.current").waitFor();
  await work.stop();
};
const start = () => work.serve(["people"], origin);
const text = (selector, p = page) => p.locator(selector).allInnerTexts();
const has = (name, attribute) => JSON.parse(work.run("query", "people", `[:find ?v . :where [?p :person/name "${name}"] [?p :person/${attribute} ?v]]`, "--format", "json"));
const messages = () => work.run("log", "people", "--format", "jsonl").trim().split("\n").map((l) => JSON.parse(l).message);

/** write puts a transaction into the editor and makes it by the keyboard; it is told how that went. */
async function write(tx, { by = "Eve", message = "", p = page } = {}) {
  await p.getByLabel("Author").fill(by);
  await p.getByLabel("Message").fill(message);
  await p.evaluate(() => document.querySelector("main .told").replaceChildren());
  await put(tx, p);
  await p.keyboard.press("Control+Enter");
  await p.locator("main .told > *").first().waitFor();
}

async function put(tx, p = page) {
  await p.locator(".editor .cm-content").click();
  await p.keyboard.press("Control+a");
  await p.keyboard.insertText(tx);
}

test("a server without a token takes no changes, and the page does not offer any", async () => {
  const quiet = workplace("quiet", { DHFS_TOKEN: "" });
  const other = await launch();
  try {
    quiet.run("init", "people");
    const at = await quiet.serve(["people"]);
    const page = await openPage(other.context, complaints);
    await visitPage(page, `${at}/#/people`, "people");
    assert.equal(await page.getByRole("link", { name: "Transact" }).count(), 0);
    await visitPage(page, `${at}/#/people/transact`, "Transact");
    assert.match((await text(".empty", page))[0], /takes no changes/);
  } finally {
    await other.end();
    await quiet.end();
  }
});

test("errors have their line and column; attributes and idents are completed", async () => {
  await write('[{:person/name "Ada"\n  :person/heigth 1.7}]');
  assert.deepEqual(await text(".told .where"), ["Line 2, column 3"]);
  assert.match((await text(".told .hint"))[0], /:person\/height/);
  assert.equal(await page.locator(".editor .cm-lintRange-error").innerText(), ":person/heigth");
  await accessible(page, "transact-fault", shooter(page));
  const offered = async (typed) => {
    await put("[");
    await page.keyboard.type(typed);
    await page.locator(".cm-tooltip-autocomplete li").first().waitFor();
    return text(".cm-tooltip-autocomplete .cm-completionLabel");
  };
  assert.deepEqual(await offered("{:person/he"), [":person/height"]);
  await page.keyboard.press("Escape");
  assert.ok((await offered("{:x :db.cardinality/m")).includes(":db.cardinality/many"));
  await page.keyboard.press("Escape");
  assert.ok((await offered("[:db/retr")).includes(":db/retractEntity"));
  await page.keyboard.press("Escape");
  await page.getByLabel("Examples").selectOption({ label: "Take a value away" });
  assert.match(await page.locator(".editor .cm-content").innerText(), /^\[\[:db\/retract \[:person\/name "…"\] :person\/height\]\]$/);
});

test("what is made offline waits, also over a reload, and is sent when the server is there again", async () => {
  await stop();
  await write('[{:person/name "Ada" :person/height 1.7}]', { message: "Ada grew" });
  assert.match((await text(".told .done"))[0], /2 facts added, 1 retracted/);
  await write('[{:person/name "Lovelace"}]');
  await page.locator(".waiting h2", { hasText: "2 commits not at the server yet" }).waitFor();
  await page.locator(".status.offline", { hasText: "Offline, 2 to send" }).waitFor();
  await page.locator(".waiting > .quiet", { hasText: "does not answer" }).waitFor();
  await visit("#/people/entity/person%2FAda", "Ada");
  assert.match((await text(".facts"))[0], /1\.7/);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.locator(".status", { hasText: "2 to send" }).click(); // leads there
  await page.locator(".waiting .moment strong", { hasText: "Ada grew" }).waitFor();
  await page.locator(".waiting summary").last().click();
  assert.match(await page.locator(".waiting pre").last().textContent(), /:person\/height 1\.7/);
  await accessible(page, "transact-offline", shooter(page));

  await start();
  await page.locator(".status", { hasText: /^2 to send/ }).waitFor();
  assert.equal(has("Ada", "height"), 1.65); // without a token nothing is sent
  await page.getByLabel("Token").fill("wrong");
  await work.stop(); // what waits is drawn anew, and what was typed stays
  await page.locator(".waiting > .quiet", { hasText: "does not answer" }).waitFor();
  assert.ok(await page.getByLabel("Token").evaluate((e) => e.value === "wrong" && e === document.activeElement));
  await start();
  await page.locator(".waiting > .quiet", { hasText: "does not answer" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".says", { hasText: "does not take this token" }).waitFor();
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await page.locator(".waiting h2", { hasText: "Nothing waits" }).waitFor();
  await page.locator(".status.current", { hasText: "Up to date" }).waitFor();
  assert.deepEqual([has("Ada", "height"), messages().slice(0, 2)], [1.7, ["", "Ada grew"]]);
  assert.equal(await page.getByLabel("Author").inputValue(), "Eve"); // it is remembered
});

test("with the server there it is sent at once", async () => {
  await write('[{:person/name "Hopper"}]', { message: "at once" });
  await page.locator(".waiting h2", { hasText: "Nothing waits" }).waitFor();
  await page.locator(".status.current").waitFor();
  assert.equal(messages()[0], "at once");
});

test("an entity is changed from its view, and what waits on a branch is told on others", async () => {
  await stop();
  await visit("#/people/entity/person%2FGrace?rev=draft", "Grace");
  await page.getByRole("button", { name: "Edit" }).click();
  await page.locator("main h1", { hasText: "Transact" }).waitFor();
  const forms = await page.locator(".editor .cm-content").innerText();
  assert.match(forms, /\[:db\/add \d+ :person\/email "grace@example.org"\]/);
  await write(forms.replace("grace@example.org", "hopper@example.org"));
  assert.match((await text(".told .done"))[0], /2 facts added, 1 retracted/);
  await page.getByLabel("Branch, tag or commit").selectOption("main");
  await page.locator(".waiting h2", { hasText: "Nothing waits" }).waitFor();
  await page.locator(".waiting > p", { hasText: "On other branches: draft (1)" }).waitFor();
  await start();
  await page.locator(".status.current", { hasText: "Up to date" }).waitFor();
  assert.match(work.run("query", "people@draft", '[:find ?e . :where [_ :person/email ?e]]'), /hopper@example.org/);
});

test("what the server cannot have any more is told with its reason, and dropped or amended", async () => {
  for (const way of ["Drop", "Amend"]) {
    work.run("tx", "people", '[{:person/name "Babbage" :person/height 1.75} {:person/name "Hopper" :person/height 1.6}]', "-m", `different for ${way}`);
    await visit("#/people/commits", "Commits");
    await page.locator(".moment strong", { hasText: `different for ${way}` }).waitFor();
    await visit("#/people/transact", "Transact");
    await stop();
    await write('[{:db/ident :person/height :db/unique :db.unique/value}]', { message: "heights are unique" });
    await write(`[{:person/name "After ${way}"}]`);
    work.run("tx", "people", `[{:person/name "Babbage" :person/height 1.${way.length}} {:person/name "Hopper" :person/height 1.${way.length}}]`);
    await start();
    await page.locator(".status", { hasText: "Refused, 2 to send" }).waitFor();
    await page.locator(".refused .fault").waitFor();
    assert.match((await text(".refused .moment strong"))[0], /heights are unique/);
    assert.match((await text(".refused .fault"))[0], /Refused\. .*1\.[45]/s);
    await accessible(page, `transact-refused-${way.toLowerCase()}`, shooter(page));
    await page.locator(".refused").getByRole("button", { name: way }).click();
    if (way === "Amend") {
      await page.locator(".instead", { hasText: "This takes the place of heights are unique" }).waitFor();
      assert.match(await page.locator(".editor .cm-content").innerText(), /:db\/unique/);
      await put('[{:db/ident :person/height :db/doc "in metres"}]');
      await page.getByRole("button", { name: "Amend", exact: true }).first().click();
    }
    await page.locator(".waiting h2", { hasText: "Nothing waits" }).waitFor();
    assert.match(work.run("query", "people", `[:find ?p . :where [?p :person/name "After ${way}"]]`), /\d/);
    assert.equal(JSON.parse(work.run("query", "people", "[:find ?d . :where [?a :db/ident :person/height] [?a :db/doc ?d]]", "--format", "json")), way === "Drop" ? null : "in metres");
  }
});

test("a conflict has both values and both authors, and the choice that is taken is at the server", async () => {
  // Each round has values of its own: what is as it was before is no change, and in no conflict.
  for (const [take, ours, theirs, want] of [[/Take what is here/, 2.1, 2.2, 2.1], [/Take the server's/, 2.3, 2.4, 2.4], [/Neither/, 2.5, 2.6, 2.7]]) {
    await stop();
    await write(`[{:person/name "Ada" :person/height ${ours}}]`, { by: "Eve" });
    work.run("tx", "people", `[{:person/name "Ada" :person/height ${theirs}}]`, "--author", "Ben");
    await start();
    await page.locator(".status", { hasText: "In conflict, 1 to send" }).waitFor();
    await page.locator(".conflict").waitFor();
    assert.deepEqual((await text(".sides dd")).map((t) => t.split("\n").map((s) => s.replace(/, \d.*/, "")).filter(Boolean)).slice(1), [[`${ours}`, "Eve"], [`${theirs}`, "Ben"]]);
    assert.match((await text(".conflict legend"))[0], /:person\/height of person\/Ada/);
    if (want === 2.1) await accessible(page, "transact-conflict", shooter(page));
    await page.getByRole("button", { name: "Settle and send" }).click();
    assert.match((await text(".conflicts .says"))[0], /1 is left/);
    assert.equal(has("Ada", "height"), theirs);
    if (want === 2.7) await page.getByLabel("Another value").fill("2.7"); // which chooses it
    else await page.getByRole("radio", { name: take }).focus().then(() => page.keyboard.press("Space"));
    await page.getByRole("button", { name: "Settle and send" }).focus();
    await page.keyboard.press("Enter");
    await page.locator(".waiting h2", { hasText: "Nothing waits" }).waitFor();
    assert.equal(has("Ada", "height"), want);
  }
  work.run("verify", "people", "--deep");
});

test("what another tab has made is seen in this one, and only one sends it", async () => {
  const other = await openPage(browser.context, complaints);
  await visit("#/people/transact", "Transact", other);
  await stop();
  const before = messages().length;
  await write('[{:person/name "Of another tab"}]', { p: other });
  await page.locator(".waiting h2", { hasText: "1 commit not at the server yet" }).waitFor();
  await start();
  await page.locator(".waiting h2", { hasText: "Nothing waits" }).waitFor();
  await other.locator(".waiting h2", { hasText: "Nothing waits" }).waitFor();
  assert.equal(messages().length, before + 1);
  assert.match(work.run("query", "people", '[:find ?p . :where [?p :person/name "Of another tab"]]'), /\d/);
  await other.close();
});

test("a replica is made a part of itself and whole again, as one likes, but not while something waits", async () => {
  await visit("#/people", "people");
  await page.getByRole("button", { name: "Keep only what I look at" }).click();
  await page.getByRole("button", { name: "Fetch all of it" }).waitFor();
  await visit("#/people/transact", "Transact");
  await write('[{:person/name "From a part"}]');
  await page.locator(".waiting h2", { hasText: "Nothing waits" }).waitFor();
  await visit("#/people", "people");
  await page.getByRole("button", { name: "Fetch all of it" }).click();
  await page.locator(".partly", { hasText: "All of it is in this browser" }).waitFor();
  await stop();
  await visit("#/people/transact", "Transact");
  await write('[{:person/name "Waiting"}]');
  await visit("#/people", "people");
  assert.equal(await page.getByRole("button", { name: "Keep only what I look at" }).count(), 0);
  await start();
  await page.getByRole("button", { name: "Keep only what I look at" }).waitFor();
});

test("a branch that was put back at the server is put back here, and nothing of it is sent again", async () => {
  await visit("#/people/commits", "Commits");
  const before = messages();
  work.run("tx", "people", '[{:person/name "Nobody"}]', "-m", "a mistake");
  await page.locator(".moment strong", { hasText: "a mistake" }).waitFor();
  work.run("branch", "people", "main", "main~1", "--force");
  await page.locator(".moment strong", { hasText: "a mistake" }).waitFor({ state: "detached" });
  await page.locator(".status.current", { hasText: "Up to date" }).waitFor();
  assert.deepEqual(messages(), before);
});

test("the browser refused nothing", () => assert.deepEqual(complaints, []));
