// Bundles src into a folder: node build.mjs [DIR]. What comes out depends on the sources and package-lock.json only, and the folder built is kept in git.
import { build } from "esbuild";
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const to = process.argv[2] ?? join(here, "built");
mkdirSync(to, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { page: "src/page.js", editor: "src/editor.js", chart: "src/chart.js", sw: "src/sw.js" },
  outdir: to,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  charset: "utf8",
  external: ["./editor.js", "./chart.js"], // loaded when they are needed
  legalComments: "inline",
  logLevel: "warning",
});
await build({ absWorkingDir: here, entryPoints: { page: "src/page.css" }, outdir: to, bundle: true, minify: true, legalComments: "inline", logLevel: "warning" });
for (const name of ["index.html", "icon.svg"]) copyFileSync(join(here, "src", name), join(to, name));
