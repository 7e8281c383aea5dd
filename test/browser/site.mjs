// A database behind dhfs serve, and pages of another origin with the engine: DHFS is the command line's binary, WASM the folder
// that scripts/wasm-build.sh has made.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch, serve } from "./chromium.mjs";
import { workplace } from "./served.mjs";

export const token = "a token of this test";

export class Site {
  #work = workplace("site", { DHFS_TOKEN: token });

  // begin imports so many people, with five attributes each, and serves them.
  static async begin({ people, files = {} }) {
    const site = new Site();
    const rows = Array.from({ length: people }, (_, i) => `${i},Name ${i},${i % 90},City ${i % 100},${i * 3}`);
    writeFileSync(join(site.#work.dir, "people.csv"), ["id,name,age,city,points", ...rows].join("\n") + "\n");
    site.dhfs("import", "-q", "people", "people.csv", "--as", "person", "--key", "id");
    await site.startServer();
    const served = Object.fromEntries(readdirSync(process.env.WASM).map((name) => [name, join(process.env.WASM, name)]));
    site.files = await serve({ ...served, ...files, "index.html": { text: "<!doctype html><title>replica</title>" } });
    site.browser = await launch();
    return site;
  }

  // dhfs runs the command line, and returns what it prints.
  dhfs = (...args) => this.#work.run(...args);
  path = (name) => join(this.#work.dir, name);
  head = () => JSON.parse(this.dhfs("log", "people", "--format", "jsonl").split("\n")[0]).commit;
  ask = (query, ...args) => JSON.parse(this.dhfs("query", "people", query, ...args, "--format", "json"));

  // startServer serves the database at the URL that it had before.
  async startServer() {
    return (this.url = (await this.#work.serve(["people"], this.url, "--allow-origin", "*")) + "/people");
  }

  stopServer = () => this.#work.stop();

  // open opens one more tab, in which db is the engine and url that of the database.
  async open({ url = this.url, context = this.browser.context } = {}) {
    const page = await context.newPage();
    page.on("pageerror", (e) => console.error("page:", e));
    await page.goto(this.files.origin);
    await this.load(page, url);
    return page;
  }

  async load(page, url = this.url) {
    await page.evaluate(async (url) => {
      const { Dhfs } = await import("/dhfs.js");
      Object.assign(globalThis, { db: new Dhfs(), url });
    }, url);
  }

  async end() {
    await this.browser?.end();
    this.files?.close();
    await this.#work.end();
  }
}
