/** A database of this browser, at a revision: a branch, a tag, "t42", "main~3", a time, a commit. Without one it is the branch main. */
export interface Source {
  name: string;
  rev?: string;
}

/** What JSON can say of a value of EDN. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

export interface Result {
  columns: string[];
  rows: Value[][];
  /** of all rows, those beyond the limit too */
  count: number;
  warnings: string[];
  /** how the query was run, for people */
  plan: string;
  /** milliseconds, without the encoding of rows */
  took: number;
}

export interface Sent {
  blocks: number;
  /** of these blocks */
  bytes: number;
  /** that were done again instead of copying what they made */
  transactions: number;
}

export interface Synced extends Sent {
  refs?: { name: string; outcome: string; commit: string }[];
}

export interface Commit {
  t: number;
  id: string;
  /** RFC 3339 */
  at: string;
  by: string;
  message: string;
  added: number;
  retracted: number;
}

/** code is that of the command line: "query/…", "transact/…", "edn/syntax", "not-found", "conflict", "corrupt", "unavailable", "permission", "quota", "limit", "version", "failed". */
export class DhfsError extends Error {
  code: string;
  hint?: string;
  line?: number;
  column?: number;
}

export class Dhfs {
  /** Starts a worker from worker.js, beside this module unless said otherwise. */
  constructor(worker?: URL | string);

  /** The databases of this origin. */
  names(): Promise<string[]>;
  /** Makes an empty database; "conflict" when there is one. */
  create(name: string, options?: { schemaOnRead?: boolean }): Promise<void>;
  remove(name: string): Promise<void>;

  /**
   * Brings what is new from the database at url, which `dhfs serve` or any static host has; the first time it makes the database here.
   * With push it goes the other way, which takes the server's token. Interrupted, it goes on from there the next time.
   */
  sync(name: string, url: string, options?: { refs?: string[]; push?: boolean; token?: string; force?: boolean; onProgress?: (sent: Sent) => void }): Promise<Synced>;

  /** Asks a Datalog query. sources gives the databases: a name, for $ alone, or { $: …, $hr: … }. args are EDN, timeout is in milliseconds. */
  query(query: string, sources: string | Record<string, Source>, options?: { args?: string[]; limit?: number; timeout?: number }): Promise<Result>;
  /** Reads attributes of one entity: an id, or EDN as '[:person/id 7]'. */
  pull(name: string, pattern: string, entity: number | string, options?: { rev?: string }): Promise<Value>;
  /** Commits, newest first. */
  log(name: string, options?: { rev?: string; limit?: number }): Promise<Commit[]>;
  /** Runs a transaction of EDN on a branch here. */
  transact(name: string, tx: string, options?: { rev?: string; by?: string; message?: string }): Promise<Commit & { tempids: Record<string, number> | null }>;
  /** Calls back after each move of a branch or tag, in whatever tab of this browser. */
  watch(name: string, onMoved: (database: { name: string }) => void): Promise<void>;

  /** Ends the worker. What it was about to answer is rejected. */
  close(): void;
}
