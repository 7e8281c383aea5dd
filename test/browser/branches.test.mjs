// What is removed at a server goes from replicas too, but for what was made there offline.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Site, token } from "./site.mjs";

let site, page;

before(async () => {
  site = await Site.begin({ people: 20 });
  page = await site.open();
});

after(() => site?.end());

const make = () => {
  for (const name of ["idle", "busy"]) site.dhfs("branch", "people", name);
  site.dhfs("tag", "people", "first", "main");
};
const remove = () => {
  for (const name of ["idle", "busy"]) site.dhfs("branch", "people", name, "--drop");
  site.dhfs("tag", "people", "first", "--delete");
};
const refs = (name) => page.evaluate(async (name) => [(await db.branches(name)).map((b) => b.name), (await db.tags(name)).map((t) => t.name)], name);
const commit = (name, rev) => page.evaluate(([name, rev]) => db.transact(name, '[{:person/id 7 :person/name "Made here"}]', { rev, by: "page" }), [name, rev]);

for (const [how, first, again] of [
  ["sync", (name) => db.sync(name, url), (name) => db.sync(name, url)],
  ["sync of a partial replica", (name) => db.sync(name, url, { partial: true }), (name) => db.sync(name, url)],
  ["exchange", (name) => db.exchange(name, url), async (name) => (await db.exchange(name, url)).received],
]) {
  test(`by ${how}`, async () => {
    const name = how.replaceAll(" ", "-");
    make();
    await page.evaluate(`(${first})(${JSON.stringify(name)})`);
    await page.evaluate(`(${again})(${JSON.stringify(name)})`);
    assert.deepEqual(await refs(name), [["busy", "idle", "main"], ["first"]]);
    const { id } = await commit(name, "busy");
    remove();
    const done = await page.evaluate(`(${again})(${JSON.stringify(name)})`);
    assert.deepEqual(done.refs.filter((r) => r.outcome === "removed").map((r) => r.name).sort(), ["heads/idle", "tags/first"]);
    assert.deepEqual(await refs(name), [["busy", "main"], []]);
    const [kept] = (await page.evaluate((name) => db.branches(name), name)).filter((b) => b.name === "busy");
    assert.equal(kept.id, id);
    assert.deepEqual((await page.evaluate((name) => db.pending(name, { branch: "busy" }), name)).commits.map((c) => c.id), [id]);

    // Nothing makes the branch there again by itself.
    const refused = await page.evaluate(([name, token]) => db.exchange(name, url, { token, branch: "busy" }).catch(({ code, message, hint }) => ({ code, message, hint })), [name, token]);
    assert.deepEqual([refused.code, /busy was removed at the server/.test(refused.message), /push/.test(refused.hint)], ["conflict", true, true], refused.message);
    assert.doesNotMatch(site.dhfs("branch", "people"), /busy/);
    await page.evaluate(([name, token]) => db.sync(name, url, { push: true, refs: ["busy"], token }), [name, token]);
    assert.match(site.dhfs("branch", "people"), /busy/);
    assert.deepEqual((await page.evaluate((name) => db.pending(name, { branch: "busy" }), name)).commits, []);
    site.dhfs("branch", "people", "busy", "--drop");
    await page.evaluate(`(${again})(${JSON.stringify(name)})`);
    assert.deepEqual(await refs(name), [["main"], []]);
  });
}
