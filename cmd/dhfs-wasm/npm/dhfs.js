// Databases of this browser. All work is done in a worker, so that the page never waits. dhfs.d.ts describes what is here.

export class DhfsError extends Error {
  constructor(fault) {
    super(fault.message);
    Object.assign(this, fault, { name: "DhfsError" });
  }
}

// A database by its name, with the methods that begin with one.
class Database {
  constructor(dhfs, name) {
    this.name = name;
    for (const method of ["sync", "complete", "partialOf", "exchange", "follow", "pending", "drop", "amend", "watch", "pull", "datoms", "transact", "branches", "tags", "log", "show", "diff", "stat", "attributes", "entities", "entity", "history"])
      this[method] = (...rest) => dhfs[method](name, ...rest);
    this.query = (query, { rev, ...options } = {}) => dhfs.query(query, { $: { name, rev } }, options);
  }
}

// What was compiled, by its URL. The page compiles and not the worker: a browser gives up what only a worker has as soon as that ends, and
// would compile it again at each load. So the next load, and all that ask on one page, take what there is.
const modules = new Map();
function compiled(url) {
  if (!modules.has(url)) {
    const module = WebAssembly.compileStreaming(fetch(url));
    module.catch(() => modules.delete(url)); // the next one tries again
    modules.set(url, module);
  }
  return modules.get(url);
}

export class Dhfs {
  #worker;
  #calls = new Map();
  #last = 0;

  constructor(url = new URL("worker.js", import.meta.url)) {
    this.#worker = new Worker(url);
    this.#worker.onmessage = ({ data }) => this.#answered(data);
    this.#worker.onerror = (e) => this.#failed(e.message || "the worker could not be loaded");
    const engine = new URL("dhfs.wasm", new URL(url, location.href)).href;
    compiled(engine).then((module) => this.#worker.postMessage({ module }), (e) => this.#worker.postMessage({ broken: `${engine}: ${e.message}` }));
  }

  #answered({ id, value, error, event }) {
    const call = this.#calls.get(id);
    if (!call) return;
    if (event !== undefined) return call.tell?.(JSON.parse(event));
    if (error !== undefined) call.reject(new DhfsError(JSON.parse(error)));
    else call.resolve(JSON.parse(value));
    if (error !== undefined || !call.lasts) this.#end(id);
  }

  #end(id) {
    if (this.#calls.delete(id)) this.#worker.postMessage({ id, end: true });
  }

  #failed(message) {
    for (const call of this.#calls.values()) call.reject(new DhfsError({ code: "failed", message }));
    this.#calls.clear();
  }

  // A call that lasts goes on to tell after it was answered, until signal ends it. One that does not last is rejected by signal.
  #call(method, argument, { tell, lasts = false, signal } = {}) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw new DhfsError({ code: "interrupted", message: "ended before it began" });
      this.#calls.set(id, { resolve, reject, tell, lasts });
      signal?.addEventListener("abort", () => {
        reject(new DhfsError({ code: "interrupted", message: "ended by its signal" }));
        this.#end(id);
      }, { once: true });
      this.#worker.postMessage({ id, method, argument: JSON.stringify(argument) });
    });
  }

  names = () => this.#call("names", {});
  create = (name, options = {}) => this.#call("create", { name, ...options });
  remove = (name) => this.#call("remove", { name });
  open = async (name) => {
    await this.branches(name);
    return new Database(this, name);
  };
  clone = async (name, url, options) => {
    const there = (await this.names()).includes(name) && (await this.branches(name)).length > 0; // one without branches was interrupted
    if (there) throw new DhfsError({ code: "conflict", message: `there is a database ${name} in this browser`, hint: "sync brings what is new" });
    return this.sync(name, url, options);
  };
  sync = (name, url, { onProgress, signal, ...options } = {}) => this.#call("sync", { name, url, ...options }, { tell: onProgress, signal });
  complete = (name, { onProgress, signal } = {}) => this.#call("complete", { name }, { tell: onProgress, signal });
  partialOf = (name) => this.#call("partialOf", { name });
  exchange = (name, url, { onProgress, signal, ...options } = {}) => this.#call("exchange", { name, url, ...options }, { tell: onProgress, signal });
  follow = (name, url, onState, { signal, ...options } = {}) => this.#call("follow", { name, url, ...options }, { tell: onState, lasts: true, signal });
  pending = (name, options = {}) => this.#call("pending", { name, ...options });
  drop = (name, commit, { branch } = {}) => this.#call("amend", { name, commit, branch });
  amend = (name, commit, tx, options = {}) => this.#call("amend", { name, commit, tx, ...options });
  watch = (name, onMoved, { signal } = {}) => this.#call("watch", { name }, { tell: onMoved, lasts: true, signal });

  query = (query, sources, options = {}) => this.#call("query", { query, sources: typeof sources === "string" ? { $: { name: sources } } : sources, ...options });
  check = (query) => this.#call("check", { query });
  words = () => this.#call("words", {});
  pull = (name, pattern, entity, options = {}) => this.#call("pull", { name, pattern, entity: String(entity), ...options });
  datoms = (name, index, components = [], options = {}) => this.#call("datoms", { name, index, components: components.map(String), ...options });
  transact = (name, tx, options = {}) => this.#call("transact", { name, tx, ...options });

  branches = (name) => this.#call("labels", { name });
  tags = (name) => this.#call("labels", { name, tags: true });
  log = (name, options = {}) => this.#call("log", { name, ...options });
  show = (name, rev, options = {}) => this.#call("show", { name, rev, ...options });
  diff = (name, from, to, options = {}) => this.#call("diff", { name, from, to, ...options });
  stat = (name, options = {}) => this.#call("stat", { name, ...options });
  attributes = (name, options = {}) => this.#call("schema", { name, ...options });
  entities = (name, kind, options = {}) => this.#call("entities", { name, kind, ...options });
  entity = (name, entity, options = {}) => this.#call("entity", { name, entity: String(entity), ...options });
  history = (name, entity, options = {}) => this.#call("history", { name, entity: String(entity), ...options });
  table = (name, kind, options = {}) => this.#call("table", { name, kind, ...options });
  called = (name, ids, options = {}) => this.#call("called", { name, ids, ...options });

  close() {
    this.#worker.terminate();
    this.#failed("closed");
  }
}
