// A page of dhfs serve: how a test opens it, goes to a view, and looks whether everybody can use it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8") + ";0";

/** openPage opens a tab. What the browser complains of, what its policy refused and what was thrown, is put into complaints. */
export async function openPage(context, complaints) {
  const page = await context.newPage();
  page.on("pageerror", (e) => complaints.push(String(e)));
  // What Chromium's own editing writes into an editable element has no source. It is refused too, and no loss.
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (e) => e.sourceFile && console.error(`refused: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`)));
  page.on("console", (m) => m.type() === "error" && !/Failed to load resource|ERR_CONNECTION_REFUSED|^Applying inline style/.test(m.text()) && complaints.push(m.text()));
  await page.setViewportSize({ width: 1200, height: 800 });
  return page;
}

/** visit shows a view, and waits until it is there. */
export async function visit(page, url, heading) {
  await page.evaluate(() => document.querySelector("main h1")?.remove()).catch(() => {});
  if (page.url() === url) await page.reload();
  else await page.goto(url);
  await page.locator("main h1").filter({ hasText: heading }).waitFor();
}

/** accessible looks at what is shown, light on a desktop and dark on a phone: it has to fit, and axe-core to find nothing serious. shoot may keep what it looks like. */
export async function accessible(page, name, shoot = () => {}) {
  for (const [colorScheme, width] of [["light", 1200], ["dark", 360]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.ok(colorScheme === "dark" ? /rgb\(1\d,/.test(ground) : /rgb\(2\d\d,/.test(ground), `${name}, ${colorScheme}: ${ground}`);
    await shoot(`${name}-${colorScheme}`, width < 500);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name} is ${wide} pixels wider than ${width}`);
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ["violations"] })).violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`));
    assert.deepEqual(found, [], `${name}, ${colorScheme}`);
  }
  await page.setViewportSize({ width: 1200, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
}

/** shooter keeps what is seen in the folder that SCREENSHOTS names, if it does. */
export const shooter = (page) => (name, fullPage) => process.env.SCREENSHOTS && page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage });
