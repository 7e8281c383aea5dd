// The engine travels once, and is compiled once as long as the browser runs: what Chromium does, counted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { compiled, launch } from "./chromium.mjs";
import { proxy } from "./proxy.mjs";
import { workplace } from "./served.mjs";

const work = workplace("engine");
let browser, page, between, origin;

before(async () => {
  work.run("init", "shop", "--schema", "read");
  work.run("tx", "shop", '[{:person/name "Ada"}]', "-m", "Ada came");
  between = await proxy(await work.serve(["shop"]));
  origin = new URL(between.url).origin;
  browser = await launch();
  page = await browser.context.newPage();
});

after(async () => {
  await browser?.end();
  between?.close();
  await work.end();
});

// load shows the page, and tells what the engine took: requests at the server, functions that were compiled, milliseconds until it has answered.
async function load() {
  between.reset();
  let took;
  const seen = await compiled(browser.context, async () => {
    const began = Date.now();
    await (page.url().startsWith(origin) ? page.reload() : page.goto(origin + "/#/shop/commits"));
    await page.locator(".moment strong", { hasText: "Ada came" }).waitFor();
    took = Date.now() - began;
  });
  return { ...seen, took, asked: between.count("/dhfs.wasm") };
}

test("a second load neither fetches the engine nor compiles it", async () => {
  const first = await load();
  await page.evaluate(() => navigator.serviceWorker.ready); // which keeps it for when the server is away
  assert.equal(between.count("/dhfs.wasm"), 1, between.requests.join(" "));
  assert.ok(first.functions > 500, `${first.functions} functions`);
  for (const n of [2, 3]) {
    const again = await load();
    console.log(`load 1: ${first.functions} functions compiled, ${first.took} ms; load ${n}: ${again.functions}, ${again.took} ms, found compiled ${again.found} times`);
    assert.equal(again.asked, 0);
    assert.ok(again.found > 0 && again.functions < first.functions / 20, `${again.functions} functions compiled again`);
    assert.ok(again.took < first.took, `${again.took} ms, and ${first.took} the first time`);
  }
});

test("several that ask on one page share what was compiled", async () => {
  const seen = await compiled(browser.context, () => page.evaluate(async () => {
    const engine = document.querySelector("meta[name=dhfs-engine]").content;
    const worker = new Worker(engine + "worker.js");
    const answer = new Promise((done) => (worker.onmessage = ({ data }) => done(data)));
    worker.postMessage({ module: await WebAssembly.compileStreaming(fetch(engine + "dhfs.wasm")) });
    worker.postMessage({ id: 1, method: "names", argument: "{}" });
    if (!(await answer).value) throw new Error("no answer");
    worker.terminate();
  }));
  assert.ok(seen.found > 0 && seen.functions < 50, JSON.stringify(seen));
});
