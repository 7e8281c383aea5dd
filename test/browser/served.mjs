// dhfs as a command, and as a server that a test starts and stops.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** workplace is a directory with databases: run executes dhfs in it, serve starts a server, end removes it. */
export function workplace(name, given = {}) {
  const dir = mkdtempSync(join(tmpdir(), `dhfs-${name}-`));
  const env = { ...process.env, DHFS_AUTHOR: "tester", HOME: dir, TZ: "UTC", ...given };
  const run = (...args) => execFileSync(process.env.DHFS, args, { cwd: dir, env, encoding: "utf8" });
  let running;
  return {
    dir, run,
    /** serve yields the origin of a server on a free port, or on that of another that has stopped. */
    serve(databases, origin = "http://127.0.0.1:0", ...flags) {
      running = spawn(process.env.DHFS, ["serve", ...databases, "--listen", new URL(origin).host, ...flags], { cwd: dir, env, stdio: ["ignore", "pipe", "inherit"] });
      return new Promise((resolve, reject) => {
        running.stdout.on("data", (said) => /http:\/\/\S+?:\d+/.test(said) && resolve(/http:\/\/\S+?:\d+/.exec(said)[0]));
        running.once("exit", (code) => reject(new Error(`dhfs serve ended with ${code}`)));
      });
    },
    stop: () => new Promise((done) => (running?.exitCode === null && running.signalCode === null ? (running.once("exit", done), running.kill()) : done())),
    async end() {
      await this.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
